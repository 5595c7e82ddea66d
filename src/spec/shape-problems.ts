import { z } from "zod";
import { nearest } from "../nearest.ts";
import { describeValue, printable } from "../printable.ts";
import type { Problem } from "../problem.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A mismatch between a spec and its schema, before it has a place in the file. */
export interface ShapeProblem extends Pick<Problem, "rule" | "what" | "fix"> {
  path: PropertyKey[];
  /** The key at the end of the path is wrong, not its value. */
  atKey?: true;
  /** The path that an unknown key was probably meant to be. */
  meant?: string;
}

/** Zod's issues in the words of the spec language. */
export function shapeProblems(schema: z.ZodType, value: unknown, issues: readonly Issue[]): ShapeProblem[] {
  // The bounds of a number can fail one by one; the last one is the tightest.
  const isRepeated = ({ path, code }: Issue, index: number) =>
    issues.some((later, at) => at > index && later.code === code && later.path.join("\0") === path.join("\0"));
  const problems = issues.flatMap((issue, index) =>
    isRepeated(issue, index) ? [] : describeIssue(schema, value, issue),
  );
  // A misspelt key is missing too; once is enough.
  const meant = new Set(problems.map(({ meant }) => meant));
  return problems.filter(({ rule, path }) => rule !== "missing-key" || !meant.has(path.join(".")));
}

function describeIssue(schema: z.ZodType, root: unknown, issue: Issue): ShapeProblem[] {
  const { path } = issue;
  const name = path.map((step) => printable(String(step))).join(".");
  const found = valueAt(root, path);
  if (found === undefined && path.length > 0) {
    return [{ rule: "missing-key", what: `${name} is missing`, ...hint(schema, path), path }];
  }
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => {
      const guess = nearest(key, known);
      const fix = guess ? `did you mean '${guess}'?` : `known keys here: ${known.join(", ")}`;
      const what = `unknown key '${printable(key)}' in ${name || "the spec"}`;
      return {
        rule: "unknown-key",
        what,
        fix,
        path: [...path, key],
        atKey: true,
        ...(guess && { meant: [...path, guess].join(".") }),
      };
    });
  }
  if (issue.code === "invalid_union") {
    const branch = bestBranch(issue.errors);
    if (branch) {
      return branch.flatMap((inner) => describeIssue(schema, root, { ...inner, path: [...path, ...inner.path] }));
    }
  }
  if (path.length === 0 && found === null) return [{ rule: "empty-spec", what: "the spec is empty", path }];
  const what = `${name || "the spec"}: expected ${expectation(issue)}; found ${describeValue(found)}`;
  const guess = issue.code === "invalid_value" && typeof found === "string" && nearest(found, issue.values.map(String));
  return [{ rule: "wrong-value", what, ...(guess && { fix: `did you mean '${guess}'?` }), path }];
}

/** Of a union's branches the one that the value has the type of. */
function bestBranch(branches: readonly Issue[][]): Issue[] | undefined {
  const isOther = ({ code, path }: Issue) => path.length === 0 && code !== "unrecognized_keys";
  return branches.find((issues) => !issues.some(isOther));
}

/** What stands after "expected". */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeWords[issue.expected] ?? issue.expected;
    case "invalid_value":
      if (!issue.message.startsWith("Invalid")) return issue.message;
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(", ")}`;
    case "too_small":
      return `${issue.inclusive ? "at least" : "more than"} ${amount(issue.minimum, issue.origin)}`;
    case "too_big":
      return `${issue.inclusive ? "at most" : "less than"} ${amount(issue.maximum, issue.origin)}`;
    case "invalid_union":
      return issue.errors.flatMap((errors) => errors.map(expectation)).join(" or ");
    default:
      // Formats and refinements carry our own words (format-schema.ts).
      return issue.message;
  }
}

const typeWords: Record<string, string> = {
  int: "a whole number",
  number: "a number",
  string: "a word",
  array: "a list",
  object: "a map",
};

function amount(count: number | bigint, origin: string): string {
  const [one, many] = { array: [" entry", " entries"], string: [" character", " characters"] }[origin] ?? ["", ""];
  return `${count}${count === 1 ? one : many}`;
}

/** The description that the schema gives to a key, as a fix for a missing one. */
function hint(schema: z.ZodType, path: Path): Pick<ShapeProblem, "fix"> {
  const meaning = schemasAt(schema, path).find((at) => at.description)?.description;
  return meaning ? { fix: `give \`${String(path.at(-1))}\`: ${meaning}` } : {};
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | null | undefined)?.[step], root);
}

/** The keys that a schema knows at a path. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  return schemasAt(schema, path).flatMap((at) => (at instanceof z.ZodObject ? Object.keys(at.shape) : []));
}

/** The schemas of a path: more than one below a union. */
function schemasAt(schema: z.ZodType, path: Path): z.ZodType[] {
  return path.reduce<z.ZodType[]>(
    (all, step) =>
      all.flatMap((at) => {
        if (at instanceof z.ZodObject) return alternatives(at.shape[step as string]);
        return at instanceof z.ZodArray ? alternatives(at.element) : [];
      }),
    alternatives(schema),
  );
}

function alternatives(schema: unknown): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return alternatives(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(alternatives);
  return schema instanceof z.ZodType ? [schema] : [];
}
