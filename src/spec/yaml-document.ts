import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  Lexer,
  type LineCounter,
  parseDocument,
  visit,
} from "yaml";
import { printable } from "../printable.ts";
import type { Problem } from "../problem.ts";
import { UserError } from "../problem.ts";

/** The spec language nests 5 deep. */
const maxDepth = 32;

/** A broken file can break in thousands of places; the first ones tell enough. */
const maxSyntaxProblems = 20;

/** The YAML parser recurses, and Node does not survive the end of its stack. So nesting is counted before it runs. */
function deepestNesting(text: string): number {
  let flow = 0;
  let indicators = 0;
  let deepest = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === "\n" || token === "\r\n") indicators = 0;
    else if (token === "-" || token === "?" || token === ":") indicators++;
    else if (token === "[" || token === "{") flow++;
    else if (token === "]" || token === "}") flow--;
    deepest = Math.max(deepest, flow, flow > 0 ? 0 : indicators);
  }
  return deepest;
}

/**
 * The subset of YAML that specs use: one document of maps with scalar keys, lists and plain values; no aliases, no tags.
 * @throws UserError with every mistake
 */
export function parseYaml(text: string, file: string, lines: LineCounter): Document {
  const problems: Problem[] = [];
  if (deepestNesting(text) > maxDepth) {
    const what = `the spec nests deeper than ${maxDepth} levels`;
    throw new UserError([{ rule: "yaml-depth", what, file, fix: "compare it with a file of specs/" }]);
  }
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const report = (offset: number, rule: string, what: string, fix?: string) => {
    const { line, col } = lines.linePos(offset);
    problems.push({ rule, what, ...(fix && { fix }), file, line, column: col });
  };
  for (const { code, message, pos } of document.errors) {
    if (code === "DUPLICATE_KEY") {
      const key = keyAt(document, pos[0]);
      report(pos[0], "duplicate-key", `key '${printable(key)}' is given twice in one map`, "keep one of them");
    } else if (code === "MULTIPLE_DOCS") {
      report(pos[0], "yaml-syntax", "the file holds more than one YAML document", "give each spec its own file");
    } else {
      report(pos[0], "yaml-syntax", printable(message, 200));
    }
  }
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node) || ("anchor" in node && node.anchor)) {
        const what = isAlias(node) ? `alias '*${printable(node.source)}'` : `anchor '&${printable(node.anchor!)}'`;
        report(node.range![0], "yaml-alias", `${what}: a spec has no aliases`, "write the value out");
      }
      if (!isAlias(node) && node.tag) {
        report(
          node.range![0],
          "yaml-tag",
          `tag ${printable(node.tag.replace("tag:yaml.org,2002:", "!!"))}: a spec has no tags`,
          "drop the tag",
        );
      }
    },
    Pair: (_, { key }) => {
      if (isNode(key) && !isScalar(key) && !isAlias(key)) {
        report(key.range![0], "yaml-key", "a list or map is used as a key", "keys are plain words");
      }
    },
  });
  if (problems.length > 0) throw new UserError(problems.slice(0, maxSyntaxProblems));
  return document;
}

/** The text of the key that starts at an offset. */
function keyAt(document: Document, offset: number): string {
  let text = "";
  visit(document, {
    Map: (_, map) => {
      for (const { key } of map.items) if (isScalar(key) && key.range?.[0] === offset) text = String(key.value);
    },
  });
  return text;
}

/** Offset of the value at a path, or of its nearest ancestor that exists; of the key itself with `atKey`. */
export function offsetOf(document: Document, path: readonly PropertyKey[], atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    const wantKey = atKey && depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === step);
      node = wantKey ? pair?.key : (pair?.value ?? pair?.key);
    } else {
      node = childOf(node, step);
    }
    const start = startOf(node);
    if (start === undefined) break;
    offset = start;
  }
  return offset;
}

function childOf(node: unknown, step: PropertyKey): unknown {
  return typeof step === "number" && node && typeof node === "object" && "items" in node && Array.isArray(node.items)
    ? node.items[step]
    : undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
