import { nearest } from "../nearest.ts";
import { printable } from "../printable.ts";
import { userError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import type { Model, ModelTensor } from "./model.ts";
import type { ModelYaml } from "./model-spec.ts";

/** What llama-quantize takes where a row is no whole number of blocks of 256: types with blocks of 32. */
export const shortRowTypes: Readonly<Record<string, string>> = {
  q2_K: "q4_0",
  q3_K: "q4_0",
  q4_K: "q5_0",
  q5_K: "q5_1",
  q6_K: "q8_0",
  iq1_s: "iq4_nl",
  iq1_m: "iq4_nl",
  iq2_xxs: "iq4_nl",
  iq2_xs: "iq4_nl",
  iq2_s: "iq4_nl",
  iq3_xxs: "iq4_nl",
  iq3_s: "iq4_nl",
  tq1_0: "q4_0",
};

const pure = "pure-";

const one = { matrices: 1, used: 1 };

/**
 * A model in one of its mixes, or in `pure-<format>`: all layers in that format, the head in Q6_K.
 * @throws UserError where there is no such mix
 */
export function modelOfMix(yaml: ModelYaml, mix: string, library: ReadonlyMap<string, Format>): Model {
  const typeOf = mix.startsWith(pure) ? pureTypes(yaml, mix.slice(pure.length), library) : mixTypes(yaml, mix);
  const { name, layers, heads, calls, head, matrices } = yaml;
  const inLayers = Array.from({ length: layers }, (_, layer) =>
    matrices.map(({ name: role, rows, k }): ModelTensor => {
      const type = typeOf(role, k, layer);
      return { name: `blk.${layer}.${role}.weight`, role, layer, rows, k, ...one, type, use: "layer" };
    }),
  ).flat();
  const outside = (role: string, use: ModelTensor["use"]): ModelTensor => {
    return {
      name: `${role}.weight`,
      role,
      rows: head.rows,
      k: head.k,
      matrices: 1,
      used: use === "lookup" ? 0 : 1,
      type: typeOf(role, head.k),
      use,
    };
  };
  const ends = head.tied
    ? [outside("token_embd", "head")]
    : [outside("token_embd", "lookup"), outside("output", "head")];
  return {
    name,
    mix,
    layers,
    width: head.k,
    heads: Array.from({ length: layers }, () => heads),
    states: Array.from({ length: layers }, () => null),
    calls,
    tensors: [...inLayers, ...ends],
    notes: [],
  };
}

type TypeOf = (role: string, k: number, layer?: number) => string;

function mixTypes(yaml: ModelYaml, mix: string): TypeOf {
  const types = Object.hasOwn(yaml.mixes, mix) ? yaml.mixes[mix] : undefined;
  if (!types) {
    const names = Object.keys(yaml.mixes);
    const near = nearest(mix, names);
    const known = `mixes: ${names.join(", ")}, and pure-<format>`;
    throw userError("unknown-mix", `${yaml.name} has no mix '${printable(mix)}'`, {
      fix: near ? `did you mean '${near}'? (${known})` : known,
    });
  }
  return (role, _, layer) => {
    const given = types[role];
    if (typeof given === "string") return given;
    return given.find(({ layers }) => !layers || (layer !== undefined && layers.includes(layer)))!.type;
  };
}

function pureTypes(yaml: ModelYaml, wanted: string, library: ReadonlyMap<string, Format>): TypeOf {
  const names = [...library.keys()];
  const name = names.find((known) => known.toLowerCase() === wanted.toLowerCase());
  if (name === undefined) {
    const near = nearest(wanted, names);
    throw userError("unknown-mix", `no format named '${printable(wanted)}' for a pure mix`, {
      fix: near ? `did you mean '${pure}${near}'?` : `formats: ${names.join(", ")}`,
    });
  }
  const fitting = (type: string, k: number, role: string) => {
    const fits = (candidate: string | undefined) =>
      candidate !== undefined && k % library.get(candidate)!.elements === 0;
    const type32 = shortRowTypes[type];
    if (fits(type)) return type;
    if (fits(type32)) return type32;
    throw userError("k-multiple", `${yaml.name}: rows of ${k} (${role}) are no whole blocks of ${type}`, {
      why: `a block has ${library.get(type)!.elements} weights`,
    });
  };
  const isHead = (role: string) => role === (yaml.head.tied ? "token_embd" : "output");
  return (role, k) => fitting(isHead(role) ? "q6_K" : name, k, role);
}
