import { rtlEmitter, sourcesInOrder } from "../../src/emit/rtl.ts";
import { simHeaders } from "../../src/emit/sim.ts";
import { machineOption, memoryError, memoryMode } from "../../src/emit/sim-protocol.ts";
import type { DescriptorValues } from "../../src/plan/descriptor.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import { type Machine, startMachine } from "../../src/sim/machine.ts";
import { badDescriptors, runBroken, statusEnvelope } from "../hls/bad-descriptors.ts";
import { planWith } from "../hls/support.ts";
import { runAndCompare, type Workload } from "../hls/workload.ts";
import { silentCycles, withShortTimeout } from "../rtl/short-timeout.ts";
import type { Subject } from "./build.ts";
import { type KernelLists, kernelLists } from "./kernel-lists.ts";

/** Two lanes and two columns: with one, what chooses among them is idle, and its mutants are equivalent. */
const changes = statusEnvelope;

/** The kernel around its lanes. */
export async function kernelSubject(): Promise<Subject> {
  const files = withShortTimeout(rtlEmitter.files(await planWith(changes)));
  return {
    top: "bfq_kernel",
    files: [...files, ...simHeaders()],
    sources: sourcesInOrder(files),
    program: "sim/rtl/main.cpp",
    prefix: "Vbfq_kernel",
    flags: [],
    kept: ["bfq_lane"],
    spared: ["axi_lite", "axi_read", "axi_write", "axi_bursts", "fifo", "fifo_block"].map((name) => `bfq_${name}`),
  };
}

let lists: Promise<KernelLists> | undefined;

/** Milliseconds, many times what the unmutated kernel takes on a busy machine. */
const timeout = 600_000;

/** Runs the kernel with one mutant through lists, errors, resets and bad descriptors. @returns what the tests find, if anything */
export async function judgeKernel(executable: string, select: number): Promise<string | undefined> {
  lists ??= planWith(changes).then(kernelLists);
  const { parameters, random, shapes, far, stream, early, good, formats } = await lists;
  const bytes = Math.max(
    ...[good, stream, early, ...random, ...shapes.map(({ workload }) => workload)].map(({ memory }) => memory.length),
  );
  const machine = await startMachine(executable, bytes, { env: { BFQ_MUTANT: String(select) }, timeout });
  try {
    for (const [i, workload] of random.entries()) {
      stall(machine, 30 * (i % 3));
      await right(machine, workload, parameters);
    }
    await judgeErrors(machine, random[0], parameters);
    stall(machine, 0);
    await judgeCounters(machine, stream, parameters);
    const { cycles, words } = await right(machine, early, parameters);
    const [{ values }] = early.descriptors; // of two columns, the first is there when lanes start
    check("lanes start early", cycles < words[0] + 20 * values.k_tiles + 300, true);
    for (const bad of badDescriptors) {
      const wrong = await runBroken(machine, good, parameters, bad);
      if (wrong.length > 0) return `${bad.name}: ${wrong.join()}`;
      await right(machine, good, parameters);
    }
    for (const { workload, status } of formats) {
      machine.write(0, workload.memory);
      check("status", (await machine.run(workload.list, 1)).status, status);
    }
    for (const { below, workload } of far) {
      machine.option(machineOption.baseBelow, below);
      await right(machine, workload, parameters);
    }
    machine.option(machineOption.baseBelow, 0);
    for (const { percent, workload } of shapes) {
      stall(machine, percent);
      await right(machine, workload, parameters);
    }
    await machine.close();
    return machine.log() || undefined;
  } catch (error) {
    await machine.close().catch(() => {}); // what it died of is told already
    return (error as Error).message.split("\n")[0];
  }
}

function stall(machine: Machine, percent: number): void {
  machine.option(machineOption.stallSeed, percent);
  machine.option(machineOption.stallPercent, percent);
  machine.option(machineOption.memoryMode, percent > 0 ? memoryMode.randomLatency : memoryMode.ideal);
}

/** A run without errors: every output bit, and as many words as the tiles and outputs have. */
async function right(machine: Machine, workload: Workload, parameters: MachineParameters) {
  const { result } = await runAndCompare(machine, workload, parameters);
  const passes = (columns: number) => Math.ceil(columns / (parameters.COLUMNS * parameters.REPLAY));
  const sum = (of: (values: DescriptorValues, tiles: number) => number) =>
    workload.descriptors.reduce((total, { values }) => total + of(values, Math.ceil(values.rows / 8)), 0);
  const read = sum(({ columns, k_tiles, tile_words }, tiles) => passes(columns) * tiles * k_tiles * tile_words);
  const written = sum(({ columns }, tiles) => columns * tiles * 32);
  check("status", result.status, 0);
  check("words", result.words[0] + result.words[1], read);
  check("bytes written", result.bytesWritten, written);
  check("cycles hold the words", result.cycles > result.words[0], true);
  const stalls = result.stallMemory + result.stallCompute;
  check("cycles of all lanes hold their stalls", parameters.LANES * result.cycles > stalls, true);
  return result;
}

/** A long stream from a memory without stalls: a word per cycle, and lanes that wait for words in all but the steps they take. */
async function judgeCounters(machine: Machine, workload: Workload, parameters: MachineParameters) {
  const { cycles, stallMemory, stallCompute, words } = await right(machine, workload, parameters);
  const [{ values }] = workload.descriptors;
  const steps = (values.rows / 8 / parameters.LANES) * values.k_tiles * 32; // of a lane's rows
  const idle = words[0] - steps;
  const within = (what: string, value: number, low: number, high: number) =>
    check(`${what} within ${low} and ${high}: ${value}`, value >= low && value <= high, true);
  within("cycles", cycles, words[0], words[0] * 1.02 + 400);
  within("memory stalls", stallMemory, parameters.LANES * idle * 0.85, parameters.LANES * idle * 1.05);
  within("compute stalls", stallCompute, 1, 0.05 * cycles + 400);
}

/** Errors and silence anywhere in a list, resets, and starts; after each the next run is right. */
async function judgeErrors(machine: Machine, workload: Workload, parameters: MachineParameters) {
  const count = workload.descriptors.length;
  const { words } = await right(machine, workload, parameters);
  const bursts = Math.floor((words[0] + words[1]) / 64); // there are more
  for (const [option, kind, code, most, times] of [
    [machineOption.readError, memoryError.slave, 16, bursts, 6],
    [machineOption.readError, memoryError.decode, 16, bursts, 6],
    [machineOption.readError, memoryError.never, 18, bursts, 6],
    [machineOption.writeError, memoryError.slave, 17, count, 3],
    [machineOption.writeError, memoryError.never, 18, count, 3],
  ]) {
    for (let i = 0; i < times; i++) {
      stall(machine, 30 * (i % 3));
      machine.option(option, kind + 1 + Math.floor((i * (most - 1)) / (times - 1)));
      // A memory that is silent about a write may not have it.
      const blind = option === machineOption.writeError && code === 18;
      const result = blind
        ? await machine.run(workload.list, count)
        : (await runAndCompare(machine, workload, parameters)).result;
      if (code === 18) check("two timeouts and a silence", result.cycles > silentCycles, true);
      if (code === 18 && i === 0 && option === machineOption.readError)
        check("no more, when nothing is read", result.cycles < silentCycles + 100, true);
      check("status of an AXI error", result.status & 255, code);
      check("MatMuls before an AXI error", result.status >> 8 <= count, true);
      await right(machine, workload, parameters);
    }
  }
  stall(machine, 0);
  const undisturbed = await right(machine, workload, parameters);
  for (const share of [0.1, 0.3, 0.6, 0.9]) {
    machine.option(machineOption.resetAfter, Math.floor(undisturbed.cycles * share));
    check("status of a reset", (await machine.run(workload.list, count)).status, 255);
    await right(machine, workload, parameters);
  }
  machine.option(machineOption.startAgain, Math.floor(undisturbed.cycles / 2));
  check("start while busy", JSON.stringify(await right(machine, workload, parameters)), JSON.stringify(undisturbed));
  check("status of an empty list", (await machine.run(workload.list, 0)).status, 0);
}

function check<T>(what: string, got: T, want: T): void {
  if (got !== want) throw new Error(`${what}: ${got}, not ${want}`);
}
