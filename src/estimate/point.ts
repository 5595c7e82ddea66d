import type { Model, ModelTensor } from "../model/model.ts";
import { placeTensors } from "../model/placement.ts";
import type { Plan } from "../plan/plan.ts";
import { userError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { estimateRun } from "./cycles.ts";
import { hostGap } from "./host-gap.ts";
import { type CpuShares, cpuShares, endToEnd } from "./performance.ts";
import type { MemoryTiming } from "./timing.ts";
import { resourceUses } from "./verdict.ts";
import { type MatmulList, makeWorkload } from "./workload.ts";

/** The whole of one variant and model as numbers: what a search compares. Nothing in it was measured. */
export interface Point {
  /** Tokens of the prompt, and those that a token looks back at. */
  context: number;
  /** Cycles of MatMuls from start to done, one list a layer, by the cycle model. */
  tokenCycles: number;
  promptCycles: number;
  /** MatMuls only. */
  tokensPerSecond: number;
  promptTokensPerSecond: number;
  /** With a start for each of llama.cpp's calls, and the CPU's share. */
  endToEndTokensPerSecond: number;
  endToEndPromptTokensPerSecond: number;
  /** Matrices that the CPU multiplies by; none where the variant has all formats, K and room. */
  onCpu: number;
  lut: number;
  ff: number;
  dsp: number;
  bram36: number;
  uram: number;
  /** Per cent of the board's. */
  lutPercent: number;
  ffPercent: number;
  dspPercent: number;
  bram36Percent: number;
  uramPercent: number;
  /** Within all of the board's resources. */
  fits: boolean;
}

/** What of a point depends on neither clock nor columns: many variants share it. */
export interface PointWorkload {
  token: MatmulList[];
  calls: MatmulList[];
  prompt: MatmulList[];
  onCpu: readonly ModelTensor[];
  cpu: CpuShares;
}

/**
 * The MatMuls of a model on a variant. Those of two plans are equal where formats, lanes, longest K and board are.
 * @throws UserError where the model makes no tokens, or nothing of it runs
 */
export function pointWorkload(
  model: Model,
  plan: Plan,
  library: ReadonlyMap<string, Format>,
  context: number,
): PointWorkload {
  if (model.notDecoding !== undefined) {
    throw userError("no-tokens", `${model.name}: ${model.notDecoding}`, { fix: "`bfq fit` says what of it runs" });
  }
  const places = placeTensors(model.tensors, plan, library);
  const onCpu = model.tensors.filter((tensor) => tensor.used > 0 && !places.get(tensor)!.runs);
  const lists = (columns: number, per: "layer" | "call") => makeWorkload(model, places, library, columns, per);
  const token = lists(1, "layer");
  if (token.length === 0) {
    const what = `no MatMul of ${model.name} runs on ${plan.name}`;
    throw userError("nothing-runs", what, { fix: "`bfq fit` says why" });
  }
  return {
    token,
    calls: lists(1, "call"),
    prompt: lists(context, "layer"),
    onCpu,
    cpu: cpuShares(model, context, onCpu),
  };
}

/** The figures of one point; pure, and well under 5 ms. */
export function estimatePoint(plan: Plan, workload: PointWorkload, memory: MemoryTiming): Point {
  const { token, calls, prompt, onCpu, cpu } = workload;
  const hertz = plan.clockMHz * 1e6;
  const cycles = (lists: readonly MatmulList[]) =>
    lists.reduce((sum, { matmuls, times }) => sum + times * estimateRun(matmuls, plan, memory).cycles, 0);
  const tokenCycles = cycles(token);
  const promptCycles = cycles(prompt);
  const gaps = calls.reduce((sum, { times }) => sum + times, 0) * hostGap(plan.board) * 1e-6;
  const whole = endToEnd(cpu, cycles(calls) / hertz + gaps, promptCycles / hertz + gaps);
  const uses = resourceUses(plan);
  const use = (resource: (typeof uses)[number]["resource"]) => uses.find((one) => one.resource === resource)!;
  const percent = (resource: (typeof uses)[number]["resource"]) => {
    const { needed, available } = use(resource);
    return needed === 0 ? 0 : (100 * needed) / available;
  };
  return {
    context: cpu.context,
    tokenCycles,
    promptCycles,
    tokensPerSecond: hertz / tokenCycles,
    promptTokensPerSecond: (cpu.context * hertz) / promptCycles,
    endToEndTokensPerSecond: whole.tokensPerSecond,
    endToEndPromptTokensPerSecond: whole.promptTokensPerSecond,
    onCpu: onCpu.length,
    lut: use("LUT").needed,
    ff: use("FF").needed,
    dsp: use("DSP").needed,
    bram36: use("BRAM36").needed,
    uram: use("URAM").needed,
    lutPercent: percent("LUT"),
    ffPercent: percent("FF"),
    dspPercent: percent("DSP"),
    bram36Percent: percent("BRAM36"),
    uramPercent: percent("URAM"),
    fits: uses.every(({ needed, available }) => needed <= available),
  };
}
