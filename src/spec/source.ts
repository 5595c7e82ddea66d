import { readFile } from "node:fs/promises";
import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { z } from "zod";
import { type Problem, UserError, userError } from "../problem.ts";
import { nearest } from "./nearest.ts";

/** Spec files are a few hundred lines; more is a mistake or an attack. */
const maxSpecBytes = 1 << 20;

type Path = readonly PropertyKey[];

/** A YAML file that remembers where each value stands, so that errors can point at it. */
export class SpecSource {
  readonly value: unknown;
  private constructor(
    readonly file: string,
    readonly text: string,
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {
    this.value = document.toJS({ maxAliasCount: 0 });
  }

  static async read(file: string): Promise<SpecSource> {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw userError("no-such-file", `cannot read the spec (${error.code})`, { file, fix: "check the path" });
    });
    if (bytes.length > maxSpecBytes) {
      throw userError("spec-too-large", `the spec has ${bytes.length} bytes; ${maxSpecBytes} are allowed`, { file });
    }
    return SpecSource.parse(bytes.toString("utf8"), file);
  }

  /** @throws UserError with every YAML syntax error. */
  static parse(text: string, file: string): SpecSource {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
    if (document.errors.length > 0) {
      throw new UserError(
        document.errors.map((error) => {
          const { line, col } = lines.linePos(error.pos[0]);
          return { rule: "yaml-syntax", what: error.message.split("\n")[0], file, line, column: col };
        }),
      );
    }
    try {
      return new SpecSource(file, text, document, lines);
    } catch {
      throw userError("yaml-alias", "aliases are not allowed in a spec", { file, fix: "write the value out" });
    }
  }

  /** Line and column of the value at `path`, or of its nearest ancestor that exists; of the key itself with `atKey`. */
  at(path: Path, atKey = false): Pick<Problem, "file" | "line" | "column"> {
    let node: unknown = this.document.contents;
    let place = startOf(node);
    path.forEach((step, depth) => {
      const isLast = depth === path.length - 1;
      let child: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === step);
        child = pair && (isLast && atKey ? pair.key : (pair.value ?? pair.key));
      } else if (isSeq(node) && typeof step === "number") {
        child = node.items[step];
      }
      node = child;
      place = startOf(child) ?? place;
    });
    const { line, col } = this.lines.linePos(place ?? 0);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  problem(path: Path, rule: string, what: string, more: Pick<Problem, "why" | "fix"> = {}): Problem {
    return { rule, what, ...more, ...this.at(path) };
  }

  /** Checks the shape of the value; every mismatch becomes a problem with its place. */
  check<T>(schema: z.ZodType<T>): { value: T } | { problems: Problem[] } {
    const result = schema.safeParse(this.value);
    if (result.success) return { value: result.data };
    return { problems: result.error.issues.flatMap((issue) => this.shapeProblems(schema, issue)) };
  }

  private shapeProblems(schema: z.ZodType, issue: z.core.$ZodIssue): Problem[] {
    const name = issue.path.map(String).join(".") || "the spec";
    if (issue.code === "unrecognized_keys") {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => {
        const guess = nearest(key, known);
        const place = this.at([...issue.path, key], true);
        const fix = guess ? `did you mean '${guess}'?` : `known keys here: ${known.join(", ")}`;
        return { rule: "unknown-key", what: `unknown key '${key}' in ${name}`, fix, ...place };
      });
    }
    const missing = issue.code === "invalid_type" && issue.message.includes("received undefined");
    const rule = missing ? "missing-key" : "wrong-value";
    const what = missing ? `${name} is missing` : `${name}: ${issue.message}`;
    return [{ rule, what, ...this.at(issue.path) }];
  }
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

/** The keys that a schema knows at a path, for "did you mean". */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let at: unknown = unwrap(schema);
  for (const step of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[step as string]);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  while (at instanceof z.ZodOptional || at instanceof z.ZodDefault) at = at.unwrap();
  return at;
}
