import type { Model, ModelTensor } from "../model/model.ts";
import type { Place } from "../model/placement.ts";
import type { FormatPlan } from "../plan/format-plan.ts";
import type { Format } from "../spec/format.ts";

/** One MatMul as the machine sees it; its contents don't matter for time. */
export interface Matmul {
  /** The tensor's role. */
  name: string;
  format: FormatPlan;
  rows: number;
  k: number;
  columns: number;
  /** The activations are those of the MatMul before. */
  sameActivations: boolean;
  /** Bytes of the weights as the model stores them: padding not counted. */
  usefulBytes: number;
}

/** MatMuls of one start, and how often a token starts an equal list. */
export interface MatmulList {
  name: string;
  matmuls: Matmul[];
  times: number;
}

/** Matrices of a layer that multiply the same activations. */
const sharedInputs = [
  ["attn_q", "attn_k", "attn_v"],
  ["ffn_up", "ffn_gate"],
];

/**
 * The MatMuls of one forward pass that run on the variant, as descriptor lists, equal lists once.
 * @param columns activation columns in the layers; the head makes logits of the last one only
 * @param per a list for each layer, the most that the hardware can get; or one for each of llama.cpp's calls
 */
export function makeWorkload(
  model: Model,
  places: ReadonlyMap<ModelTensor, Place>,
  library: ReadonlyMap<string, Format>,
  columns: number,
  per: "layer" | "call",
): MatmulList[] {
  const all: MatmulList[] = [];
  const add = (name: string, tensors: readonly ModelTensor[], columns: number) => {
    const running = tensors.flatMap((tensor): Running[] => {
      const place = places.get(tensor);
      return place?.runs ? [{ tensor, place }] : [];
    });
    const matmuls = running.map((one, i) => makeMatmul(one, running[i - 1]?.tensor, library, columns));
    if (matmuls.length > 0) all.push({ name, matmuls, times: 1 });
  };
  const outside = (use: ModelTensor["use"]) => model.tensors.filter((tensor) => tensor.use === use);
  for (const tensor of outside("once")) add(tensor.role, [tensor], columns);
  for (let layer = 0; layer < model.layers; layer++) {
    const ofLayer = model.tensors.filter((tensor) => tensor.layer === layer && tensor.use === "layer");
    const calls = model.calls.map((roles) => roles.flatMap((role) => ofLayer.filter((tensor) => tensor.role === role)));
    if (per === "layer") add("layer", calls.flat(), columns);
    else for (const call of calls) add(call.map(({ role }) => role).join(" + "), call, columns);
  }
  add("head", outside("head"), 1);
  return mergeEqual(all);
}

interface Running {
  tensor: ModelTensor;
  place: Place & { runs: true };
}

function makeMatmul(
  { tensor, place }: Running,
  before: ModelTensor | undefined,
  library: ReadonlyMap<string, Format>,
  columns: number,
): Matmul {
  const { role, rows, k, type } = tensor;
  const { activation } = library.get(type)!;
  const shares = (other: ModelTensor) =>
    other.k === k &&
    library.get(other.type)!.activation === activation &&
    sharedInputs.some((roles) => roles.includes(role) && roles.includes(other.role));
  return {
    name: role,
    format: place.format,
    rows,
    k,
    columns,
    sameActivations: before !== undefined && shares(before),
    usefulBytes: place.storedBytes,
  };
}

/** Lists of the same MatMuls take the same time: they are run once. */
function mergeEqual(lists: readonly MatmulList[]): MatmulList[] {
  const merged = new Map<string, MatmulList>();
  for (const list of lists) {
    const key = listKey(list.matmuls);
    const known = merged.get(key);
    if (known) known.times += list.times;
    else merged.set(key, { ...list });
  }
  return [...merged.values()];
}

/** Equal for lists that differ in nothing but their name. */
export const listKey = (matmuls: readonly Matmul[]): string =>
  JSON.stringify(matmuls.map(({ format, ...rest }) => ({ ...rest, format: format.name })));

export const listBytes = ({ matmuls }: MatmulList): number =>
  matmuls.reduce((sum, { usefulBytes }) => sum + usefulBytes, 0);

/** Multiplications that the model asks for: padding not counted. */
export const listMacs = ({ matmuls }: MatmulList): number =>
  matmuls.reduce((sum, { rows, k, columns }) => sum + rows * k * columns, 0);
