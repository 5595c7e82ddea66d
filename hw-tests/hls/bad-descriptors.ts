import { type DescriptorValues, encodeDescriptor } from "../../src/plan/descriptor.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import { Random } from "../../src/random.ts";
import type { Machine } from "../../src/sim/machine.ts";
import { widest } from "./support.ts";
import { runAndCompare, type Workload } from "./workload.ts";

/** A descriptor that breaks one rule: fields changed, or a byte set where no field is. */
export interface BadDescriptor {
  name: string;
  status: number;
  /** Position in the list of three. */
  index?: number;
  fields?: DescriptorValues;
  byte?: number;
}

export const statusEnvelope: Partial<MachineParameters> = {
  ...{ ...widest, MAX_K_TILES: 20 },
  ...{ LANES: 2, COLUMNS: 2, FP_UNITS: 1, CODE_BITS: 6, LEVEL_BITS: 7, CODEBOOK: 16, DESC_WORDS: 7 },
  ...{ SCALE_BITS: 6, SCALE_WIDTH: 7, MIN_BITS: 4, MIN_WIDTH: 5, D_TYPES: 0b001001, D_BITS: 16, MIN_STEP_LOG2: 5 },
};

/** The good descriptor that each bad one differs from. */
const good: DescriptorValues = {
  ...{ rows: 20, k_tiles: 2, columns: 3, output_stride: 24, tile_words: 4 + 4 + 3 + 2 + 64 },
  ...{ code_bits: 4, level_mode: 0, level_shift: 0, level_offset: 8, sub_block_log2: 5, step_log2: 6 },
  ...{ scale_bits: 6, scale_shift: 0, scale_offset: 32, min_bits: 4, min_shift: 0, min_offset: 0 },
  ...{ d_type: 0, d_group_log2: 6, d_bias: 0, min_mode: 1, dmin_bias: 0 },
  ...{ d_words: 4, dmin_words: 4, scale_words: 3, min_words: 2 },
};

export const badDescriptors: BadDescriptor[] = [
  { name: "magic", status: 1, fields: { magic: 0x32514642 } },
  { name: "unknown flag", status: 1, fields: { flags: 2 } },
  { name: "reserved byte of word 5", status: 1, byte: 5 * 16 + 5 },
  { name: "reserved bytes of word 5", status: 1, byte: 5 * 16 + 13 },
  { name: "no rows", status: 2, fields: { rows: 0 } },
  { name: "no columns", status: 2, fields: { columns: 0 } },
  { name: "no K", status: 2, fields: { k_tiles: 0 } },
  { name: "K too long", status: 2, fields: { k_tiles: 21 } },
  { name: "stride of no whole words", status: 2, fields: { output_stride: 26 } },
  { name: "stride shorter than the rows", status: 2, fields: { output_stride: 20 } },
  { name: "codes of no bits", status: 3, fields: { code_bits: 0, tile_words: 13 } },
  { name: "codes too wide", status: 3, fields: { code_bits: 7, tile_words: 13 + 112 } },
  { name: "unknown level mode", status: 3, fields: { level_mode: 2 } },
  { name: "level shift", status: 3, fields: { level_shift: 2 } },
  { name: "levels too low", status: 3, fields: { level_offset: 65 } },
  { name: "levels too high", status: 3, fields: { level_offset: -49 } },
  { name: "codes beyond the codebook", status: 3, fields: { level_mode: 1, code_bits: 5, tile_words: 13 + 80 } },
  { name: "sub-blocks too short", status: 3, fields: { sub_block_log2: 3 } },
  { name: "sub-blocks too long", status: 3, fields: { sub_block_log2: 9 } },
  { name: "steps too short", status: 3, fields: { step_log2: 4 } },
  { name: "steps too long", status: 3, fields: { step_log2: 9 } },
  { name: "a step over two d-groups", status: 3, fields: { step_log2: 7 } },
  { name: "scales too wide", status: 3, fields: { scale_bits: 7, scale_words: 4, tile_words: 78 } },
  { name: "scale shift", status: 3, fields: { scale_shift: 2 } },
  { name: "scales out of range", status: 3, fields: { scale_offset: 65 } },
  { name: "mins too wide", status: 3, fields: { min_bits: 5, min_words: 3, tile_words: 78 } },
  { name: "min shift", status: 3, fields: { min_shift: 2 } },
  { name: "mins out of range", status: 3, fields: { min_offset: -1 } },
  { name: "d type not built in", status: 3, fields: { d_type: 1 } },
  { name: "unknown d type", status: 3, fields: { d_type: 6 } },
  { name: "d group", status: 3, fields: { d_group_log2: 9 } },
  { name: "d bias", status: 3, fields: { d_bias: 256 } },
  { name: "dmin bias", status: 3, fields: { dmin_bias: 0xffff } },
  { name: "unknown min mode", status: 3, fields: { min_mode: 3 } },
  { name: "words of d", status: 3, fields: { d_words: 5, tile_words: 78 } },
  { name: "words of dmin", status: 3, fields: { dmin_words: 0, tile_words: 73 } },
  { name: "words of scale", status: 3, fields: { scale_words: 4, tile_words: 78 } },
  { name: "words of min", status: 3, fields: { min_words: 1, tile_words: 76 } },
  { name: "words of aux", status: 3, fields: { aux_words: 2, tile_words: 79 } },
  { name: "unknown packing", status: 3, fields: { packing: 2 } },
  { name: "indices without a table", status: 3, fields: { packing: 8, level_mode: 1, code_bits: 1, tile_words: 29 } },
  { name: "words of the tile", status: 3, fields: { tile_words: 78 } },
  { name: "weights not aligned", status: 4, fields: { weights: 8 } },
  { name: "activations not aligned", status: 4, fields: { activations: 4 } },
  { name: "output not aligned", status: 4, fields: { output: 4 } },
  { name: "lane stride not aligned", status: 4, fields: { lane_stride: 8 } },
  { name: "same activations as none", status: 5, index: 0, fields: { flags: 1 } },
  { name: "same activations for other columns", status: 5, fields: { flags: 1, columns: 2 } },
  { name: "same activations for another K", status: 5, fields: { flags: 1, k_tiles: 1 } },
];

/** Bytes between two descriptors' regions: far more than one needs. */
const spacing = 0x10000;

/** Three good descriptors over random memory. */
export function goodWorkload(parameters: MachineParameters): Workload {
  const random = new Random(1);
  const descriptors = [0, 1, 2].map((index) => ({
    values: {
      ...good,
      ...{ magic: 0x31514642, flags: 0, lane_stride: 2 * 2 * good.tile_words * 16 },
      ...{ weights: index * spacing, activations: index * spacing + 0x8000, output: index * spacing + 0xc000 },
    },
    codebook: Array.from({ length: parameters.CODEBOOK }, () => random.between(-64, 63)),
  }));
  const workload = { memory: new Uint8Array(3 * spacing + 0x1000), descriptors, list: 3 * spacing };
  workload.memory.set(random.bytes(workload.memory.length));
  encode(workload, parameters);
  return workload;
}

/** Writes a workload's descriptors into its memory. */
export function encode({ memory, descriptors, list }: Workload, parameters: MachineParameters): void {
  descriptors.forEach(({ values, codebook }, index) => {
    memory.set(encodeDescriptor(values, codebook, parameters), list + index * parameters.DESC_WORDS * 16);
  });
}

/** Runs the workload with one descriptor broken. @returns what is wrong: the status, or an output that was touched */
export async function runBroken(
  machine: Machine,
  workload: Workload,
  parameters: MachineParameters,
  { status, index = 1, fields = {}, byte }: BadDescriptor,
): Promise<string[]> {
  const broken: Workload = {
    ...workload,
    memory: workload.memory.slice(),
    descriptors: workload.descriptors.map(({ values, codebook }, at) => ({
      values: at === index ? { ...values, ...fields } : values,
      codebook,
    })),
  };
  encode(broken, parameters);
  if (byte !== undefined) broken.memory[broken.list + index * parameters.DESC_WORDS * 16 + byte] = 1;
  const { result } = await runAndCompare(machine, broken, parameters);
  const wrong: string[] = [];
  if (result.status !== (status | (index << 8))) wrong.push(`status ${result.status}`);
  for (const [at, { values }] of workload.descriptors.slice(index).entries()) {
    const bytes = values.columns * values.output_stride * 4;
    const untouched = broken.memory.slice(values.output, values.output + bytes);
    if (!Buffer.from(await machine.read(values.output, bytes)).equals(untouched)) {
      wrong.push(`output of descriptor ${index + at} touched`);
    }
  }
  return wrong;
}
