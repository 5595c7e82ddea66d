import { type DescriptorValues, encodeDescriptor } from "../../src/plan/descriptor.ts";
import { descriptorFields } from "../../src/plan/interface.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import type { Random } from "../../src/random.ts";
import type { Machine } from "../../src/sim/machine.ts";
import { referenceMatmul } from "./reference.ts";

/** A descriptor list over random memory: any bits are a valid tile, so the whole memory is random. */
export interface Workload {
  memory: Uint8Array;
  descriptors: { values: DescriptorValues; codebook: number[] }[];
  list: number;
}

const dBits = [16, 16, 32, 8, 8, 8];
const log2 = (value: number) => Math.log2(value);

/** The descriptor fields of a format that the envelope holds. */
export function randomFormatFields(random: Random, parameters: MachineParameters): DescriptorValues {
  const fits = (bits: number, shift: number, width: number) => {
    const largest = (2 ** bits - 1) * 2 ** shift;
    const low = largest - (2 ** (width - 1) - 1);
    const high = 2 ** (width - 1);
    // Within what codes use, mostly: those are the formats that are.
    return random.between(0, 3) === 0
      ? random.between(low, high)
      : random.between(Math.max(0, low), Math.min(high, Math.max(0, low, largest)));
  };
  const codebookMode = parameters.CODEBOOK > 0 && random.between(0, 2) === 0 ? 1 : 0;
  const codeBits = random.between(
    1,
    codebookMode ? Math.min(log2(parameters.CODEBOOK), parameters.CODE_BITS) : parameters.CODE_BITS,
  );
  const levelShift = codeBits < parameters.LEVEL_BITS ? random.between(0, 1) : 0;
  const scaleBits = random.between(0, parameters.SCALE_BITS);
  const minMode = parameters.HAS_MIN ? random.between(0, 2) : 0;
  const minBits = minMode ? random.between(0, parameters.MIN_BITS) : 0;
  const scaleShift = scaleBits > 0 && scaleBits < parameters.SCALE_WIDTH ? random.between(0, 1) : 0;
  const minShift = minBits > 0 && minBits < parameters.MIN_WIDTH ? random.between(0, 1) : 0;
  const type = random.pick([0, 1, 2, 3, 4, 5].filter((code) => (parameters.D_TYPES >> code) & 1));
  const stepLog2 = random.between(parameters.MIN_STEP_LOG2, 8);
  const groupLog2 = random.between(stepLog2, 8);
  const subBlockLog2 = random.between(4, 8);
  const words = (bits: number, groupLog: number) => Math.ceil((bits * (256 >> groupLog)) / 16);
  const format: DescriptorValues = {
    code_bits: codeBits,
    packing: 0,
    level_mode: codebookMode,
    level_shift: levelShift,
    level_offset: fits(codeBits, levelShift, parameters.LEVEL_BITS),
    sub_block_log2: subBlockLog2,
    step_log2: stepLog2,
    scale_bits: scaleBits,
    scale_shift: scaleShift,
    scale_offset: scaleBits === 0 ? random.pick([-1, 1]) : fits(scaleBits, scaleShift, parameters.SCALE_WIDTH),
    min_bits: minBits,
    min_shift: minShift,
    min_offset: fits(minBits, minShift, parameters.MIN_WIDTH),
    d_type: type,
    d_group_log2: groupLog2,
    d_bias: random.pick([0, 0, 1, 2, 20, 128, 255]),
    min_mode: minMode,
    dmin_bias: random.pick([0, 0, 1, 3, 255]),
    d_words: words(dBits[type], groupLog2),
    dmin_words: minMode === 1 ? words(dBits[type], groupLog2) : 0,
    scale_words: words(scaleBits, subBlockLog2),
    min_words: words(minBits, subBlockLog2),
    aux_words: 0,
  };
  const { d_words, dmin_words, scale_words, min_words } = format;
  return { ...format, tile_words: d_words + dmin_words + scale_words + min_words + 16 * codeBits };
}

const formatFields = descriptorFields.filter(
  ({ word, name }) => word >= 4 || name === "tile_words" || name === "magic",
);

/**
 * A descriptor with one or two fields of its format moved, by one or anywhere. Every other time the words of the tile
 * follow, so that no other rule hides the one that is broken.
 */
export function moveFields(random: Random, descriptor: DescriptorValues): DescriptorValues {
  const values = { ...descriptor };
  for (let moves = random.between(1, 2); moves > 0; moves--) {
    const { name, bits, signed } = random.pick(formatFields);
    const oneBit = values[name] ^ (1 << random.between(0, bits - 1));
    const value = random.pick([values[name] + 1, values[name] - 1, oneBit, random.bits(), random.between(0, 8)]);
    values[name] = Number(signed ? BigInt.asIntN(bits, BigInt(value)) : BigInt.asUintN(bits, BigInt(value)));
  }
  const { d_words, dmin_words, scale_words, min_words, aux_words, code_bits } = values;
  if (random.between(0, 1))
    values.tile_words = d_words + dmin_words + scale_words + min_words + aux_words + 16 * code_bits;
  return values;
}

export function randomWorkload(random: Random, parameters: MachineParameters, count: number): Workload {
  const level = 2 ** (Math.min(parameters.LEVEL_BITS, 8) - 1); // a codebook's levels too must fit the machine's
  let top = 0;
  const place = (bytes: number) => {
    const address = top;
    top += Math.ceil(bytes / 16) * 16 + 16 * random.between(0, 3);
    return address;
  };
  const descriptors: Workload["descriptors"] = [];
  for (let index = 0; index < count; index++) {
    const before = descriptors.at(-1)?.values;
    const same = before !== undefined && random.between(0, 3) === 0;
    const columns = same
      ? before.columns
      : random.between(1, random.pick([9, 2 * parameters.COLUMNS * parameters.REPLAY + 1]));
    const kTiles = same ? before.k_tiles : random.between(1, Math.min(parameters.MAX_K_TILES, 4));
    const rows = random.between(1, random.pick([8, 40, 200]));
    const format = randomFormatFields(random, parameters);
    const rowTiles = Math.ceil(rows / 8);
    const laneBytes = Math.ceil(rowTiles / parameters.LANES) * kTiles * format.tile_words * 16;
    const laneStride = laneBytes + 16 * random.between(0, 5);
    const outputStride = 8 * rowTiles + 4 * random.between(0, 3);
    descriptors.push({
      values: {
        ...format,
        magic: 0x31514642,
        flags: same ? 1 : 0,
        rows,
        k_tiles: kTiles,
        columns,
        output_stride: outputStride,
        lane_stride: laneStride,
        weights: place(laneStride * parameters.LANES),
        activations: same ? before.activations : place(columns * kTiles * 320),
        output: place(columns * outputStride * 4),
      },
      codebook: Array.from({ length: parameters.CODEBOOK }, () => random.between(-level, level - 1)),
    });
  }
  const list = place(count * parameters.DESC_WORDS * 16);
  const memory = new Uint8Array(top);
  memory.set(random.bytes(memory.length));
  for (const { values } of descriptors) tameActivations(random, memory, values);
  descriptors.forEach(({ values, codebook }, index) => {
    memory.set(encodeDescriptor(values, codebook, parameters), list + index * parameters.DESC_WORDS * 16);
  });
  return { memory, descriptors, list };
}

/** Random bits as float scales would drown all results in NaN and infinities: most are made moderate. */
export function tameActivations(random: Random, memory: Uint8Array, values: DescriptorValues) {
  const view = new DataView(memory.buffer);
  for (let record = 0; record < values.columns * values.k_tiles; record++) {
    for (let i = 0; i < 8; i++) {
      if (random.between(0, 500) === 0) continue;
      const scale = (random.between(1, 1000) / 1000) * 2 ** random.between(-20, 3);
      view.setFloat32(values.activations + record * 320 + 4 * i, random.between(0, 1) ? scale : -scale, true);
    }
  }
}

/** A workload does not change once it has run: what it must give is computed once. */
const wantedOutputs = new WeakMap<Workload, Uint32Array[]>();

function wantedOutput(workload: Workload, index: number, lanes: number): Uint32Array {
  const outputs = wantedOutputs.get(workload) ?? [];
  wantedOutputs.set(workload, outputs);
  const { values, codebook } = workload.descriptors[index];
  outputs[index] ??= referenceMatmul(workload.memory, values, codebook, lanes);
  return outputs[index];
}

/** Runs the list and compares every result bit. @returns how many results were finite, to see that they say something */
export async function runAndCompare(machine: Machine, workload: Workload, parameters: MachineParameters) {
  machine.write(0, workload.memory);
  const result = await machine.run(workload.list, workload.descriptors.length);
  let finite = 0;
  let outputs = 0;
  const done = result.status === 0 ? workload.descriptors.length : result.status >> 8;
  for (const [index, { values }] of workload.descriptors.slice(0, done).entries()) {
    const wanted = wantedOutput(workload, index, parameters.LANES);
    const bytes = await machine.read(values.output, values.columns * values.output_stride * 4);
    const got = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let column = 0; column < values.columns; column++) {
      for (let row = 0; row < values.rows; row++) {
        const bits = got.getUint32((column * values.output_stride + row) * 4, true);
        const want = wanted[column * values.rows + row];
        outputs++;
        if ((bits & 0x7f800000) !== 0x7f800000) finite++;
        if (bits !== want) {
          const hex = (value: number) => `0x${value.toString(16).padStart(8, "0")}`;
          throw new Error(
            `descriptor ${index} ${JSON.stringify(values)}: row ${row}, column ${column}: ${hex(bits)}, not ${hex(want)}`,
          );
        }
      }
    }
  }
  return { result, finite, outputs };
}
