// Writes specs/formats/grids/*.txt: the vectors of ggml's grid formats, found by decoding one block for each index with
// the real library (devDependency @node-llama-cpp/linux-x64). Run: node scripts/derive-grids.mjs
import { mkdirSync, writeFileSync } from "node:fs";
import koffi from "koffi";

const root = new URL("..", import.meta.url).pathname;
const library = koffi.load(`${root}node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/libggml-base.so`);
const one = [0x00, 0x3c];

/**
 * Per grid: a format that uses it, its block size, elements of a vector, bits of an index; how to place the first
 * index in a block whose d is 1 (d is at byte 0) and whose other bits are zero, and the grid value of a decoded one.
 */
const grids = [
  { name: "iq2_xxs", bytes: 66, vector: 8, bits: 8, place: (i) => ({ 2: i }), value: (y) => y * 8 },
  { name: "iq2_xs", bytes: 74, vector: 8, bits: 9, place: (i) => ({ 2: i & 255, 3: i >> 8 }), value: (y) => y * 8 },
  { name: "iq2_s", bytes: 82, vector: 8, bits: 10, place: (i) => ({ 2: i & 255, 66: i >> 8 }), value: (y) => y * 8 },
  { name: "iq3_xxs", bytes: 98, vector: 4, bits: 8, place: (i) => ({ 2: i }), value: (y) => y * 4 },
  { name: "iq3_s", bytes: 110, vector: 4, bits: 9, place: (i) => ({ 2: i & 255, 66: i >> 8 }), value: (y) => y },
  // Shared with iq1_m. The delta of a zero flag is +1/8.
  {
    name: "iq1_s",
    bytes: 50,
    vector: 8,
    bits: 11,
    place: (i) => ({ 2: i & 255, 34: i >> 8 }),
    value: (y) => y - 0.125,
  },
];

mkdirSync(`${root}specs/formats/grids`, { recursive: true });
for (const { name, bytes, vector, bits, place, value } of grids) {
  const count = 2 ** bits;
  const blocks = new Uint8Array(count * bytes);
  for (let i = 0; i < count; i++) {
    blocks.set(one, i * bytes);
    for (const [at, byte] of Object.entries(place(i))) blocks[i * bytes + Number(at)] = byte;
  }
  const decoded = new Float32Array(count * 256);
  library.func(`void dequantize_row_${name}(const void *x, void *y, int64_t k)`)(blocks, decoded, decoded.length);
  const lines = Array.from({ length: count }, (_, i) => {
    const values = Array.from(decoded.subarray(i * 256, i * 256 + vector), value);
    if (!values.every(Number.isInteger)) throw new Error(`${name}: vector ${i} is not of integers: ${values}`);
    return values.join(" ");
  });
  const head = `# ${count} vectors of ${vector}, by scripts/derive-grids.mjs from ggml 0.25.1`;
  writeFileSync(`${root}specs/formats/grids/${name}.txt`, `${head}\n${lines.join("\n")}\n`);
}
