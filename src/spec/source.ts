import { readFile, stat } from "node:fs/promises";
import { type Document, LineCounter } from "yaml";
import type { z } from "zod";
import { type Problem, UserError, userError } from "../problem.ts";
import { shapeProblems } from "./shape-problems.ts";
import { offsetOf, parseYaml } from "./yaml-document.ts";

/** Spec files are a few hundred lines; more is a mistake or an attack. */
const maxSpecBytes = 1 << 16;

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
    this.value = document.toJS();
  }

  static async read(file: string): Promise<SpecSource> {
    const unreadable = (error: NodeJS.ErrnoException) =>
      userError("no-such-file", `cannot read the spec (${error.code})`, { file, fix: "check the path" });
    const status = await stat(file).catch((error) => {
      throw unreadable(error);
    });
    if (!status.isFile()) throw userError("no-such-file", "the spec is not a file", { file, fix: "check the path" });
    if (status.size > maxSpecBytes) {
      const what = `the spec has ${status.size} bytes; ${maxSpecBytes} are allowed`;
      throw userError("spec-too-large", what, { file, fix: "is this the right file?" });
    }
    const bytes = await readFile(file).catch((error) => {
      throw unreadable(error);
    });
    if (isUtf16(bytes)) {
      throw userError("spec-encoding", "the spec is UTF-16 text", { file, fix: "save it as UTF-8" });
    }
    let text: string;
    try {
      text = new TextDecoder("utf8", { fatal: true }).decode(bytes);
    } catch {
      throw userError("spec-encoding", "the spec is not UTF-8 text", { file, fix: "save it as UTF-8" });
    }
    return SpecSource.parse(text, file);
  }

  /** @throws UserError with every YAML mistake. */
  static parse(text: string, file: string): SpecSource {
    const lines = new LineCounter();
    return new SpecSource(file, text, parseYaml(text, file, lines), lines);
  }

  /** Line and column of the value at `path`, or of its nearest ancestor that exists; of the key itself with `atKey`. */
  at(path: Path, atKey = false): Required<Pick<Problem, "file" | "line" | "column">> {
    const { line, col } = this.lines.linePos(offsetOf(this.document, path, atKey));
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** A problem with the value at `path`. */
  problem(path: Path, rule: string, what: string, more: Pick<Problem, "why" | "fix"> = {}): Problem {
    return { rule, what, ...more, ...this.at(path) };
  }

  /** Checks the shape of the value; every mismatch becomes a problem with its place. */
  check<T>(schema: z.ZodType<T>): { value: T } | { problems: Problem[] } {
    const result = schema.safeParse(this.value);
    if (result.success) return { value: result.data };
    const problems = shapeProblems(schema, this.value, result.error.issues);
    return {
      problems: inOrder(problems.map(({ path, atKey, meant: _, ...rest }) => ({ ...rest, ...this.at(path, atKey) }))),
    };
  }
}

/** By its byte order mark, or as the first character, which is ASCII in every spec, has a zero beside it. */
function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || (first === 0) !== (second === 0);
}

/** Collects what is wrong with a spec beyond its shape. */
export class Report {
  readonly problems: Problem[] = [];

  constructor(readonly source: SpecSource) {}

  add(path: Path, rule: string, what: string, more: Pick<Problem, "why" | "fix"> = {}): void {
    this.problems.push(this.source.problem(path, rule, what, more));
  }
}

/** Problems of one file in the order of its lines. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const place = ({ line = 0, column = 0 }: Problem) => line * 65536 + column;
  return problems.toSorted((a, b) => place(a) - place(b));
}

/** Throws if there is anything to report. */
export function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new UserError(inOrder(problems));
}
