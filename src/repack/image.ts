import type { Activations } from "../golden/quantize.ts";
import { type DescriptorValues, descriptorValues, encodeDescriptor } from "../plan/descriptor.ts";
import type { FormatPlan } from "../plan/format-plan.ts";
import { tileColumns, tileRows } from "../plan/interface.ts";
import type { Parameters } from "../plan/parameters.ts";
import type { Format } from "../spec/format.ts";
import { packActivations } from "./activations.ts";
import { repack, type TileLayout } from "./tiles.ts";

/** One MatMul to run on a machine. */
export interface Job {
  format: Format;
  plan: FormatPlan;
  /** rows x k stored weights, row by row. */
  stored: Uint8Array;
  rows: number;
  k: number;
  activations: Activations;
}

/** Where one job's result lies: fp32 bits, column by column. */
export interface OutputRegion {
  address: number;
  rows: number;
  columns: number;
  /** Floats from one column to the next. */
  stride: number;
}

/** A memory image: what to write where, and the descriptor list to start. */
export interface Image {
  chunks: { address: number; bytes: Uint8Array }[];
  descriptors: number;
  count: number;
  outputs: OutputRegion[];
  /** Size of the memory that holds all of it. */
  bytes: number;
}

/** Addresses that keep simultaneous streams in different DRAM banks: bank bits are address bits 14-15 (docs/board-facts.md). */
export const bankBytes = 1 << 14;
export const bankPeriod = 1 << 16;

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** From the start of a lane's tiles to the next lane's. */
const laneStride = (laneBytes: number) => roundUp(laneBytes, bankPeriod) + bankBytes;

/** Device memory of a matrix: the tiles of all lanes, with their gaps. */
export const deviceBytes = ({ laneBytes }: TileLayout, lanes: number): number =>
  (lanes - 1) * laneStride(laneBytes) + laneBytes;

/**
 * Lays out a list of jobs in memory: repacked weights, activation records, outputs, descriptors.
 * @param edit may change the descriptor of job `index` before it is encoded (tests of bad descriptors)
 */
export function buildImage(
  jobs: readonly Job[],
  parameters: Parameters,
  edit?: (values: DescriptorValues, index: number) => void,
): Image {
  const chunks: Image["chunks"] = [];
  const outputs: OutputRegion[] = [];
  let top = 0;
  const place = (bytes: number, alignment: number) => {
    const address = roundUp(top, alignment);
    top = address + bytes;
    return address;
  };
  const descriptors = jobs.map((job, index) => {
    const { rows, k, activations, plan } = job;
    const regions = repack(job.format, plan, job.stored, rows, k, parameters.LANES);
    const stride = laneStride(regions[0].length);
    const weights = place(stride * parameters.LANES, bankPeriod);
    regions.forEach((bytes, lane) => {
      chunks.push({ address: weights + lane * stride, bytes });
    });
    const records = packActivations(activations);
    const input = place(records.length, 4096);
    chunks.push({ address: input, bytes: records });
    const { columns } = activations;
    const outputStride = roundUp(rows, tileRows);
    const output = place(columns * outputStride * 4, 4096);
    outputs.push({ address: output, rows, columns, stride: outputStride });
    const kTiles = Math.ceil(k / tileColumns);
    const values = descriptorValues(plan, {
      rows,
      kTiles,
      columns,
      outputStride,
      laneStride: stride,
      weights,
      activations: input,
      output,
    });
    edit?.(values, index);
    return encodeDescriptor(values, plan.codebook, parameters);
  });
  const list = place(
    descriptors.reduce((sum, { length }) => sum + length, 0),
    4096,
  );
  let at = list;
  for (const bytes of descriptors) {
    chunks.push({ address: at, bytes });
    at += bytes.length;
  }
  return { chunks, descriptors: list, count: jobs.length, outputs, bytes: roundUp(top, 4096) };
}

/** Picks a job's result out of the bytes read back: columns x rows fp32 bits, without the padding rows. */
export function outputBits(region: OutputRegion, bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: region.rows * region.columns }, (_, i) => {
    const column = Math.floor(i / region.rows);
    return view.getUint32((column * region.stride + (i % region.rows)) * 4, true);
  });
}
