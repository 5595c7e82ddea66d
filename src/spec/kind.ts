import { UserError } from "../problem.ts";
import type { SpecSource } from "./source.ts";

/** What a spec describes, told by its content: file names are the user's own. */
export type SpecKind = "accelerator" | "format" | "board" | "space";

/** Keys that the others have not. */
const ownKeys: Record<SpecKind, readonly string[]> = {
  accelerator: ["formats", "lanes", "columns", "max-k"],
  format: ["block", "fields", "level"],
  board: ["part", "module", "ports", "kria"],
  space: ["base", "vary", "objectives"],
};

/** The kind whose keys the spec has, if it is one kind's only. */
export function specKind(value: unknown): SpecKind | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const kinds = (Object.keys(ownKeys) as SpecKind[]).filter((kind) => ownKeys[kind].some((key) => key in value));
  return kinds.length === 1 ? kinds[0] : undefined;
}

const uses: Record<SpecKind, string> = {
  accelerator: "`bfq check`, `generate`, `verify` and `build` take it",
  format: "name it in `formats` of an accelerator spec; `bfq check` takes it by itself",
  board: "name it in `board` of an accelerator spec",
  space: "`bfq explore` takes it",
};

/** Throws where a spec is plainly of another kind: the keys that it lacks would say less. */
export function refuseOtherKind(source: SpecSource, wanted: SpecKind): void {
  const kind = specKind(source.value);
  if (kind === undefined || kind === wanted) return;
  const what = `this is the spec of ${withArticle(kind)}, not of ${withArticle(wanted)}`;
  throw new UserError([source.problem([], "spec-kind", what, { fix: uses[kind] })]);
}

const withArticle = (kind: SpecKind) => `${kind === "accelerator" ? "an" : "a"} ${kind}`;
