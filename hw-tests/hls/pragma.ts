import { type Directive, directives, interfaceModes, type OptionRule, type Scope } from "./pragma-grammar.ts";

export interface PragmaProblem {
  /** 1-based. */
  line: number;
  what: string;
}

export interface PragmaContext {
  /** Names of constants that may stand for integers. */
  constants: ReadonlySet<string>;
  /** The top function's name. */
  top: string;
}

/** The braces around a place in the source, from the outside in. */
interface Brace {
  kind: "function" | "loop" | "other";
  /** Text before the brace, from the end of the statement before. */
  head: string;
  /** Offset of the brace's head. */
  begin: number;
}

/** Names of the integer constants that a source defines. */
export function constantsOf(source: string): string[] {
  return [...source.matchAll(/\bconstexpr\s+(?:int|unsigned)\s+(\w+)/g)].map((match) => match[1]);
}

/** Holds every `#pragma HLS` of a C++ source against the grammar. */
export function checkPragmas(source: string, context: PragmaContext): PragmaProblem[] {
  const problems: PragmaProblem[] = [];
  for (const { at, line, text, braces } of pragmasOf(source)) {
    const scoped = source.slice(braces.find(({ kind }) => kind === "function")?.begin ?? 0, at);
    const what = checkPragma(text, braces, scoped, context);
    if (what) problems.push({ line, what: `#pragma HLS ${text}: ${what}` });
  }
  return problems;
}

function checkPragma(text: string, braces: Brace[], scoped: string, context: PragmaContext): string | undefined {
  const [name = "", ...words] = text.replace(/\s*=\s*/g, "=").split(/\s+/);
  const given = new Map<string, string>();
  for (const word of words) {
    const [option, value = ""] = word.toLowerCase().startsWith("ii=") ? ["ii", word.slice(3)] : word.split("=");
    if (given.has(option)) return `${option} is there twice`;
    given.set(option, value);
  }
  const directive = name === "interface" ? interfaceModes[given.get("mode") ?? ""] : directives[name];
  if (!directive) return name === "interface" ? "interface needs mode= with a known mode" : `no directive '${name}'`;
  for (const [option, value] of given) {
    const rule = directive.options[option];
    if (!rule) return `no option '${option}'`;
    const wrong = checkValue(option, value, rule, braces, scoped, context);
    if (wrong) return wrong;
  }
  const missing = directive.required.find((option) => !given.has(option));
  if (missing) return `${missing}= is missing`;
  return directive.also?.(given) ?? checkScope(directive, braces, context.top);
}

function checkValue(
  option: string,
  value: string,
  rule: OptionRule,
  braces: Brace[],
  scoped: string,
  { constants }: PragmaContext,
): string | undefined {
  if (rule.kind === "flag") return value === "" ? undefined : `${option} takes no value`;
  if (value === "") return `${option} needs a value`;
  if (rule.kind === "choice") {
    return rule.values.includes(value.toLowerCase())
      ? undefined
      : `${option}=${value} is none of ${rule.values.join(", ")}`;
  }
  if (rule.kind === "integer") {
    if (constants.has(value)) return undefined;
    if (!/^(\d+|0x[0-9a-f]+)$/.test(value)) return `${option}=${value} is no integer and no constant`;
    const number = Number(value);
    const low = rule.min ?? number;
    const high = rule.max ?? number;
    return number >= low && number <= high ? undefined : `${option}=${value} is out of range`;
  }
  if (!/^\w+$/.test(value)) return `${option}=${value} is no name`;
  if (rule.kind === "variable" && !new RegExp(`\\b${value}\\b`).test(withoutPragmas(scoped))) {
    return `no variable '${value}' before it in the function`;
  }
  const head = braces.find(({ kind }) => kind === "function")?.head ?? "";
  if (rule.kind === "port" && value !== "return" && !new RegExp(`\\b${value}\\b\\s*[,)[]`).test(head)) {
    return `the function has no parameter '${value}'`;
  }
}

function checkScope({ scope }: Directive, braces: Brace[], top: string): string | undefined {
  const inner = braces.at(-1);
  const inFunction = inner?.kind === "function";
  const inTop = inFunction && new RegExp(`\\b${top}\\s*\\(`).test(inner.head);
  const inLoop = inner?.kind === "loop";
  const allowed: Record<Scope, boolean> = {
    top: inTop,
    function: inFunction,
    loop: inLoop,
    "function or loop": inFunction || inLoop,
    any: braces.some(({ kind }) => kind === "function"),
  };
  if (allowed[scope]) return undefined;
  return scope === "any" ? "not in a function" : `stands in the wrong place: ${scope} only`;
}

const withoutPragmas = (source: string) => source.replace(/^#.*$/gm, "");

interface Pragma {
  at: number;
  line: number;
  /** After `#pragma HLS`. */
  text: string;
  braces: Brace[];
}

/** Finds the pragmas and the braces around each. Comments and other preprocessor lines count for nothing. */
function pragmasOf(source: string): Pragma[] {
  const found: Pragma[] = [];
  const braces: Brace[] = [];
  let begin = 0; // of the statement that is being read
  let parentheses = 0;
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|^[ \t]*#[^\n]*|[(){};]/gm;
  for (const match of source.matchAll(token)) {
    const text = match[0];
    const at = match.index;
    if (/^\s*#/.test(text)) {
      const pragma = /^\s*#\s*pragma\s+(?:HLS|AP|AUTOPILOT)\b\s*(.*?)\s*$/i.exec(text);
      const line = source.slice(0, at).split("\n").length;
      if (pragma) found.push({ at, line, text: pragma[1], braces: [...braces] });
      if (parentheses === 0) begin = at + text.length;
    } else if (text === "(" || text === ")") {
      parentheses += text === "(" ? 1 : -1;
    } else if (text === "{") {
      const head = source.slice(begin, at);
      braces.push({ kind: kindOf(head, braces), head, begin });
      begin = at + 1;
    } else if (text === "}") {
      braces.pop();
      begin = at + 1;
    } else if (text === ";" && parentheses === 0) {
      begin = at + 1;
    }
  }
  return found;
}

function kindOf(head: string, braces: Brace[]): Brace["kind"] {
  if (/\b(for|while)\s*\(|\bdo\s*$/.test(head)) return "loop";
  if (braces.some(({ kind }) => kind === "function") || /\b(struct|class|union|enum|namespace)\b/.test(head))
    return "other";
  return /\)\s*(const\s*)?$/.test(head) ? "function" : "other";
}
