import { hlsEmitter } from "../../src/emit/hls.ts";
import type { DescriptorValues } from "../../src/plan/descriptor.ts";
import { type DescriptorField, descriptorFields } from "../../src/plan/interface.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { Random } from "../../src/random.ts";
import { buildCsim } from "../../src/sim/csim.ts";
import { startMachine } from "../../src/sim/machine.ts";
import { encode, goodWorkload } from "../hls/bad-descriptors.ts";
import { moveFields, randomFormatFields, randomWorkload, tameActivations, type Workload } from "../hls/workload.ts";

/** What each mutant of the kernel runs, made once. */
export interface KernelLists {
  parameters: MachineParameters;
  /** Random formats and shapes. */
  random: Workload[];
  /** Shapes that take counters far or queues full, with the stalls of the memory in percent. */
  shapes: { percent: number; workload: Workload }[];
  /** A small memory by addresses that need all their bits: bases that lie far below 0, offsets that lead back. */
  far: { below: number; workload: Workload }[];
  /** Weights as fast as memory gives them: of many row tiles, and of few with long K, which must not wait for all activations. */
  stream: Workload;
  early: Workload;
  good: Workload;
  /** One descriptor each, at the borders of what the kernel takes, with the status that the HLS C++ gives it. */
  formats: { workload: Workload; status: number }[];
}

export async function kernelLists(plan: Plan): Promise<KernelLists> {
  const { parameters } = plan;
  const random = Array.from({ length: 9 }, (_, i) => randomWorkload(new Random(1 + i), parameters, 3));
  const good = goodWorkload(parameters);
  const most = parameters.COLUMNS * parameters.REPLAY;
  const longest = parameters.MAX_K_TILES;
  const manyPasses = plainWorkload([{ rows: 9, k_tiles: 1, columns: 6 * most + 1 }], parameters);
  const manyMatmuls = Array.from({ length: 100 }, (_, i) => ({ rows: 1 + (i % 24), k_tiles: 1, columns: 1 + (i % 3) }));
  // All but the first reuse its activations: they are announced without a load.
  const manyReuses = Array.from({ length: 20 }, (_, i) => ({
    rows: 60,
    k_tiles: 2,
    columns: most,
    flags: Math.min(i, 1),
  }));
  // Each bit of their row tiles is set in one.
  const manyRows = [0x5555, 0x2aaa].map((rowTiles) => ({ rows: 8 * rowTiles, k_tiles: 1, columns: 1 }));
  return {
    parameters,
    random,
    shapes: [
      { percent: 10, workload: plainWorkload(manyMatmuls, parameters) },
      { percent: 0, workload: plainWorkload(manyMatmuls, parameters, codebook) },
      { percent: 0, workload: plainWorkload(manyReuses, parameters) },
      { percent: 0, workload: manyPasses },
      { percent: 10, workload: plainWorkload([{ rows: 9, k_tiles: longest, columns: most + 1 }], parameters) },
      { percent: 0, workload: plainWorkload([{ rows: 20, k_tiles: 13, columns: 2 }], parameters) },
      // More words of outputs than of weights.
      { percent: 0, workload: plainWorkload([{ rows: 400, k_tiles: 1, columns: most }], parameters, oneBit) },
      { percent: 60, workload: plainWorkload([{ rows: 100, k_tiles: 1, columns: most - 1 }], parameters, oneBit) },
      // Lanes that wait for activations.
      { percent: 60, workload: plainWorkload([{ rows: 17, k_tiles: longest, columns: 1 }], parameters, oneBit) },
      { percent: 90, workload: plainWorkload([{ rows: 17, k_tiles: longest, columns: 3 }], parameters, oneBit) },
      { percent: 0, workload: plainWorkload(manyRows, parameters, oneBit) },
    ],
    far: [0x15_5555_5555_5550, 0x0a_aaaa_aaaa_aaa0].flatMap((below) =>
      [random[2], manyPasses].map((workload) => ({ below, workload: shifted(workload, below, parameters) })),
    ),
    stream: plainWorkload([{ rows: 256, k_tiles: 6, columns: 2 }], parameters, sixBits),
    early: plainWorkload([{ rows: 32, k_tiles: longest, columns: 2 }], parameters, sixBits),
    good,
    formats: await borderFormats(good, plan),
  };
}

/** The shortest tiles, so that many rows take little time. */
const oneBit = {
  ...{ code_bits: 1, level_offset: 1, sub_block_log2: 8, step_log2: 8, scale_bits: 0, scale_offset: -1 },
  ...{ min_bits: 0, min_mode: 0, d_group_log2: 8, d_words: 1, dmin_words: 0, scale_words: 0, min_words: 0 },
  tile_words: 17,
};

/** Long tiles: lanes wait for words most of the time. */
const sixBits = { code_bits: 6, level_offset: 32, tile_words: 13 + 96 };

const codebook = { level_mode: 1 };

/** MatMuls of the given shapes over random memory, in whose f16 scales is no infinity. Those with `flags` reuse activations. */
function plainWorkload(
  shapes: readonly { rows: number; k_tiles: number; columns: number; flags?: number }[],
  parameters: MachineParameters,
  format: DescriptorValues = {},
) {
  const [{ values }] = goodWorkload(parameters).descriptors;
  const random = new Random(1);
  let top = 0;
  const place = (bytes: number) => {
    const address = top;
    top += Math.ceil(bytes / 16) * 16;
    return address;
  };
  let activations = 0;
  const descriptors: Workload["descriptors"] = shapes.map((shape) => {
    const { rows, k_tiles, columns, flags } = shape;
    if (!flags) activations = place(columns * k_tiles * 320);
    const tileWords = format.tile_words ?? values.tile_words;
    const lane_stride = Math.ceil(rows / 8 / parameters.LANES) * k_tiles * tileWords * 16;
    const output_stride = Math.ceil(rows / 8) * 8;
    const regions = {
      weights: place(lane_stride * parameters.LANES),
      activations,
      output: place(columns * output_stride * 4),
    };
    return {
      values: { ...values, ...format, ...shape, lane_stride, output_stride, ...regions },
      codebook: Array.from({ length: parameters.CODEBOOK }, () => random.between(-64, 63)),
    };
  });
  const list = place(shapes.length * parameters.DESC_WORDS * 16);
  const workload: Workload = { memory: new Uint8Array(top), descriptors, list };
  workload.memory.set(random.bytes(workload.memory.length));
  for (const { values } of descriptors) {
    tameActivations(random, workload.memory, values);
    const scaleBytes = 16 * (values.d_words + values.dmin_words);
    const end = values.weights + parameters.LANES * values.lane_stride;
    for (let tile = values.weights; tile < end; tile += 16 * values.tile_words)
      for (let at = 1; at < scaleBytes; at += 2) workload.memory[tile + at] &= 0xbf; // the exponent's highest bit
  }
  encode(workload, parameters);
  return workload;
}

function shifted(workload: Workload, by: number, parameters: MachineParameters): Workload {
  const descriptors = workload.descriptors.map(({ values, codebook }) => {
    const { weights, activations, output } = values;
    const far = { weights: weights + by, activations: activations + by, output: output + by };
    return { values: { ...values, ...far }, codebook };
  });
  const memory = workload.memory.slice();
  encode({ ...workload, memory, descriptors }, parameters);
  return { ...workload, memory }; // what its outputs must be is found at the old addresses
}

/** Random formats of the envelope, most of them with a field moved; and each bit of a descriptor that is always the same. */
async function borderFormats(good: Workload, plan: Plan): Promise<KernelLists["formats"]> {
  const { parameters } = plan;
  const random = new Random(1);
  const [{ values, codebook }] = good.descriptors;
  const list = (changed: DescriptorValues): Workload => {
    const workload = { ...good, memory: good.memory.slice(), descriptors: [{ values: changed, codebook }] };
    encode(workload, parameters);
    return workload;
  };
  const lists = fixedBits.map((bit) => {
    const workload = list(values);
    workload.memory[workload.list + (bit >> 3)] ^= 1 << (bit & 7);
    return workload;
  });
  for (let i = 0; i < 300; i++) {
    const format = { ...values, ...randomFormatFields(random, parameters) };
    lists.push(list(i % 4 === 0 ? format : moveFields(random, format)));
  }

  const judge = await startMachine(await buildCsim(hlsEmitter.files(plan)), good.memory.length);
  const formats: KernelLists["formats"] = [];
  for (const workload of lists) {
    judge.write(0, workload.memory);
    formats.push({ workload, status: (await judge.run(workload.list, 1)).status });
  }
  await judge.close();
  return formats;
}

/** The magic number, the unknown flags, and bits of words 0 to 5 that no field has. */
const fixedBits = Array.from({ length: 6 * 128 }, (_, bit) => bit).filter((at) => {
  const within = ({ word, bit, bits }: DescriptorField) => at >= word * 128 + bit && at < word * 128 + bit + bits;
  const name = descriptorFields.find(within)?.name;
  return name === undefined || name === "magic" || (name === "flags" && at > 32);
});
