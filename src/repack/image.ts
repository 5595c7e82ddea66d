import type { Activations } from "../golden/quantize.ts";
import { type DescriptorValues, descriptorValues, encodeDescriptor } from "../plan/descriptor.ts";
import type { FormatPlan } from "../plan/format-plan.ts";
import type { MachineParameters } from "../plan/parameters.ts";
import type { Format } from "../spec/format.ts";
import { packActivations } from "./activations.ts";
import { MemoryLayout } from "./memory-layout.ts";
import { repack } from "./tiles.ts";

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

/**
 * Lays out a list of jobs in memory: repacked weights, activation records, outputs, descriptors.
 * @param edit may change the descriptor of job `index` before it is encoded (tests of bad descriptors)
 */
export function buildImage(
  jobs: readonly Job[],
  parameters: MachineParameters,
  edit?: (values: DescriptorValues, index: number) => void,
): Image {
  const chunks: Image["chunks"] = [];
  const outputs: OutputRegion[] = [];
  const layout = new MemoryLayout(parameters.LANES);
  const descriptors = jobs.map(({ format, plan, stored, rows, k, activations }, index) => {
    const { columns } = activations;
    const place = layout.placeMatmul(plan, rows, k, columns);
    for (const [lane, bytes] of repack(format, plan, stored, rows, k, parameters.LANES).entries()) {
      chunks.push({ address: place.weights + lane * place.laneStride, bytes });
    }
    chunks.push({ address: place.activations, bytes: packActivations(activations) });
    outputs.push({ address: place.output, rows, columns, stride: place.outputStride });
    const values = descriptorValues(plan, place);
    edit?.(values, index);
    return encodeDescriptor(values, plan.codebook, parameters);
  });
  const bytes = new Uint8Array(Buffer.concat(descriptors));
  const list = layout.placeList(bytes.length);
  chunks.push({ address: list, bytes });
  return { chunks, descriptors: list, count: jobs.length, outputs, bytes: layout.bytes };
}

/** Picks a job's result out of the bytes read back: columns x rows fp32 bits, without the padding rows. */
export function outputBits(region: OutputRegion, bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: region.rows * region.columns }, (_, i) => {
    const column = Math.floor(i / region.rows);
    return view.getUint32((column * region.stride + (i % region.rows)) * 4, true);
  });
}
