import { BlockFields } from "../golden/decode.ts";
import type { FormatPlan } from "../plan/format-plan.ts";
import { planeColumns, tileColumns, tileRows, wordBytes } from "../plan/interface.ts";
import type { Format, IntegerCode } from "../spec/format.ts";
import { scaleTypeBits } from "../spec/format-schema.ts";
import { writeField } from "../spec/layout.ts";

/** Where a matrix's tiles lie: row tiles go round robin to the lanes, each lane's tiles are contiguous. */
export interface TileLayout {
  rows: number;
  k: number;
  rowTiles: number;
  kTiles: number;
  tileBytes: number;
  /** Bytes of the longest lane region. */
  laneBytes: number;
}

export function tileLayout(plan: FormatPlan, rows: number, k: number, lanes: number): TileLayout {
  const rowTiles = Math.ceil(rows / tileRows);
  const kTiles = Math.ceil(k / tileColumns);
  const tileBytes = plan.tileWords * wordBytes;
  return { rows, k, rowTiles, kTiles, tileBytes, laneBytes: Math.ceil(rowTiles / lanes) * kTiles * tileBytes };
}

/** Packs and unpacks tiles of one format, block by block (docs/interface.md, "Device tile"). */
export class TileCodec {
  private readonly block: BlockFields;
  /** The block's codes, four per word. */
  private readonly codeWords: Uint32Array;
  private readonly zero: Uint8Array;

  constructor(
    private readonly format: Format,
    private readonly plan: FormatPlan,
  ) {
    this.block = new BlockFields(format);
    this.codeWords = new Uint32Array(this.block.code.buffer);
    this.zero = new Uint8Array(format.bytes);
  }

  /**
   * Packs the tile at (rowTile, kTile) of stored weights into `out` at `at`; blocks beyond the matrix are zero.
   * @param stored rows x k weights, row by row, whole blocks
   */
  pack(stored: Uint8Array, layout: TileLayout, rowTile: number, kTile: number, out: Uint8Array, at: number): void {
    out.fill(0, at, at + layout.tileBytes);
    this.eachBlock(layout, rowTile, kTile, (row, column, base) => {
      if (base === undefined) this.block.read(this.zero, 0);
      else this.block.read(stored, base);
      this.packBlock(row, column, out, at);
    });
  }

  /** The inverse of `pack`: writes the stored blocks of a tile into `stored`, whose bytes there are zero. */
  unpack(tiles: Uint8Array, at: number, layout: TileLayout, rowTile: number, kTile: number, stored: Uint8Array): void {
    const { format, block } = this;
    this.eachBlock(layout, rowTile, kTile, (row, column, base) => {
      if (base === undefined) return;
      this.unpackBlock(tiles, at, row, column);
      writeField(format.code, block.code, stored, base);
      writeField(format.scale.field, block.scale, stored, base);
      if (format.min) writeField(format.min.field, block.min, stored, base);
      writeField(format.d.field, block.d, stored, base);
      if (format.dmin && format.dmin !== "d") writeField(format.dmin.field, block.dmin, stored, base);
    });
  }

  /** Visits a tile's blocks: row and first column within the tile, and where the block is stored if it exists. */
  private eachBlock(
    layout: TileLayout,
    rowTile: number,
    kTile: number,
    visit: (row: number, column: number, base: number | undefined) => void,
  ): void {
    const { elements, bytes } = this.format;
    for (let r = 0; r < tileRows; r++) {
      const row = rowTile * tileRows + r;
      for (let column = 0; column < tileColumns; column += elements) {
        const first = kTile * tileColumns + column;
        const isStored = row < layout.rows && first < layout.k;
        visit(r, column, isStored ? ((row * layout.k + first) / elements) * bytes : undefined);
      }
    }
  }

  private packBlock(row: number, column: number, out: Uint8Array, at: number): void {
    const { format, block } = this;
    const { sections } = this.plan;
    const { code, levels, scale, min, d, subBlock } = format;
    const dBytes = scaleTypeBits[d.type] / 8;
    packFloats(block.d, dBytes, row, column / d.group, out, at + sections.d.at);
    packFloats(block.dmin, dBytes, row, column / d.group, out, at + sections.dmin.at);
    packIntegers(block.scale, scale, subBlock, row, column, out, at + sections.scale.at);
    if (min) packIntegers(block.min, min, subBlock, row, column, out, at + sections.min.at);
    packCodes(this.codeWords, code.bits, levels.flip, row, column, out, at + sections.code.at);
  }

  private unpackBlock(from: Uint8Array, at: number, row: number, column: number): void {
    const { format, block } = this;
    const { sections } = this.plan;
    const { code, levels, scale, min, d, subBlock } = format;
    const dBytes = scaleTypeBits[d.type] / 8;
    unpackFloats(from, at + sections.d.at, dBytes, row, column / d.group, block.d);
    unpackFloats(from, at + sections.dmin.at, dBytes, row, column / d.group, block.dmin);
    unpackIntegers(from, at + sections.scale.at, scale, subBlock, row, column, block.scale);
    if (min) unpackIntegers(from, at + sections.min.at, min, subBlock, row, column, block.min);
    unpackCodes(from, at + sections.code.at, code.bits, levels.flip, row, column, this.codeWords);
  }
}

/** One row's d or dmin, from group `first` on: the 8 rows of a group lie together. */
function packFloats(
  values: Uint32Array,
  bytes: number,
  row: number,
  first: number,
  out: Uint8Array,
  section: number,
): void {
  for (let i = 0; i < values.length; i++) {
    const at = section + ((first + i) * tileRows + row) * bytes;
    for (let b = 0; b < bytes; b++) out[at + b] = values[i] >>> (8 * b);
  }
}

function unpackFloats(
  from: Uint8Array,
  section: number,
  bytes: number,
  row: number,
  first: number,
  values: Uint32Array,
): void {
  for (let i = 0; i < values.length; i++) {
    const at = section + ((first + i) * tileRows + row) * bytes;
    let value = 0;
    for (let b = 0; b < bytes; b++) value |= from[at + b] << (8 * b);
    values[i] = value;
  }
}

/** Sub-blocks of one row that a chunk of scale planes holds. */
const chunkSubBlocks = (subBlock: number) => Math.max(1, planeColumns / subBlock);

/** One row's scales or mins: a plane byte is one bit of one sub-block's 8 rows. */
function packIntegers(
  values: Uint8Array,
  code: IntegerCode,
  subBlock: number,
  row: number,
  column: number,
  out: Uint8Array,
  section: number,
): void {
  const { flip, field } = code;
  const run = chunkSubBlocks(subBlock);
  for (let i = 0; i < values.length; i++) {
    const j = column / subBlock + i;
    const inChunk = j % run;
    let at = section + (j - inChunk) * field.bits + inChunk;
    for (let rest = values[i] ^ flip; rest !== 0; rest >>= 1, at += run) out[at] |= (rest & 1) << row;
  }
}

function unpackIntegers(
  from: Uint8Array,
  section: number,
  code: IntegerCode,
  subBlock: number,
  row: number,
  column: number,
  values: Uint8Array,
): void {
  const { flip, field } = code;
  const run = chunkSubBlocks(subBlock);
  for (let i = 0; i < values.length; i++) {
    const j = column / subBlock + i;
    const inChunk = j % run;
    const at = section + (j - inChunk) * field.bits + inChunk;
    values[i] = flip;
    for (let bit = 0; bit < field.bits; bit++) values[i] ^= ((from[at + bit * run] >> row) & 1) << bit;
  }
}

const planeBytes = planeColumns / 8;

/** Where the lowest bits of the 8 codes at `column` lie in the code section; the next bits follow a plane later. */
function planeAt(row: number, column: number, bits: number): number {
  const inPlane = column % planeColumns;
  const rowStep = ((column - inPlane) / planeColumns) * tileRows + row;
  return rowStep * bits * planeBytes + inPlane / 8;
}

/** Bit planes of 64 codes: per row step (64 columns of one row), the lowest bits, then the next ones. */
function packCodes(
  words: Uint32Array,
  bits: number,
  flip: number,
  row: number,
  column: number,
  out: Uint8Array,
  section: number,
): void {
  const flips = flip * 0x01010101;
  for (let i = 0; i < words.length; i += 2) {
    const low = words[i] ^ flips;
    const high = words[i + 1] ^ flips;
    let at = section + planeAt(row, column + 4 * i, bits);
    for (let bit = 0; bit < bits; bit++, at += planeBytes) {
      out[at] = lowestBits(low >>> bit) | (lowestBits(high >>> bit) << 4);
    }
  }
}

function unpackCodes(
  from: Uint8Array,
  section: number,
  bits: number,
  flip: number,
  row: number,
  column: number,
  words: Uint32Array,
): void {
  const flips = flip * 0x01010101;
  for (let i = 0; i < words.length; i += 2) {
    let low = flips;
    let high = flips;
    let at = section + planeAt(row, column + 4 * i, bits);
    for (let bit = 0; bit < bits; bit++, at += planeBytes) {
      low ^= spreadBits(from[at] & 15) << bit;
      high ^= spreadBits(from[at] >> 4) << bit;
    }
    words[i] = low;
    words[i + 1] = high;
  }
}

/** The lowest bits of a word's four bytes as a 4-bit number: the product moves bit 8j to bit 24 + j, with no carries. */
const lowestBits = (word: number) => (Math.imul(word & 0x01010101, 0x01020408) >>> 24) & 15;

/** The inverse: bit j of a 4-bit number as the lowest bit of byte j. */
const spreadBits = (nibble: number) => Math.imul(nibble, 0x00204081) & 0x01010101;

/**
 * Stored weights to device tiles, one contiguous region a lane.
 * @returns the regions, lane by lane
 */
export function repack(
  format: Format,
  plan: FormatPlan,
  stored: Uint8Array,
  rows: number,
  k: number,
  lanes: number,
): Uint8Array[] {
  const layout = tileLayout(plan, rows, k, lanes);
  const codec = new TileCodec(format, plan);
  return Array.from({ length: lanes }, (_, lane) => {
    const own = Math.max(0, Math.ceil((layout.rowTiles - lane) / lanes));
    const region = new Uint8Array(own * layout.kTiles * layout.tileBytes);
    let at = 0;
    for (let rowTile = lane; rowTile < layout.rowTiles; rowTile += lanes) {
      for (let kTile = 0; kTile < layout.kTiles; kTile++, at += layout.tileBytes) {
        codec.pack(stored, layout, rowTile, kTile, region, at);
      }
    }
    return region;
  });
}

/** The inverse of `repack`. Padding bits of the stored blocks come back as zeros. */
export function unrepack(format: Format, plan: FormatPlan, regions: Uint8Array[], rows: number, k: number): Uint8Array {
  const layout = tileLayout(plan, rows, k, regions.length);
  const codec = new TileCodec(format, plan);
  const stored = new Uint8Array((rows * k * format.bytes) / format.elements);
  regions.forEach((region, lane) => {
    let at = 0;
    for (let rowTile = lane; rowTile < layout.rowTiles; rowTile += regions.length) {
      for (let kTile = 0; kTile < layout.kTiles; kTile++, at += layout.tileBytes) {
        codec.unpack(region, at, layout, rowTile, kTile, stored);
      }
    }
  });
  return stored;
}
