import type { FormatPlan } from "./format-plan.ts";
import { codebookEntriesPerWord, descriptorFields, descriptorMagic, wordBytes } from "./interface.ts";
import type { MachineParameters } from "./parameters.ts";

/** One MatMul of a descriptor list. Addresses are byte offsets from the bases of their ports. */
export interface PlacedMatmul {
  rows: number;
  kTiles: number;
  columns: number;
  /** Floats from one output column to the next. */
  outputStride: number;
  laneStride: number;
  weights: number;
  activations: number;
  output: number;
  /** The activations are those of the MatMul before. */
  sameActivations?: boolean;
}

/** Every named field of a descriptor; values up to 2^53. */
export type DescriptorValues = Record<string, number>;

export function descriptorValues(format: FormatPlan, matmul: PlacedMatmul): DescriptorValues {
  return {
    magic: descriptorMagic,
    flags: matmul.sameActivations ? 1 : 0,
    rows: matmul.rows,
    k_tiles: matmul.kTiles,
    columns: matmul.columns,
    output_stride: matmul.outputStride,
    lane_stride: matmul.laneStride,
    tile_words: format.tileWords,
    weights: matmul.weights,
    activations: matmul.activations,
    output: matmul.output,
    ...format.fields,
  };
}

/** The bytes of a descriptor: DESC_WORDS words, reserved bits zero. */
export function encodeDescriptor(
  values: DescriptorValues,
  codebook: readonly number[] | undefined,
  parameters: MachineParameters,
): Uint8Array {
  const bytes = new Uint8Array(parameters.DESC_WORDS * wordBytes);
  const view = new DataView(bytes.buffer);
  for (const { name, word, bit, bits } of descriptorFields) {
    const at = word * wordBytes + bit / 8;
    const value = values[name];
    if (bits === 8) view.setUint8(at, value);
    else if (bits === 16) view.setUint16(at, value, true);
    else if (bits === 32) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
  }
  codebook?.forEach((level, code) => {
    view.setInt8(bytes.length - (parameters.CODEBOOK / codebookEntriesPerWord) * wordBytes + code, level);
  });
  return bytes;
}
