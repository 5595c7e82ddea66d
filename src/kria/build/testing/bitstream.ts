/** The smallest .bit that bootgen takes: Vivado's header, then words with the sync word among them. It configures nothing. */
export function madeUpBitstream(): Uint8Array {
  const field = (key: string, text: string) => {
    const head = Buffer.alloc(3);
    head.write(key);
    head.writeUInt16BE(text.length + 1, 1);
    return Buffer.concat([head, Buffer.from(`${text}\0`)]);
  };
  const words = Buffer.alloc(256, 0xff);
  [0x000000bb, 0x11220044, 0xffffffff, 0xffffffff, 0xaa995566, 0x20000000].forEach((word, i) => {
    words.writeUInt32BE(word, 64 + 4 * i);
  });
  const length = Buffer.alloc(5);
  length.write("e");
  length.writeUInt32BE(words.length, 1);
  return Buffer.concat([
    Buffer.from([0, 9, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0, 0, 0, 1]),
    field("a", "design_wrapper;UserID=0XFFFFFFFF;Version=2023.2"),
    field("b", "xck26-sfvc784-2LV-c"),
    field("c", "2024/01/01"),
    field("d", "00:00:00"),
    length,
    words,
  ]);
}
