import { type Field, type Part, readField } from "../spec/layout.ts";

/** A run of 32-bit loads, each of which brings four elements that lie `stride` bits apart. */
interface QuadRun {
  /** First output word (four elements) and number of words. */
  word: number;
  count: number;
  /** Bit of the block where the first load's first element starts, and bits from load to load. */
  position: number;
  advance: number;
  stride: number;
  bits: number;
  /** Position of the bits in the elements. */
  shift: number;
}

/** The low `bits` bits of each byte of a word. */
const byteMasks = Int32Array.from({ length: 9 }, (_, bits) => (2 ** bits - 1) * 0x01010101);

/** Bytes behind a block that a reader may load (and ignore). */
export const overread = 3;

/**
 * Reads one field of block after block, much faster than `readField`, whose results it repeats: elements at a regular
 * stride of 1 to 8 bits are spread to bytes four at a time, others are cut out of a 32-bit load each. Base-3 digits
 * and codecs are left to `readField`. (Typed arrays are little-endian on every machine that Node runs on.)
 */
export class FieldReader {
  private readonly words: Uint32Array;
  /** The field in fours, or nothing where it is not that regular. */
  private readonly runs: QuadRun[] | undefined;
  /** Whether each element's bits lie in one 32-bit load. */
  private readonly isPlain: boolean;

  /** @param out a whole buffer that receives the elements */
  constructor(
    private readonly field: Field,
    readonly out: Uint8Array | Uint32Array,
  ) {
    const { parts } = field;
    this.isPlain =
      !field.codec && parts.every(({ trit, bits, position }) => !trit && position.every((at) => (at & 7) + bits <= 32));
    const isBytes = this.isPlain && out instanceof Uint8Array && out.length % 4 === 0;
    this.words = isBytes ? new Uint32Array(out.buffer) : new Uint32Array(0);
    const runs = parts.map(quadRuns);
    if (isBytes && runs.every((run) => run !== undefined)) this.runs = runs.flat();
  }

  /** @param view the same bytes as `bytes`; `overread` bytes behind the block must exist */
  read(bytes: Uint8Array, view: DataView, base: number): void {
    const { field, words, out } = this;
    if (this.runs) {
      for (const run of this.runs) {
        if (run.stride === 8) readBytewise(run, view, base, words);
        else readDense(run, view, base, words);
      }
    } else if (this.isPlain) {
      for (const part of field.parts) readSingly(part, view, base, out);
    } else {
      readField(field, bytes, base, out);
    }
  }
}

// The part that holds an element's lowest bits comes first: it sets the element, and those with a shift add to it.

function readSingly(part: Part, view: DataView, base: number, out: Uint8Array | Uint32Array): void {
  const { from, bits, shift, position } = part;
  const mask = -1 >>> (32 - bits);
  for (let i = 0; i < position.length; i++) {
    const at = position[i];
    const x = (view.getUint32(base + (at >> 3), true) >>> (at & 7)) & mask;
    out[from + i] = shift === 0 ? x : out[from + i] | (x << shift);
  }
}

/** Elements in successive bytes: they already lie where they belong. */
function readBytewise(run: QuadRun, view: DataView, base: number, words: Uint32Array): void {
  const { word, count, position, advance, shift } = run;
  const mask = byteMasks[run.bits];
  for (let i = word, at = position; i < word + count; i++, at += advance) {
    const x = (view.getUint32(base + (at >> 3), true) >>> (at & 7)) & mask;
    words[i] = shift === 0 ? x : words[i] | (x << shift);
  }
}

/**
 * Elements at a stride below 8 move to the low bits of four bytes in two steps: the upper pair to the upper half word,
 * then in each half the upper element to the upper byte.
 */
function readDense(run: QuadRun, view: DataView, base: number, words: Uint32Array): void {
  const { word, count, position, advance, stride, bits, shift } = run;
  const window = (1 << (3 * stride + bits)) - 1;
  const pairs = ((1 << (stride + bits)) - 1) * 0x00010001;
  const mask = byteMasks[bits];
  const near = 8 - stride;
  for (let i = word, at = position; i < word + count; i++, at += advance) {
    let x = (view.getUint32(base + (at >> 3), true) >>> (at & 7)) & window;
    x = (x | (x << (2 * near))) & pairs;
    x = (x | (x << near)) & mask;
    words[i] = shift === 0 ? x : words[i] | (x << shift);
  }
}

/** A part as runs of fours, or nothing where its elements do not lie so. */
function quadRuns({ from, bits, shift, position }: Part): QuadRun[] | undefined {
  if (from % 4 !== 0 || position.length % 4 !== 0) return undefined;
  const runs: QuadRun[] = [];
  for (let i = 0; i < position.length; i += 4) {
    const [a, b, c, d] = position.subarray(i, i + 4);
    const stride = b - a;
    if (c - b !== stride || d - c !== stride) return undefined;
    const fits = stride === 8 ? (a & 7) + bits <= 8 : stride >= bits && 3 * stride + bits <= 16;
    if (!fits) return undefined;
    const last = runs.at(-1);
    const isSame = last?.stride === stride;
    if (isSame && last.count === 1) last.advance = a - last.position;
    if (isSame && last.position + last.count * last.advance === a) last.count++;
    else runs.push({ word: (from + i) / 4, count: 1, position: a, advance: 0, stride, bits, shift });
  }
  return runs;
}
