/**
 * Grammar of Vitis HLS pragmas as data, after the parser in AMD's public hls-llvm-project and UG1399. Vitis drops a
 * pragma that it can't parse with no more than a warning, so every one is held against this. Where there is an old and
 * a new way to say a thing (`false` and `dependent=false`), only the new one is in the table.
 */
export type OptionRule =
  | { kind: "flag" }
  | { kind: "integer"; min?: number; max?: number }
  /** A variable in scope. */
  | { kind: "variable" }
  /** A parameter of the function, or `return`. */
  | { kind: "port" }
  | { kind: "name" }
  | { kind: "choice"; values: readonly string[] };

/** Where a pragma may stand: `top` at the first level of the top function, `loop` directly in a loop's braces. */
export type Scope = "top" | "function" | "loop" | "function or loop" | "any";

export interface Directive {
  scope: Scope;
  options: Record<string, OptionRule>;
  required: readonly string[];
  /** Options that must or must not be there beside others; what is wrong, if anything. */
  also?(given: ReadonlyMap<string, string>): string | undefined;
}

const flag: OptionRule = { kind: "flag" };
const integer = (min?: number, max?: number): OptionRule => ({
  kind: "integer",
  ...(min !== undefined && { min }),
  ...(max !== undefined && { max }),
});
const variable: OptionRule = { kind: "variable" };
const name: OptionRule = { kind: "name" };
const port: OptionRule = { kind: "port" };
const choice = (...values: string[]): OptionRule => ({ kind: "choice", values });

const partition: Directive = {
  scope: "any",
  options: { variable, type: choice("cyclic", "block", "complete"), factor: integer(2), dim: integer(0) },
  required: ["variable", "type"],
  also: (given) => {
    const complete = given.get("type") === "complete";
    if (complete && given.has("factor")) return "factor= means nothing with type=complete";
    if (!complete && !given.has("factor")) return `type=${given.get("type")} needs factor=`;
  },
};

const bindStorage: Directive = {
  scope: "any",
  options: {
    variable,
    type: choice(...["fifo", "ram_1p", "ram_1wnr", "ram_2p", "ram_s2p", "ram_t2p"], ...["rom_1p", "rom_2p", "rom_np"]),
    impl: choice("auto", "bram", "bram_ecc", "lutram", "memory", "srl", "uram", "uram_ecc"),
    latency: integer(0),
  },
  required: ["variable", "type"],
};

export const directives: Record<string, Directive> = {
  aggregate: {
    scope: "any",
    options: { variable, compact: choice("none", "bit", "byte", "auto") },
    required: ["variable"],
  },
  array_partition: partition,
  array_reshape: partition,
  bind_op: {
    scope: "any",
    options: {
      variable,
      op: choice("mul", "add", "sub", "fadd", "fsub", "fmul", "fdiv", "dadd", "dsub", "dmul"),
      impl: choice("dsp", "fabric", "meddsp", "fulldsp", "maxdsp", "primitivedsp", "auto"),
      latency: integer(0),
    },
    required: ["variable", "op"],
  },
  bind_storage: bindStorage,
  dataflow: { scope: "function or loop", options: { disable_start_propagation: flag }, required: [] },
  dependence: {
    scope: "any",
    options: {
      variable,
      class: choice("array", "pointer"),
      type: choice("inter", "intra"),
      direction: choice("raw", "war", "waw"),
      distance: integer(1),
      dependent: choice("true", "false"),
    },
    required: ["variable", "type", "dependent"],
    also: (given) => {
      if (given.has("distance") && given.get("dependent") !== "true") return "distance= needs dependent=true";
      if (given.has("distance") && given.get("type") !== "inter") return "distance= needs type=inter";
    },
  },
  disaggregate: { scope: "any", options: { variable }, required: ["variable"] },
  expression_balance: { scope: "any", options: { off: flag }, required: [] },
  function_instantiate: { scope: "function", options: { variable }, required: ["variable"] },
  inline: { scope: "function", options: { off: flag, recursive: flag }, required: [] },
  latency: { scope: "any", options: { min: integer(0), max: integer(0) }, required: [] },
  loop_flatten: { scope: "loop", options: { off: flag }, required: [] },
  loop_merge: { scope: "any", options: { force: flag }, required: [] },
  loop_tripcount: {
    scope: "loop",
    options: { min: integer(0), max: integer(0), avg: integer(0) },
    required: ["max"],
  },
  pipeline: {
    scope: "function or loop",
    options: { ii: integer(1), style: choice("stp", "flp", "frp"), rewind: flag, off: flag },
    required: [],
    also: (given) => {
      if (given.has("off") && given.size > 1) return "off stands alone";
      if (given.has("rewind") && given.has("style") && given.get("style") !== "stp") return "rewind needs style=stp";
    },
  },
  protocol: { scope: "any", options: { mode: choice("floating", "fixed") }, required: ["mode"] },
  reset: { scope: "any", options: { variable, off: flag }, required: ["variable"] },
  stable: { scope: "function", options: { variable }, required: ["variable"] },
  stream: {
    scope: "any",
    options: { variable, depth: integer(1), type: choice("fifo", "pipo", "shared", "unsync") },
    required: ["variable", "depth"],
  },
  unroll: { scope: "loop", options: { factor: integer(1), skip_exit_check: flag }, required: [] },
};

/** `interface` by its mode: what is right for one is an error for another. */
export const interfaceModes: Record<string, Directive> = {
  m_axi: {
    scope: "top",
    options: {
      ...{ mode: name, port, bundle: name, name, depth: integer(1), latency: integer(0) },
      ...{ offset: choice("slave", "direct", "off"), max_widen_bitwidth: integer(0, 1024) },
      ...{ num_read_outstanding: integer(1), num_write_outstanding: integer(1) },
      ...{ max_read_burst_length: integer(2, 256), max_write_burst_length: integer(2, 256) },
    },
    required: ["port", "bundle", "offset", "max_widen_bitwidth"],
  },
  s_axilite: {
    scope: "top",
    options: {
      mode: name,
      port,
      bundle: name,
      offset: integer(0),
      register: flag,
      clock: name,
      name,
      storage_impl: name,
    },
    required: ["port", "bundle"],
  },
  axis: {
    scope: "top",
    options: {
      ...{ mode: name, port, depth: integer(1), name, register: flag },
      register_mode: choice("forward", "reverse", "both", "off"),
    },
    required: ["port"],
  },
  ap_ctrl_hs: { scope: "top", options: { mode: name, port, name }, required: ["port"] },
  ap_ctrl_chain: { scope: "top", options: { mode: name, port, name }, required: ["port"] },
  ap_ctrl_none: { scope: "top", options: { mode: name, port, name }, required: ["port"] },
};
