import type { DescriptorValues } from "../../src/plan/descriptor.ts";

/**
 * One descriptor, straight from the text of docs/interface.md and docs/numerics.md: no planes read ahead, no lanes in
 * parallel, one fp32 operation a line. Shows agreement between two readings of the interface; golden and ggml are the
 * outside truth elsewhere.
 * @param memory the device's memory; addresses are byte offsets into it
 * @returns fp32 bits, columns x rows
 */
export function referenceMatmul(
  memory: Uint8Array,
  values: DescriptorValues,
  codebook: readonly number[],
  lanes: number,
): Uint32Array {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const { rows, columns, k_tiles: kTiles, tile_words: tileWords } = values;
  const result = new Uint32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const rowTile = Math.floor(row / 8);
    const region = values.weights + (rowTile % lanes) * values.lane_stride;
    const firstTile = region + Math.floor(rowTile / lanes) * kTiles * tileWords * 16;
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < kTiles; k++) {
        const tile = new Tile(view, firstTile + k * tileWords * 16, values, codebook, row % 8);
        const record = new Record(view, values.activations + (column * kTiles + k) * 320);
        const step = 1 << values.step_log2;
        for (let first = 0; first < 256; first += step) sum = add(sum, stepValue(tile, record, values, first, step));
      }
      result[column * rows + row] = bitsOf(sum);
    }
  }
  return result;
}

function stepValue(tile: Tile, record: Record, values: DescriptorValues, first: number, step: number): number {
  const subBlock = 1 << values.sub_block_log2;
  let isum = 0;
  let msum = 0;
  for (let i = first; i < first + step; i++) {
    isum += tile.scale(Math.floor(i / subBlock)) * tile.level(i) * record.code(i);
    if (i % 16 === 0) msum += tile.min(Math.floor(i / subBlock)) * record.sum(i / 16);
  }
  const group = first >> values.d_group_log2;
  const da = record.scale(Math.floor(first / 32));
  const p = multiply(multiply(tile.d(group), da), Math.fround(isum));
  if (values.min_mode === 0) return p;
  return subtract(p, multiply(multiply(tile.dmin(group), da), Math.fround(msum)));
}

/** One row of a device tile. */
class Tile {
  private readonly dmins: number;
  private readonly scales: number;
  private readonly mins: number;
  private readonly codes: number;

  constructor(
    private readonly view: DataView,
    private readonly at: number,
    private readonly values: DescriptorValues,
    private readonly codebook: readonly number[],
    private readonly row: number,
  ) {
    this.dmins = at + values.d_words * 16;
    this.scales = this.dmins + values.dmin_words * 16;
    this.mins = this.scales + values.scale_words * 16;
    this.codes = this.mins + values.min_words * 16;
  }

  d(group: number): number {
    return this.blockScale(this.at, group, this.values.d_bias);
  }

  dmin(group: number): number {
    return this.blockScale(this.values.min_mode === 1 ? this.dmins : this.at, group, this.values.dmin_bias);
  }

  scale(subBlock: number): number {
    const stored = this.factor(this.scales, this.values.scale_bits, subBlock);
    return stored * 2 ** this.values.scale_shift - this.values.scale_offset;
  }

  min(subBlock: number): number {
    const stored = this.factor(this.mins, this.values.min_bits, subBlock);
    return stored * 2 ** this.values.min_shift - this.values.min_offset;
  }

  level(column: number): number {
    const { code_bits: bits, level_mode: mode } = this.values;
    const group = Math.floor(column / 64);
    let code = 0;
    for (let bit = 0; bit < bits; bit++) {
      code += this.bit(this.codes, ((group * 8 + this.row) * bits + bit) * 64 + (column % 64)) * 2 ** bit;
    }
    return mode === 1 ? this.codebook[code] : code * 2 ** this.values.level_shift - this.values.level_offset;
  }

  /** Chunks of max(64, sub-block) columns; in each, a plane for each bit of 8 bits for each sub-block. */
  private factor(section: number, bits: number, subBlock: number): number {
    const perChunk = Math.max(1, 64 >> this.values.sub_block_log2);
    const chunk = Math.floor(subBlock / perChunk);
    let stored = 0;
    for (let bit = 0; bit < bits; bit++) {
      const plane = (chunk * bits + bit) * 8 * perChunk;
      stored += this.bit(section, plane + (subBlock % perChunk) * 8 + this.row) * 2 ** bit;
    }
    return stored;
  }

  private bit(section: number, index: number): number {
    return (this.view.getUint8(section + (index >> 3)) >> (index & 7)) & 1;
  }

  private blockScale(section: number, group: number, bias: number): number {
    const index = group * 8 + this.row;
    const u8 = () => this.view.getUint8(section + index);
    const u16 = () => this.view.getUint16(section + 2 * index, true);
    const u32 = () => this.view.getUint32(section + 4 * index, true);
    const exact = [
      () => f16(u16()),
      () => flush(floatOf(u16() << 16)),
      () => flush(floatOf(u32())),
      () => 2 ** (u8() - 127),
      () => (u8() === 255 ? Number.NaN : 2 ** (u8() - 127)),
      () => ue4m3(u8()),
    ][this.values.d_type]();
    // In float64 nothing is lost down to 2^-1022; what then lies below fp32's normal range is a zero.
    return flush(Math.fround(exact * 2 ** -bias));
  }
}

/** One activation record: 256 columns of one activation column. */
class Record {
  constructor(
    private readonly view: DataView,
    private readonly at: number,
  ) {}

  scale(group: number): number {
    return flush(this.view.getFloat32(this.at + 4 * group, true));
  }

  sum(group: number): number {
    return this.view.getInt16(this.at + 32 + 2 * group, true);
  }

  code(column: number): number {
    return this.view.getInt8(this.at + 64 + column);
  }
}

function f16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** ggml's: 0x7F is 0, bit 7 counts for nothing else. */
function ue4m3(byte: number): number {
  if (byte === 0x7f) return 0;
  const exponent = (byte >> 3) & 15;
  const fraction = byte & 7;
  return exponent === 0 ? fraction * 2 ** -9 : (1 + fraction / 8) * 2 ** (exponent - 7);
}

const scratch = new DataView(new ArrayBuffer(4));

function floatOf(bits: number): number {
  scratch.setUint32(0, bits >>> 0);
  return scratch.getFloat32(0);
}

function bitsOf(value: number): number {
  if (Number.isNaN(value)) return 0x7fc00000;
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

const smallestNormal = 2 ** -126;

/** A subnormal becomes the zero of its sign. */
const flush = (value: number) => (Math.abs(value) < smallestNormal ? value * 0 : value);

const multiply = (a: number, b: number) => flush(Math.fround(a * b));
const add = (a: number, b: number) => flush(Math.fround(a + b));
const subtract = (a: number, b: number) => flush(Math.fround(a - b));
