import { RtlBench } from "../bench/bench.ts";
import { pointWorkload } from "../estimate/point.ts";
import { boardMemory } from "../estimate/timing.ts";
import type { MatmulList } from "../estimate/workload.ts";
import { estimateByYosys } from "../estimate/yosys.ts";
import { type Plan, planAccelerator } from "../plan/plan.ts";
import type { Found } from "./front.ts";
import type { Confirmation, Journal } from "./journal.ts";
import { acceleratorOf, type Space } from "./space.ts";

/** A tool that takes minutes a point. */
export type Confirm = "yosys" | "rtl";

/** Puts the points of a front to a tool, those that the journal doesn't know yet; each result is in it at once. */
export async function confirmFront(
  space: Space,
  front: readonly Found[],
  what: Confirm,
  known: Map<number, Confirmation>,
  journal: Journal,
  say: (line: string) => void,
): Promise<void> {
  const missing = front.filter(({ n }) => known.get(n)?.[what] === undefined);
  for (const [index, { n }] of missing.entries()) {
    const of = `${what}: point ${n}, ${index + 1} of ${missing.length}`;
    say(of);
    const plan = planAccelerator(acceleratorOf(space, n));
    const found = what === "yosys" ? await byYosys(plan) : await onRtl(space, plan, (line) => say(`${of}: ${line}`));
    const record: Confirmation = { n, [what]: found };
    journal.append([record]);
    known.set(n, { ...known.get(n), ...record });
  }
}

async function byYosys(plan: Plan): Promise<Confirmation["yosys"]> {
  const { lut, ff, dsp, bram36, uram } = (await estimateByYosys(plan)).total;
  return { lut, ff, dsp, bram36, uram };
}

/** Every MatMul of a token and of a prompt on the simulated kernel and the board's memory. */
async function onRtl(space: Space, plan: Plan, say: (line: string) => void): Promise<Confirmation["rtl"]> {
  const { token, prompt } = pointWorkload(space.model, plan, space.library, space.context);
  const memory = boardMemory(plan.board, plan.clockMHz);
  const bench = await RtlBench.start(plan, [...token, ...prompt], memory, (work) => {
    say("building the simulator");
    return work();
  });
  try {
    const cycles = async (lists: readonly MatmulList[]) => {
      let sum = 0;
      for (const list of lists) sum += list.times * (await bench.time(list, say)).cycles;
      return sum;
    };
    return { tokenCycles: await cycles(token), promptCycles: await cycles(prompt) };
  } finally {
    await bench.close();
  }
}
