import { copyTemplate } from "../../src/emit/emitter.ts";
import { rtlEmitter, sourcesInOrder } from "../../src/emit/rtl.ts";
import type { DescriptorValues } from "../../src/plan/descriptor.ts";
import type { Parameters } from "../../src/plan/plan.ts";
import { type Machine, startMachine } from "../../src/sim/machine.ts";
import { machineOption } from "../../src/verify/run.ts";
import { badDescriptors, encode, goodWorkload, runBroken, statusEnvelope } from "../hls/bad-descriptors.ts";
import { planWith, Random } from "../hls/support.ts";
import { randomWorkload, runAndCompare, type Workload } from "../hls/workload.ts";
import type { Subject } from "./build.ts";

/** Two lanes and two columns: with one, what chooses among them is idle, and its mutants are equivalent. */
const changes = statusEnvelope;

/** The kernel around its lanes. */
export async function kernelSubject(): Promise<Subject> {
  const files = rtlEmitter.files(await planWith(changes));
  return {
    top: "bfq_kernel",
    files: [...files, { path: "sim/host.hpp", text: copyTemplate("sim/host.hpp") }],
    sources: sourcesInOrder(files),
    program: "sim/rtl/main.cpp",
    prefix: "Vbfq_kernel",
    flags: [],
    kept: ["bfq_lane"],
    spared: ["axi_lite", "axi_read", "axi_write", "axi_bursts", "fifo", "fifo_block"].map((name) => `bfq_${name}`),
  };
}

/** Runs the kernel with one mutant through lists, errors, resets and bad descriptors. @returns what the tests find, if anything */
export async function judgeKernel(executable: string, select: number): Promise<string | undefined> {
  process.env.BFQ_MUTANT = String(select);
  const { parameters } = await planWith(changes);
  const random = new Random(1);
  const workloads = [0, 30, 60].map((percent) => ({ percent, workload: randomWorkload(random, parameters, 3) }));
  for (const shapes of longShapes) workloads.push({ percent: 10, workload: plainWorkload(shapes, parameters) });
  const good = goodWorkload(parameters);
  const bytes = Math.max(good.memory.length, ...workloads.map(({ workload }) => workload.memory.length));
  const machine = await startMachine(executable, bytes);
  try {
    for (const { percent, workload } of workloads) {
      stall(machine, percent);
      await right(machine, workload, parameters);
    }
    stall(machine, 0);
    await judgeAddresses(machine, workloads[2].workload, parameters);
    await judgeCounters(machine, parameters);
    await judgeErrors(machine, workloads[0].workload, parameters, random);
    for (const bad of badDescriptors) {
      const wrong = await runBroken(machine, good, parameters, bad);
      if (wrong.length > 0) return `${bad.name}: ${wrong.join()}`;
      await right(machine, good, parameters);
    }
    await machine.close();
    return machine.log() || undefined;
  } catch (error) {
    await machine.close().catch(() => {}); // what it died of is told already
    return (error as Error).message.split("\n")[0];
  }
}

/** Counters get far: many descriptors, columns, rows. */
const longShapes = [
  Array.from({ length: 100 }, (_, i) => ({ rows: 1 + (i % 24), k_tiles: 1, columns: 1 + (i % 3) })),
  [{ rows: 9, k_tiles: 1, columns: 70 }],
  [{ rows: 1100, k_tiles: 1, columns: 1 }],
];

/** MatMuls of the given shapes over random memory. */
function plainWorkload(shapes: readonly { rows: number; k_tiles: number; columns: number }[], parameters: Parameters) {
  const [{ values, codebook }] = goodWorkload(parameters).descriptors;
  let top = 0;
  const place = (bytes: number) => {
    const address = top;
    top += Math.ceil(bytes / 16) * 16;
    return address;
  };
  const descriptors = shapes.map((shape) => {
    const { rows, k_tiles, columns } = shape;
    const lane_stride = Math.ceil(rows / 8 / parameters.LANES) * k_tiles * values.tile_words * 16;
    const output_stride = Math.ceil(rows / 8) * 8;
    const regions = {
      weights: place(lane_stride * parameters.LANES),
      activations: place(columns * k_tiles * 320),
      output: place(columns * output_stride * 4),
    };
    return { values: { ...values, ...shape, lane_stride, output_stride, ...regions }, codebook };
  });
  const list = place(shapes.length * parameters.DESC_WORDS * 16);
  const workload: Workload = { memory: new Uint8Array(top), descriptors, list };
  new Random(1).fill(workload.memory);
  encode(workload, parameters);
  return workload;
}

function stall(machine: Machine, percent: number): void {
  machine.option(machineOption.stallSeed, percent);
  machine.option(machineOption.stallPercent, percent);
  machine.option(machineOption.memoryMode, percent > 0 ? 1 : 0);
}

/** A run without errors: every output bit, and as many words as the tiles and outputs have. */
async function right(machine: Machine, workload: Workload, parameters: Parameters) {
  const { result } = await runAndCompare(machine, workload, parameters);
  const passes = (columns: number) => Math.ceil(columns / (parameters.COLUMNS * parameters.REPLAY));
  const sum = (of: (values: DescriptorValues, tiles: number) => number) =>
    workload.descriptors.reduce((total, { values }) => total + of(values, Math.ceil(values.rows / 8)), 0);
  const read = sum(({ columns, k_tiles, tile_words }, tiles) => passes(columns) * tiles * k_tiles * tile_words);
  const written = sum(({ columns }, tiles) => columns * tiles * 32);
  check("status", result.status, 0);
  check("words", result.words[0] + result.words[1], read);
  check("bytes written", result.bytesWritten, written);
  return result;
}

/** A long stream from a memory without stalls: a word a cycle, and lanes that wait for words in all but the steps they take. */
async function judgeCounters(machine: Machine, parameters: Parameters) {
  const workload = plainWorkload([{ rows: 256, k_tiles: 6, columns: 2 }], parameters);
  const { cycles, stallMemory, stallCompute, words } = await right(machine, workload, parameters);
  const idle = words[0] - (256 / 8 / parameters.LANES) * 6 * 32; // words a lane, less its row steps
  const within = (what: string, value: number, low: number, high: number) =>
    check(`${what} within ${low} and ${high}: ${value}`, value >= low && value <= high, true);
  within("cycles", cycles, words[0], words[0] * 1.02 + 400);
  within("memory stalls", stallMemory, parameters.LANES * idle * 0.75, parameters.LANES * idle * 1.1 + 400);
  within("compute stalls", stallCompute, 1, 0.05 * cycles + 400);
}

/** The small memory again, but by addresses that need all 64 bits: bases far below 0, offsets that lead back. */
async function judgeAddresses(machine: Machine, workload: Workload, parameters: Parameters) {
  for (const below of [0x15_5555_5555_5550, 0x0a_aaaa_aaaa_aaa0]) {
    const descriptors = workload.descriptors.map(({ values, codebook }) => {
      const { weights, activations, output } = values;
      const far = { weights: weights + below, activations: activations + below, output: output + below };
      return { values: { ...values, ...far }, codebook };
    });
    const memory = workload.memory.slice();
    encode({ ...workload, memory, descriptors }, parameters);
    machine.option(machineOption.baseBelow, below);
    await right(machine, { ...workload, memory }, parameters);
  }
  machine.option(machineOption.baseBelow, 0);
}

async function judgeErrors(machine: Machine, workload: Workload, parameters: Parameters, random: Random) {
  const undisturbed = await right(machine, workload, parameters);
  const count = workload.descriptors.length;
  for (const [option, code] of [
    [machineOption.readError, 16],
    [machineOption.readError, 16],
    [machineOption.writeError, 17],
  ]) {
    machine.option(option, random.integer(1, 6));
    check("status of an AXI error", (await machine.run(workload.list, count)).status & 255, code);
    await right(machine, workload, parameters);
  }
  for (let i = 0; i < 4; i++) {
    machine.option(machineOption.resetAfter, random.integer(1, undisturbed.cycles - 1));
    check("status of a reset", (await machine.run(workload.list, count)).status, 255);
    await right(machine, workload, parameters);
  }
  machine.option(machineOption.startAgain, random.integer(1, undisturbed.cycles - 1));
  check("start while busy", JSON.stringify(await right(machine, workload, parameters)), JSON.stringify(undisturbed));
  check("status of an empty list", (await machine.run(workload.list, 0)).status, 0);
}

function check<T>(what: string, got: T, want: T): void {
  if (got !== want) throw new Error(`${what}: ${got}, not ${want}`);
}
