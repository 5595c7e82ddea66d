import type { Model } from "../model/model.ts";
import { wordBytes } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import type { Format } from "../spec/format.ts";
import { estimateRun } from "./cycles.ts";
import { hostGap } from "./host-gap.ts";
import { type ListResult, measurePerformance, type Performance } from "./performance.ts";
import type { MemoryTiming } from "./timing.ts";
import type { MatmulList } from "./workload.ts";

/** What the cycle model says of a model on a variant. */
export interface Estimate {
  model: Model;
  plan: Plan;
  library: ReadonlyMap<string, Format>;
  /** Tokens of the prompt. */
  columns: number;
  memory: MemoryTiming;
}

/** Cycles, bandwidth and tok/s of a model from the cycle model: no simulation, a second at most. */
export const estimateModel = ({ model, plan, library, columns, memory }: Estimate): Promise<Performance> =>
  measurePerformance({
    model,
    plan,
    library,
    columns,
    time: (list) => estimateList(list, plan, memory),
    readerRate: () => wordBytes * Math.min(plan.parameters.LANES, memory.wordsPerCycle), // a port gives a word per cycle
    memory,
    gapMicroseconds: hostGap(plan.board),
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
