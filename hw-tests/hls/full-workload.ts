import { type DescriptorValues, encodeDescriptor } from "../../src/plan/descriptor.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import { Random } from "../../src/random.ts";
import type { Workload } from "./workload.ts";

/** Uses each stream to the full: longest sections, four steps per row step, more row tiles than a run. */
const values: DescriptorValues = {
  ...{ magic: 0x31514642, flags: 0, rows: 256, k_tiles: 2, columns: 2, output_stride: 256, lane_stride: 0x10000 },
  ...{ tile_words: 32 + 32 + 8 + 8 + 64, weights: 0, activations: 0x30000, output: 0x31000 },
  ...{ code_bits: 4, level_mode: 0, level_shift: 0, level_offset: 8, sub_block_log2: 4, step_log2: 4 },
  ...{ scale_bits: 8, scale_shift: 0, scale_offset: 128, min_bits: 8, min_shift: 0, min_offset: 128 },
  ...{ d_type: 2, d_group_log2: 4, d_bias: 0, min_mode: 1, dmin_bias: 0 },
  ...{ d_words: 32, dmin_words: 32, scale_words: 8, min_words: 8 },
};

export function fullWorkload(parameters: MachineParameters): Workload {
  const memory = new Uint8Array(0x40000);
  memory.set(new Random(2).bytes(0x31000));
  const list = 0x3f000;
  const codebook: number[] = [];
  memory.set(encodeDescriptor(values, codebook, parameters), list);
  return { memory, descriptors: [{ values, codebook }], list };
}
