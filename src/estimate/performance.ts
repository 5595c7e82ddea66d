import type { Model, ModelTensor } from "../model/model.ts";
import { type Place, placeTensors } from "../model/placement.ts";
import { wordBytes } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import { userError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { estimateRun } from "./cycles.ts";
import { type ForwardPass, sumForward, type TimedList } from "./forward.ts";
import { breakEvenWeights, type CpuShare, cpu, cpuShare, matmulSeconds } from "./host.ts";
import { type MemoryTiming, machineTiming } from "./timing.ts";
import { listBytes, listKey, type MatmulList, makeWorkload } from "./workload.ts";

/** What was found out about one list. */
export interface ListResult {
  /** From start to done. */
  cycles: number;
  /** Where they go; the names depend on who measured. */
  detail: Record<string, number | string | object>;
}

/** Runs or estimates a list. */
export type TimeList = (list: MatmulList) => Promise<ListResult> | ListResult;

/** Bytes per cycle that a reader without a datapath gets, reading the weights of these lists. */
export type ReaderRate = (lists: readonly MatmulList[]) => Promise<number> | number;

export interface Performance {
  /** Useful bytes over cycles from start to done, a list for each layer and one for the head, relative to the pure reader's. */
  streamShare: number;
  /** MatMuls only. */
  tokensPerSecond: number;
  /** The mix's bytes at the pure reader's rate. */
  ceilingTokensPerSecond: number;
  readerGigabytesPerSecond: number;
  token: ForwardPass & { lists: ListFigures[] };
  /** One start for each of llama.cpp's calls. */
  calls: ForwardPass & {
    gapMicroseconds: number;
    streamShare: number;
    tokensPerSecond: number;
    /** If the read buffers were filled with the next call's weights in the gap; by the cycle model. */
    prefetch: { bytes: number; savedMicroseconds: number; tokensPerSecond: number; streamShare: number };
    lists: ListFigures[];
  };
  prompt: ForwardPass & {
    columns: number;
    tokensPerSecond: number;
    /** Of the layers' lists alone. */
    layersMultiplierBusy: number;
    lists: ListFigures[];
  };
  endToEnd: EndToEnd;
  breakEven: { weights: number; k: number; rows: number; why: string };
  /** Matrices that stay on the CPU: their time is in `endToEnd` alone. */
  onCpu: CpuMatrices[];
}

/** Tensors of one role and type that the CPU multiplies, for one reason. */
export interface CpuMatrices {
  role: string;
  type: string;
  tensors: number;
  reason: string;
  tokenSeconds: number;
  promptSeconds: number;
}

export interface ListFigures {
  name: string;
  times: number;
  matmuls: string[];
  cycles: number;
  usefulBytes: number;
  gigabytesPerSecond: number;
  detail: ListResult["detail"];
}

export interface EndToEnd {
  source: string;
  /** Tokens that attention looks back at. */
  context: number;
  tokenCpuSeconds: CpuShare;
  promptCpuSeconds: CpuShare;
  /** CPU, gaps and MatMuls one after the other. */
  tokensPerSecond: number;
  promptTokensPerSecond: number;
}

export interface Measurement {
  model: Model;
  plan: Plan;
  library: ReadonlyMap<string, Format>;
  /** Tokens of the prompt. */
  columns: number;
  time: TimeList;
  readerRate: ReaderRate;
  /** For what is only modelled. */
  memory: MemoryTiming;
  gapMicroseconds: number;
}

/** What the CPU does beside the accelerator at a context. */
export interface CpuShares {
  /** Tokens of the prompt, and those that a token looks back at. */
  context: number;
  token: CpuShare;
  prompt: CpuShare;
}

export const cpuShares = (model: Model, context: number, onCpu: readonly ModelTensor[]): CpuShares => ({
  context,
  token: cpuShare(model, 1, context, onCpu),
  prompt: cpuShare(model, context, context / 2, onCpu),
});

/** @param tokenSeconds of MatMuls and gaps, as `promptSeconds` */
export const endToEnd = (
  { context, token, prompt }: CpuShares,
  tokenSeconds: number,
  promptSeconds: number,
): EndToEnd => ({
  source: cpu.source,
  context,
  tokenCpuSeconds: token,
  promptCpuSeconds: prompt,
  tokensPerSecond: 1 / (tokenSeconds + token.total),
  promptTokensPerSecond: context / (promptSeconds + prompt.total),
});

/** Times the lists of a token and of a prompt, and draws the figures from them. */
export async function measurePerformance(measurement: Measurement): Promise<Performance> {
  const { model, plan, library, columns, readerRate, gapMicroseconds, memory } = measurement;
  const hertz = plan.clockMHz * 1e6;
  if (model.notDecoding !== undefined) {
    throw userError("no-tokens", `${model.name}: ${model.notDecoding}`, { fix: "`bfq fit` says what of it runs" });
  }
  const places = placeTensors(model.tensors, plan, library);
  const onCpu = model.tensors.filter((tensor) => tensor.used > 0 && !places.get(tensor)!.runs);
  const cached = cacheTimes(measurement.time);
  const timed = async (tokens: number, per: "layer" | "call") => {
    const lists = makeWorkload(model, places, library, tokens, per);
    const entries: (TimedList & ListResult)[] = [];
    for (const list of lists) entries.push({ list, ...(await cached(list)) });
    return entries;
  };
  const figures = (entries: readonly (TimedList & ListResult)[]) =>
    entries.map(({ list, cycles, detail }) => describeList(list, cycles, detail, hertz));

  const layers = await timed(1, "layer");
  if (layers.length === 0) {
    const what = `no MatMul of ${model.name} runs on ${plan.name}`;
    throw userError("nothing-runs", what, { fix: "`bfq fit` says why" });
  }
  const rate = (await readerRate(layers.map(({ list }) => list))) * hertz;
  const token = sumForward(layers, plan);
  const share = ({ usefulBytes, cycles }: ForwardPass) => (usefulBytes * hertz) / cycles / rate;

  const calls = await timed(1, "call");
  const perCall = sumForward(calls, plan, gapMicroseconds);
  const saved = (list: MatmulList) =>
    estimateRun(list.matmuls, plan, memory).cycles - estimateRun(list.matmuls, plan, memory, true).cycles;
  const fetched = sumForward(
    calls.map(({ list, cycles }) => ({ list, cycles: cycles - saved(list) })),
    plan,
    gapMicroseconds,
  );

  const promptLists = await timed(columns, "layer");
  const prompt = sumForward(promptLists, plan);
  const gaps = perCall.starts * gapMicroseconds * 1e-6;
  const perSecond = (tokens: number, { cycles }: ForwardPass) => (tokens * hertz) / cycles;
  return {
    streamShare: share(token),
    tokensPerSecond: perSecond(1, token),
    ceilingTokensPerSecond: rate / token.usefulBytes,
    readerGigabytesPerSecond: rate / 1e9,
    token: { ...token, lists: figures(layers) },
    calls: {
      ...perCall,
      gapMicroseconds,
      streamShare: share(perCall),
      tokensPerSecond: perSecond(1, perCall),
      prefetch: {
        bytes: plan.parameters.LANES * machineTiming.bufferWords * wordBytes,
        savedMicroseconds: ((perCall.cycles - fetched.cycles) / hertz) * 1e6,
        tokensPerSecond: perSecond(1, fetched),
        streamShare: share(fetched),
      },
      lists: figures(calls),
    },
    prompt: {
      ...prompt,
      columns,
      tokensPerSecond: perSecond(columns, prompt),
      layersMultiplierBusy: sumForward(
        promptLists.filter(({ list }) => list.name !== "head"),
        plan,
      ).multiplierBusy,
      lists: figures(promptLists),
    },
    endToEnd: endToEnd(cpuShares(model, columns, onCpu), perCall.cycles / hertz, prompt.cycles / hertz + gaps),
    breakEven: breakEven(calls, plan, memory, gapMicroseconds, rate),
    onCpu: groupOnCpu(onCpu, places, columns),
  };
}

function groupOnCpu(
  tensors: readonly ModelTensor[],
  places: ReadonlyMap<ModelTensor, Place>,
  columns: number,
): CpuMatrices[] {
  const groups = new Map<string, CpuMatrices>();
  for (const tensor of tensors) {
    const place = places.get(tensor)!;
    const { role, type } = tensor;
    const reason = place.runs ? "" : place.reason;
    const key = JSON.stringify([role, type, reason]);
    const group = groups.get(key) ?? { role, type, tensors: 0, reason, tokenSeconds: 0, promptSeconds: 0 };
    group.tensors++;
    group.tokenSeconds += matmulSeconds(tensor, 1);
    group.promptSeconds += matmulSeconds(tensor, columns);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.tokenSeconds - a.tokenSeconds);
}

/** Equal MatMuls occur in lists of layers and of calls: a list is timed once. */
function cacheTimes(time: TimeList): (list: MatmulList) => Promise<ListResult> {
  const known = new Map<string, ListResult>();
  return async (list) => {
    const key = listKey(list.matmuls);
    const result = known.get(key) ?? (await time(list));
    known.set(key, result);
    return result;
  };
}

function describeList(list: MatmulList, cycles: number, detail: ListResult["detail"], hertz: number): ListFigures {
  const { name, times, matmuls } = list;
  const usefulBytes = listBytes(list);
  return {
    name,
    times,
    matmuls: matmuls.map(
      (matmul) => `${matmul.name} ${matmul.format.name} ${matmul.rows} x ${matmul.k} x ${matmul.columns}`,
    ),
    cycles,
    usefulBytes,
    gigabytesPerSecond: (usefulBytes * hertz) / cycles / 1e9,
    detail,
  };
}

/** Of the call with the most weights per start. */
function breakEven(
  calls: readonly TimedList[],
  plan: Plan,
  memory: MemoryTiming,
  gapMicroseconds: number,
  rate: number,
): Performance["breakEven"] {
  const { list } = calls.reduce((most, entry) => (listBytes(entry.list) > listBytes(most.list) ? entry : most));
  const [matmul] = list.matmuls;
  const { start, drain } = estimateRun([matmul], plan, memory);
  const seconds = gapMicroseconds * 1e-6 + (start + drain) / (plan.clockMHz * 1e6);
  const weights = breakEvenWeights(seconds, rate, matmul.usefulBytes / (matmul.rows * matmul.k));
  const why = `one column of ${matmul.format.name}: the host's gap and ${start + drain} cycles of start and end against ${cpu.macsPerSecond / 1e9} G MACs a second on the CPU (${cpu.source})`;
  return { weights, k: matmul.k, rows: Math.ceil(weights / matmul.k), why };
}
