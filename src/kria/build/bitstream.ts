import { quote } from "../../printable.ts";
import { userError } from "../../problem.ts";

/** Vivado's header: nine bytes that mean nothing, then fields: a key, a 16-bit length, text that ends in NUL. */
const preamble = Buffer.from([0, 9, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0, 0, 0, 1]);
const syncWord = Buffer.from([0xaa, 0x99, 0x55, 0x66]);
const swappedSyncWord = Buffer.from([0x66, 0x55, 0x99, 0xaa]);

/** The sync word comes after some padding and the bus-width words. */
const syncWithin = 4096;

/** Refuses what is no whole .bit of this part. @throws UserError */
export function checkBitstream(content: Uint8Array, part: string, file: string): void {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const refuse = (what: string, fix = "give the .bit that Vivado wrote") => userError("bitstream", what, { fix, file });
  if (!bytes.subarray(0, preamble.length).equals(preamble)) throw refuse(`${whatElse(bytes)}, not a .bit`);
  const fields = new Map<string, string>();
  let at = preamble.length;
  for (const key of ["a", "b", "c", "d"]) {
    const end = at + 3 <= bytes.length ? at + 3 + bytes.readUInt16BE(at + 1) : bytes.length + 1;
    if (end > bytes.length || bytes.toString("latin1", at, at + 1) !== key)
      throw refuse("its header is cut short or damaged");
    fields.set(key, bytes.toString("latin1", at + 3, end).replace(/\0.*$/s, ""));
    at = end;
  }
  if (at + 5 > bytes.length || bytes.toString("latin1", at, at + 1) !== "e")
    throw refuse("its header is cut short or damaged");
  const made = fields.get("b")!;
  if (!isOfPart(made, part)) {
    throw refuse(`it is for the part ${quote(made)}, the board has ${part}`, "build it for this board");
  }
  const length = bytes.readUInt32BE(at + 1);
  const present = bytes.length - at - 5;
  if (length !== present) {
    const what = `its header promises ${length} bytes of configuration, the file has ${present}`;
    throw refuse(what, "copy or build it again: it is cut short or damaged");
  }
  if (!bytes.subarray(at + 5, at + 5 + syncWithin).includes(syncWord)) throw refuse("it has no sync word");
}

/** Vivado writes parts with and without xc, dashes and speed grade, in either case. */
function isOfPart(made: string, part: string): boolean {
  const plain = (name: string) => name.toLowerCase().replace(/^xc/, "").replaceAll("-", "");
  return plain(made).length >= 6 && plain(part).startsWith(plain(made));
}

function whatElse(bytes: Buffer): string {
  const start = bytes.subarray(0, syncWithin);
  if (bytes.length === 0) return "an empty file";
  if (start.subarray(0, 2).toString("latin1") === "PK") return "a ZIP archive (an .xsa, in which a .bit lies)";
  if (start.includes(swappedSyncWord)) return "a byte-swapped configuration (.bin of bootgen)";
  if (start.includes(syncWord)) return "a configuration without header (.bin)";
  return `a file that starts with ${quote(start.subarray(0, 8).toString("latin1"))}`;
}
