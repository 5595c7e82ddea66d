import { rtlEmitter } from "../emit/rtl.ts";
import { estimateRun } from "../estimate/cycles.ts";
import type { ListResult } from "../estimate/performance.ts";
import type { MemoryTiming } from "../estimate/timing.ts";
import { listBytes, type MatmulList } from "../estimate/workload.ts";
import { statusText } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import { ExitCode, userError } from "../problem.ts";
import { Random } from "../random.ts";
import { useBoardMemory } from "../sim/board-memory.ts";
import type { AroundBuild } from "../sim/build.ts";
import { type PortRegion, type ProcessMachine, startMachine } from "../sim/machine.ts";
import { buildRtl } from "../sim/rtl.ts";
import { layOutList } from "./list-image.ts";

/** Memory that a simulator may take on a small machine. */
const mostBytes = 2 ** 31;

const chunkBytes = 1 << 20;

/** The Verilated kernel, its memory full of random bits, ready to be timed. */
export class RtlBench {
  /** What was simulated so far. */
  readonly simulated = { cycles: 0, seconds: 0 };

  private constructor(
    private readonly machine: ProcessMachine,
    private readonly plan: Plan,
    private readonly memory: MemoryTiming,
  ) {}

  /** @param lists all that will be run: the memory holds the largest */
  static async start(
    plan: Plan,
    lists: readonly MatmulList[],
    memory: MemoryTiming,
    around?: AroundBuild,
  ): Promise<RtlBench> {
    const bytes = neededBytes(lists, plan);
    const machine = await startMachine(await buildRtl(rtlEmitter.files(plan), { around }), bytes);
    if (memory.name === "board") useBoardMemory(machine, plan.board, plan.clockMHz);
    const random = new Random(1).bytes(chunkBytes);
    for (let at = 0; at < bytes; at += chunkBytes) {
      machine.write(at, random.subarray(0, Math.min(chunkBytes, bytes - at)));
    }
    return new RtlBench(machine, plan, memory);
  }

  /** Runs a list once, from start to done. */
  async time(list: MatmulList, say: (line: string) => void): Promise<ListResult> {
    const { parameters } = this.plan;
    const model = estimateRun(list.matmuls, this.plan, this.memory).cycles;
    const { columns } = list.matmuls[0];
    say(`${list.name}, ${columns} columns, ${(listBytes(list) / 1e6).toFixed(1)} MB: about ${model} cycles`);
    const image = layOutList(list.matmuls, parameters);
    this.machine.write(image.address, image.descriptors);
    const begin = performance.now();
    const result = await this.machine.run(image.address, list.matmuls.length);
    this.simulated.seconds += (performance.now() - begin) / 1000;
    this.simulated.cycles += result.cycles;
    const code = result.status & 255;
    if (code !== 0) {
      const what = `the run of ${list.name} ended with status ${code}: ${statusText[code] ?? "unknown"}`;
      throw userError("engine-status", what, {}, ExitCode.checkFailed);
    }
    const words = Math.max(...result.words);
    const perLane = (cycles: number) => Math.round(cycles / parameters.LANES);
    const detail = {
      words,
      "lanes busy": perLane(result.stallCompute),
      "no weights": result.cycles - words - perLane(result.stallCompute),
      model,
    };
    return { cycles: result.cycles, detail };
  }

  /** Bytes per cycle of a reader that has no datapath, one list after the other. */
  async readerRate(lists: readonly MatmulList[], say: (line: string) => void): Promise<number> {
    let bytes = 0;
    let cycles = 0;
    for (const { name, matmuls, times } of lists) {
      say(`pure reader: ${name}`);
      const { regions } = layOutList(matmuls, this.plan.parameters);
      const ceiling = await this.machine.readCeiling(regions);
      bytes += times * regions.reduce((sum: number, region: PortRegion) => sum + region.bytes, 0);
      cycles += times * ceiling.cycles;
    }
    return bytes / cycles;
  }

  close(): Promise<void> {
    return this.machine.close();
  }
}

function neededBytes(lists: readonly MatmulList[], { parameters }: Plan): number {
  const sizes = lists.map(({ name, matmuls }) => ({ name, bytes: layOutList(matmuls, parameters).bytes }));
  const largest = sizes.reduce((most, size) => (size.bytes > most.bytes ? size : most));
  if (largest.bytes > mostBytes) {
    throw userError("memory-limit", `${largest.name} needs ${largest.bytes} bytes of simulated memory`, {
      why: `the simulator takes ${mostBytes} at most`,
      fix: "`bfq estimate` gives the same figures from the cycle model",
    });
  }
  return largest.bytes;
}
