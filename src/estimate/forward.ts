import type { Plan } from "../plan/plan.ts";
import { listBytes, listMacs, type MatmulList } from "./workload.ts";

/** Cycles of one list, and how often it is started. */
export interface TimedList {
  list: MatmulList;
  cycles: number;
}

/** MatMuls of one forward pass. */
export interface ForwardPass {
  starts: number;
  cycles: number;
  /** Weights as the model stores them, padding not counted. */
  usefulBytes: number;
  milliseconds: number;
  gigabytesPerSecond: number;
  /** Products that the model asks for, of those that the multipliers could do in these cycles. */
  multiplierBusy: number;
}

/** @param gapMicroseconds what the host needs for each start */
export function sumForward(timed: readonly TimedList[], plan: Plan, gapMicroseconds = 0): ForwardPass {
  const sum = (of: (entry: TimedList) => number) =>
    timed.reduce((total, entry) => total + entry.list.times * of(entry), 0);
  const starts = sum(() => 1);
  const { clockMHz: mhz } = plan;
  const cycles = Math.round(sum((entry) => entry.cycles) + starts * gapMicroseconds * mhz);
  const usefulBytes = sum(({ list }) => listBytes(list));
  const seconds = cycles / (mhz * 1e6);
  return {
    starts,
    cycles,
    usefulBytes,
    milliseconds: seconds * 1e3,
    gigabytesPerSecond: usefulBytes / seconds / 1e9,
    multiplierBusy: sum(({ list }) => listMacs(list)) / (cycles * plan.multipliers),
  };
}
