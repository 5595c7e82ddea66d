import type { PlacedMatmul } from "../plan/descriptor.ts";
import type { FormatPlan } from "../plan/format-plan.ts";
import { tileRows } from "../plan/interface.ts";
import { recordBytes } from "./activations.ts";
import { type TileLayout, tileLayout } from "./tiles.ts";

/** Addresses that keep simultaneous streams in different DRAM banks: bank bits are address bits 14-15 (docs/board-facts.md). */
export const bankBytes = 1 << 14;
export const bankPeriod = 1 << 16;

const pageBytes = 4096;

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** From the start of a lane's tiles to the next lane's. */
export const laneStride = (laneBytes: number): number => roundUp(laneBytes, bankPeriod) + bankBytes;

/** Device memory of a matrix: the tiles of all lanes, with their gaps. */
export const deviceBytes = (layout: TileLayout, lanes: number): number =>
  (lanes - 1) * laneStride(layout.laneBytes) + layout.laneBytes;

/** Lays out MatMuls one after another, as the driver does: the lanes of a matrix in different banks, activations and outputs behind. */
export class MemoryLayout {
  private top = 0;
  private activations = 0;

  constructor(private readonly lanes: number) {}

  /** @param sameActivations they are those of the MatMul before */
  placeMatmul(format: FormatPlan, rows: number, k: number, columns: number, sameActivations = false): PlacedMatmul {
    const { kTiles, laneBytes } = tileLayout(format, rows, k, this.lanes);
    const stride = laneStride(laneBytes);
    const weights = this.place(stride * this.lanes, bankPeriod);
    if (!sameActivations) this.activations = this.place(columns * kTiles * recordBytes, pageBytes);
    const outputStride = roundUp(rows, tileRows);
    const output = this.place(columns * outputStride * 4, pageBytes);
    const { activations } = this;
    return { rows, kTiles, columns, outputStride, laneStride: stride, weights, activations, output, sameActivations };
  }

  /** The address of a descriptor list. */
  placeList(bytes: number): number {
    return this.place(bytes, pageBytes);
  }

  /** Size of the memory that holds all of it. */
  get bytes(): number {
    return roundUp(this.top, pageBytes);
  }

  private place(bytes: number, alignment: number): number {
    const address = roundUp(this.top, alignment);
    this.top = address + bytes;
    return address;
  }
}
