import type { Model, ModelTensor } from "../model/model-mix.ts";
import { outsideEnvelope } from "../plan/envelope.ts";
import { type FormatPlan, planFormat, refuseFormat } from "../plan/format-plan.ts";
import { activationRecord, tileColumns, wordBytes } from "../plan/interface.ts";
import type { Parameters } from "../plan/parameters.ts";
import type { Plan } from "../plan/plan.ts";
import { tileLayout } from "../repack/tiles.ts";
import { activationBlock, type Format } from "../spec/format.ts";

/** Tensors of one role, shape and type: all layers that have them. */
export interface TensorFit {
  role: string;
  use: ModelTensor["use"];
  type: string;
  rows: number;
  k: number;
  count: number;
  runs: boolean;
  /** Why it stays on the CPU. */
  reason?: string;
  /** Of one tensor: as stored in the model, and as device tiles with their padding; where it runs. */
  storedBytes?: number;
  tileBytes?: number;
}

export interface Fit {
  limits: {
    /** Longest row. */
    maxK: number;
    /** Activation columns for which the weights are streamed once; more of them stream the weights again. */
    columnsPerPass: number;
    memoryBytes: number;
  };
  tensors: TensorFit[];
  memory: {
    /** Device tiles of all tensors that run. */
    tiles: number;
    stored: number;
    /** Largest activation records and outputs of one MatMul with a full pass of columns. */
    activations: number;
    outputs: number;
  };
  /** Everything that runs fits the board's memory. */
  fits: boolean;
}

/** Which tensors of a model a variant takes, and what they need. */
export function fitModel(model: Model, plan: Plan, library: ReadonlyMap<string, Format>): Fit {
  const { parameters, board } = plan;
  const columnsPerPass = passColumns(parameters);
  const groups = new Map<string, TensorFit>();
  for (const tensor of model.tensors) {
    const { role, use, type, rows, k } = tensor;
    const key = [role, use, type, rows, k].join(" ");
    const known = groups.get(key);
    if (known) known.count++;
    else groups.set(key, { role, use, type, rows, k, count: 1, ...judge(tensor, plan, library) });
  }
  const tensors = [...groups.values()];
  const running = tensors.filter(({ runs }) => runs);
  const sum = (of: (fit: TensorFit) => number) => running.reduce((total, fit) => total + fit.count * of(fit), 0);
  const largest = (of: (fit: TensorFit) => number) => Math.max(0, ...running.map(of));
  const recordBytes = activationRecord.words * wordBytes;
  const memory = {
    tiles: sum(({ tileBytes = 0 }) => tileBytes),
    stored: sum(({ storedBytes = 0 }) => storedBytes),
    activations: columnsPerPass * largest(({ k }) => Math.ceil(k / tileColumns) * recordBytes),
    outputs: columnsPerPass * largest(({ rows }) => 4 * rows),
  };
  return {
    limits: { maxK: parameters.MAX_K_TILES * tileColumns, columnsPerPass, memoryBytes: board.memory.bytes },
    tensors,
    memory,
    fits: running.length > 0 && memory.tiles + memory.activations + memory.outputs <= board.memory.bytes,
  };
}

/** Columns for which a pass streams the weights once. */
export function passColumns({ COLUMNS, REPLAY }: Parameters): number {
  return COLUMNS * REPLAY;
}

/** The plan of a tensor's format, where the variant runs it. */
export function runnableFormat(tensor: ModelTensor, plan: Plan, library: ReadonlyMap<string, Format>) {
  return refusal(tensor, plan, library) === undefined ? formatPlan(plan, tensor.type) : undefined;
}

function judge(tensor: ModelTensor, plan: Plan, library: ReadonlyMap<string, Format>) {
  const reason = refusal(tensor, plan, library);
  if (reason !== undefined) return { runs: false, reason };
  const { rows, k, type } = tensor;
  const { rowTiles, kTiles, tileBytes } = tileLayout(formatPlan(plan, type)!, rows, k, plan.parameters.LANES);
  const { elements, bytes } = library.get(type)!;
  return { runs: true, storedBytes: (rows * k * bytes) / elements, tileBytes: rowTiles * kTiles * tileBytes };
}

const formatPlan = (plan: Plan, type: string): FormatPlan | undefined => plan.formats.find(({ name }) => name === type);

/** Why a tensor stays on the CPU; undefined where it runs. */
function refusal(tensor: ModelTensor, plan: Plan, library: ReadonlyMap<string, Format>): string | undefined {
  const { use, type, k } = tensor;
  if (use === "other") return "not a matrix";
  if (use === "lookup") return "single rows are looked up: nothing to multiply";
  const format = library.get(type);
  if (!format) return `${type} weights are not block floating point`;
  const maxK = plan.parameters.MAX_K_TILES * tileColumns;
  if (k > maxK) return `K = ${k} is longer than the variant's ${maxK}: raise max-k`;
  const block = activationBlock[format.activation];
  if (Number.isFinite(block) && k % block !== 0) return `K = ${k} is no multiple of the activation block of ${block}`;
  if (formatPlan(plan, type)) return undefined;
  if (refuseFormat(format).length > 0) return `${type} runs in the golden model only`;
  const misfits = outsideEnvelope(planFormat(format), plan.parameters);
  if (misfits.length === 0) return `${type} is not in the spec, but fits the bitstream: \`bfq formats add\``;
  return `${type} is not in the variant: ${misfits[0].what.replace(`${type} needs`, "it needs")}`;
}
