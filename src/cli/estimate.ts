import type { Argv } from "yargs";
import { estimateRun } from "../estimate/cycles.ts";
import { type ListResult, measurePerformance } from "../estimate/performance.ts";
import type { MemoryTiming } from "../estimate/timing.ts";
import { verdictWarnings } from "../estimate/verdict.ts";
import type { MatmulList } from "../estimate/workload.ts";
import { wordBytes } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import { hostGap, type MemoryOptions, memoryTiming, withMemory } from "./memory-options.ts";
import { type ModelOptions, readModel, withModel } from "./model-options.ts";
import { type CommonOptions, report } from "./outcome.ts";
import { describePerformance, noBoard } from "./performance.ts";
import { positiveInteger, readVariant } from "./variant-options.ts";

interface Options extends CommonOptions, ModelOptions, MemoryOptions {
  spec: string;
  columns: number;
}

export const command = "estimate <spec>";
export const describe = "cycles, bandwidth and tok/s of a model from the cycle model, in a second";

export const builder = (yargs: Argv) =>
  withMemory(withModel(yargs)).option("columns", { type: "number", default: 128, describe: "tokens of the prompt" });

export const handler = (options: Options) =>
  report(options, async () => {
    const { accelerator, plan, verdict } = await readVariant(options.spec);
    const { model, library } = await readModel(options, accelerator.formats);
    const columns = positiveInteger("columns", options.columns, 4096);
    const memory = memoryTiming(options, plan);
    const found = await measurePerformance({
      model,
      plan,
      library,
      columns,
      time: (list) => estimateList(list, plan, memory),
      readerRate: () => wordBytes * Math.min(plan.parameters.LANES, memory.wordsPerCycle), // a port gives a word per cycle
      memory,
      gapMicroseconds: hostGap(plan.board),
    });
    const source = `cycle model, memory ${memory.name}`;
    return {
      ok: true,
      json: { spec: plan.name, model: model.name, mix: model.mix, source, note: noBoard, ...found, verdict },
      warnings: verdictWarnings(verdict),
      text: describePerformance(found, model, plan, source),
    };
  });

function estimateList({ matmuls }: MatmulList, plan: Plan, memory: MemoryTiming): ListResult {
  const { cycles, start, drain, matmuls: parts } = estimateRun(matmuls, plan, memory);
  const sum = (of: (part: (typeof parts)[number]) => number) =>
    Math.round(parts.reduce((all, part) => all + of(part), 0));
  const slowest = parts.reduce((most, part) => (part.cycles > most.cycles ? part : most));
  const detail = {
    start: Math.round(start),
    gaps: sum(({ gap }) => gap) - Math.round(start),
    stream: sum(({ stream }) => stream),
    memory: sum(({ memory: waits }) => waits),
    compute: sum(({ compute }) => compute),
    drain: Math.round(drain),
    limit: slowest.limit,
    matmuls: parts,
  };
  return { cycles, detail };
}
