import { type BlockFields, blockFields, readBlock } from "../golden/decode.ts";
import type { FormatPlan } from "../plan/format-plan.ts";
import { planeColumns, tileColumns, tileRows, wordBytes } from "../plan/interface.ts";
import { type Format, scaleTypeBits } from "../spec/format.ts";
import { writeField } from "../spec/layout.ts";

const tileElements = tileRows * tileColumns;
const rowSteps = (tileColumns / planeColumns) * tileRows;

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

/** The fields of one tile, unpacked: index = row * (fields a row) + position. */
interface TileFields {
  code: Uint8Array;
  scale: Uint8Array;
  min: Uint8Array;
  d: Uint32Array;
  dmin: Uint32Array;
}

/** Packs and unpacks tiles of one format (docs/interface.md, "Device tile"). */
export class TileCodec {
  private readonly fields: TileFields;
  private readonly block: BlockFields;
  private readonly blocksPerTileRow: number;

  constructor(
    private readonly format: Format,
    private readonly plan: FormatPlan,
  ) {
    this.block = blockFields(format);
    this.blocksPerTileRow = tileColumns / format.elements;
    const count = (perBlock: ArrayLike<number>) => perBlock.length * this.blocksPerTileRow * tileRows;
    this.fields = {
      code: new Uint8Array(tileElements),
      scale: new Uint8Array(count(this.block.scale)),
      min: new Uint8Array(count(this.block.min)),
      d: new Uint32Array(count(this.block.d)),
      dmin: new Uint32Array(count(this.block.dmin)),
    };
  }

  /**
   * Packs the tile at (rowTile, kTile) of stored weights into `out` at `at`; blocks beyond the matrix are zero.
   * @param stored rows x k weights, row by row, whole blocks
   */
  pack(stored: Uint8Array, layout: TileLayout, rowTile: number, kTile: number, out: Uint8Array, at: number): void {
    const { format, fields, blocksPerTileRow } = this;
    const zero = new Uint8Array(format.bytes);
    const blocksPerRow = layout.k / format.elements;
    for (let r = 0; r < tileRows; r++) {
      const row = rowTile * tileRows + r;
      for (let b = 0; b < blocksPerTileRow; b++) {
        const block = kTile * blocksPerTileRow + b;
        if (row < layout.rows && block < blocksPerRow) {
          readBlock(format, stored, (row * blocksPerRow + block) * format.bytes, this.block);
        } else {
          readBlock(format, zero, 0, this.block);
        }
        const slot = r * blocksPerTileRow + b;
        for (const name of fieldNames) fields[name].set(this.block[name], slot * this.block[name].length);
      }
    }
    out.fill(0, at, at + layout.tileBytes);
    this.packFields(out, at);
  }

  private packFields(out: Uint8Array, at: number): void {
    const { format, fields } = this;
    const { d_words, dmin_words, scale_words, min_words, scale_bits, min_bits } = this.plan.fields;
    const dBytes = scaleTypeBits[format.d.type] / 8;
    let section = at;
    packFloats(fields.d, dBytes, out, section);
    section += d_words * wordBytes;
    packFloats(fields.dmin, dBytes, out, section);
    section += dmin_words * wordBytes;
    packIntegers(fields.scale, scale_bits, format.scale.flip, format.subBlock, out, section);
    section += scale_words * wordBytes;
    packIntegers(fields.min, min_bits, format.min?.flip ?? 0, format.subBlock, out, section);
    section += min_words * wordBytes;
    packCodes(fields.code, format.code.bits, format.levels.flip, out, section);
  }

  /** The inverse of `pack`: writes the stored blocks of a tile into `stored`, whose bytes there are zero. */
  unpack(tiles: Uint8Array, at: number, layout: TileLayout, rowTile: number, kTile: number, stored: Uint8Array): void {
    const { format, fields, block, blocksPerTileRow } = this;
    this.unpackFields(tiles, at);
    const blocksPerRow = layout.k / format.elements;
    for (let r = 0; r < tileRows; r++) {
      const row = rowTile * tileRows + r;
      for (let b = 0; b < blocksPerTileRow; b++) {
        const index = kTile * blocksPerTileRow + b;
        if (row >= layout.rows || index >= blocksPerRow) continue;
        const slot = r * blocksPerTileRow + b;
        for (const name of fieldNames) {
          const { length } = block[name];
          block[name].set(fields[name].subarray(slot * length, (slot + 1) * length));
        }
        const base = (row * blocksPerRow + index) * format.bytes;
        writeField(format.code, block.code, stored, base);
        writeField(format.scale.field, block.scale, stored, base);
        if (format.min) writeField(format.min.field, block.min, stored, base);
        writeField(format.d.field, block.d, stored, base);
        if (format.dmin && format.dmin !== "d") writeField(format.dmin.field, block.dmin, stored, base);
      }
    }
  }

  private unpackFields(tiles: Uint8Array, at: number): void {
    const { format, fields } = this;
    const { d_words, dmin_words, scale_words, min_words, scale_bits, min_bits } = this.plan.fields;
    const dBytes = scaleTypeBits[format.d.type] / 8;
    let section = at;
    unpackFloats(tiles, section, dBytes, fields.d);
    section += d_words * wordBytes;
    unpackFloats(tiles, section, dBytes, fields.dmin);
    section += dmin_words * wordBytes;
    unpackIntegers(tiles, section, scale_bits, format.scale.flip, format.subBlock, fields.scale);
    section += scale_words * wordBytes;
    unpackIntegers(tiles, section, min_bits, format.min?.flip ?? 0, format.subBlock, fields.min);
    section += min_words * wordBytes;
    unpackCodes(tiles, section, format.code.bits, format.levels.flip, fields.code);
  }
}

const fieldNames = ["code", "scale", "min", "d", "dmin"] as const;

/** Position in the stream -> index into a row-major field: group by group, the 8 rows of each. */
function groupMajor(position: number, perRow: number): number {
  const row = position % tileRows;
  return row * perRow + (position - row) / tileRows;
}

function packFloats(values: Uint32Array, bytes: number, out: Uint8Array, at: number): void {
  const perRow = values.length / tileRows;
  for (let i = 0; i < values.length; i++) {
    const value = values[groupMajor(i, perRow)];
    for (let b = 0; b < bytes; b++) out[at + i * bytes + b] = value >>> (8 * b);
  }
}

function unpackFloats(from: Uint8Array, at: number, bytes: number, values: Uint32Array): void {
  const perRow = values.length / tileRows;
  for (let i = 0; i < values.length; i++) {
    let value = 0;
    for (let b = 0; b < bytes; b++) value |= from[at + i * bytes + b] << (8 * b);
    values[groupMajor(i, perRow)] = value;
  }
}

/** Sub-blocks of one row that a chunk of planes holds. */
const chunkSubBlocks = (subBlock: number) => Math.max(1, planeColumns / subBlock);

/** Bit planes of scales or mins: a plane byte is one bit of one sub-block's 8 rows. */
function packIntegers(
  values: Uint8Array,
  bits: number,
  flip: number,
  subBlock: number,
  out: Uint8Array,
  at: number,
): void {
  const perRow = values.length / tileRows;
  const run = chunkSubBlocks(subBlock);
  let byte = at;
  for (let first = 0; first < perRow; first += run) {
    for (let bit = 0; bit < bits; bit++) {
      for (let j = first; j < first + run; j++, byte++) {
        let plane = 0;
        for (let r = 0; r < tileRows; r++) plane |= (((values[r * perRow + j] ^ flip) >> bit) & 1) << r;
        out[byte] = plane;
      }
    }
  }
}

function unpackIntegers(
  from: Uint8Array,
  at: number,
  bits: number,
  flip: number,
  subBlock: number,
  values: Uint8Array,
): void {
  values.fill(flip);
  const perRow = values.length / tileRows;
  const run = chunkSubBlocks(subBlock);
  let byte = at;
  for (let first = 0; first < perRow; first += run) {
    for (let bit = 0; bit < bits; bit++) {
      for (let j = first; j < first + run; j++, byte++) {
        for (let r = 0; r < tileRows; r++) values[r * perRow + j] ^= ((from[byte] >> r) & 1) << bit;
      }
    }
  }
}

/** Bit planes of 64 codes: per row step (64 columns of one row), the lowest bits, then the next ones. */
function packCodes(codes: Uint8Array, bits: number, flip: number, out: Uint8Array, at: number): void {
  let byte = at;
  for (let step = 0; step < rowSteps; step++) {
    const row = step % tileRows;
    const first = row * tileColumns + ((step - row) / tileRows) * planeColumns;
    for (let bit = 0; bit < bits; bit++) {
      for (let i = first; i < first + planeColumns; i += 8, byte++) {
        let plane = 0;
        for (let e = 0; e < 8; e++) plane |= (((codes[i + e] ^ flip) >> bit) & 1) << e;
        out[byte] = plane;
      }
    }
  }
}

function unpackCodes(from: Uint8Array, at: number, bits: number, flip: number, codes: Uint8Array): void {
  codes.fill(flip);
  let byte = at;
  for (let step = 0; step < rowSteps; step++) {
    const row = step % tileRows;
    const first = row * tileColumns + ((step - row) / tileRows) * planeColumns;
    for (let bit = 0; bit < bits; bit++) {
      for (let i = first; i < first + planeColumns; i += 8, byte++) {
        for (let e = 0; e < 8; e++) codes[i + e] ^= ((from[byte] >> e) & 1) << bit;
      }
    }
  }
}

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
