import { createHash } from "node:crypto";
import { type ModelWithFormats, openModel } from "../model/open-model.ts";
import { specsFolder } from "../paths.ts";
import { describeValue } from "../printable.ts";
import { UserError } from "../problem.ts";
import {
  type Accelerator,
  chosenBoard,
  chosenFormats,
  readAccelerator,
  readNamed,
  refuseMaxK,
} from "../spec/accelerator.ts";
import { refuseOtherKind } from "../spec/kind.ts";
import { readLibrary, withFormats } from "../spec/library.ts";
import { besideSpec, isPath } from "../spec/reference.ts";
import { Report, refuse, SpecSource } from "../spec/source.ts";
import { toolVersion } from "../version.ts";
import type { FigureName } from "./figures.ts";
import { keySchemas, type SpaceYaml, spaceSchema } from "./space-schema.ts";

/** One key that varies. */
export interface Axis {
  key: string;
  /** As a spec would have them. */
  values: unknown[];
  /** What each makes of the base. */
  changes: Partial<Accelerator>[];
}

export interface Objective {
  figure: FigureName;
  goal: "most" | "least";
  /** Per cent that the winner may stay behind the best. */
  within: number;
}

export interface Bound {
  figure: FigureName;
  least?: number;
  most?: number;
}

/** Variants of one accelerator, numbered 0 to `size` - 1: the values of the first key change slowest. */
export interface Space extends ModelWithFormats {
  name: string;
  file: string;
  /** The base's file. */
  baseFile: string;
  base: Accelerator;
  context: number;
  axes: Axis[];
  size: number;
  /** Values by key: a point that has all of an entry's is left out. */
  leaveOut: Record<string, unknown>[];
  bounds: Bound[];
  objectives: Objective[];
  /** SHA-256 of all that the figures of a point follow from: a journal is of one such space. */
  hash: string;
}

/** The most points of a space: at 1,000 a second a quarter of an hour. */
const mostPoints = 1_000_000;

/** Reads a space with its base, formats, boards and model. @throws UserError with every problem found */
export async function readSpace(file: string): Promise<Space> {
  return parseSpace(await SpecSource.read(file));
}

export async function parseSpace(source: SpecSource): Promise<Space> {
  const { file } = source;
  refuseOtherKind(source, "space");
  const shape = source.check(spaceSchema);
  if ("problems" in shape) throw new UserError(shape.problems);
  const yaml = shape.value;
  const report = new Report(source);
  const baseFile = isPath(yaml.base) ? besideSpec(file, yaml.base) : `${specsFolder}/accelerators/${yaml.base}.yaml`;
  const base = await readNamed(report, ["base"], yaml.base, () => readAccelerator(baseFile));
  const axes: Axis[] = [];
  // In the file's order; zod has its schema's.
  for (const key of Object.keys((source.value as SpaceYaml).vary)) {
    axes.push(await readAxis(report, key, yaml.vary[key]));
  }
  if (axes.length === 0) report.add(["vary"], "nothing-varies", "no key varies", { fix: "name one, with its values" });
  const size = axes.reduce((product, { values }) => product * values.length, 1);
  if (size > mostPoints) {
    const what = `the space has ${size} points; ${mostPoints} are allowed`;
    report.add(["vary"], "space-size", what, { fix: "give fewer values, or longer steps" });
  }
  refuse(report.problems);
  const found = await readModel(report, yaml, [...base!.formats, ...axes.flatMap(formatsOf)]);
  refuse(report.problems);
  const leaveOut = yaml["leave-out"] ?? [];
  const space = {
    ...found!,
    ...{ name: yaml.name, file, baseFile, base: base!, context: yaml.context, axes, size, leaveOut },
    bounds: Object.entries(yaml.constraints ?? {}).map(([figure, bound]) => ({ figure, ...bound }) as Bound),
    objectives: yaml.objectives.map(readObjective),
  };
  return { ...space, hash: hashOf(space) };
}

const readObjective = (yaml: SpaceYaml["objectives"][number]): Objective =>
  "most" in yaml
    ? { figure: yaml.most, goal: "most", within: yaml.within }
    : { figure: yaml.least, goal: "least", within: yaml.within };

const formatsOf = ({ changes }: Axis) => changes.flatMap(({ formats }) => formats ?? []);

/** The model, in a library with every format that a point may have. */
async function readModel(
  report: Report,
  { model, mix }: SpaceYaml,
  formats: Accelerator["formats"],
): Promise<ModelWithFormats | undefined> {
  try {
    const byName = new Map(formats.map((format) => [format.name, format]));
    const library = withFormats(await readLibrary(), [...byName.values()]);
    return await openModel(
      /\.(ya?ml|gguf)$/i.test(model) ? besideSpec(report.source.file, model) : model,
      mix,
      library,
    );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const problems = error.problems.map((problem) =>
      problem.file ? problem : { ...problem, ...report.source.at(["model"]) },
    );
    report.problems.push(...problems);
    return undefined;
  }
}

interface Range {
  from: number;
  to: number;
  step?: number | undefined;
  times?: number | undefined;
}

async function readAxis(report: Report, key: string, given: unknown): Promise<Axis> {
  const isList = Array.isArray(given);
  const values: unknown[] = isList ? given : rangeValues(given as Range);
  const changes: Partial<Accelerator>[] = [];
  if (values.length === 0)
    report.add(["vary", key], "empty-range", `${key}: the range holds no value`, { fix: "from must not be above to" });
  if (values.length > 1000)
    report.add(["vary", key], "space-size", `${key} has more than 1000 values`, { fix: "make longer steps" });
  for (const [index, value] of values.slice(0, 1000).entries()) {
    const at = isList ? ["vary", key, index] : ["vary", key];
    if (!isList && !keySchemas[key].safeParse(value).success) {
      report.add(at, "wrong-value", `${key}: the range holds ${describeValue(value)}, which ${key} can't be`, {
        fix: "list the values: [1, 2, 4]; or use `times` in place of `step`",
      });
      break;
    }
    if (values.some((other, before) => before < index && isSame(other, value))) {
      report.add(at, "duplicate-value", `${key}: ${describeValue(value)} is given twice`, { fix: "give it once" });
    }
    changes.push(await changeOf(report, key, value, at));
  }
  return { key, values, changes };
}

export const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

function rangeValues({ from, to, step = 1, times }: Range): number[] {
  const values: number[] = [];
  const tidy = (value: number) => Number(value.toPrecision(12)); // 0.1 + 0.2 is not what anyone wrote
  for (let i = 0; values.length <= 1000; i++) {
    const value = tidy(times === undefined ? from + i * step : from * times ** i);
    if (value > to) break;
    values.push(value);
  }
  return values;
}

/** What a key's value makes of an accelerator. */
async function changeOf(report: Report, key: string, value: unknown, at: PropertyKey[]): Promise<Partial<Accelerator>> {
  if (key === "formats") return { formats: await chosenFormats(report, value as string[], at) };
  if (key === "board") {
    const board = await chosenBoard(report, value as string, at);
    return board ? { board } : {};
  }
  if (key === "max-k") {
    const problem = refuseMaxK(value as number);
    if (problem) report.add(at, problem.rule, problem.what, problem);
  }
  return { [propertyOf(key)]: value };
}

/** max-k: maxK */
const propertyOf = (key: string) => key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The values of a point, one for each axis. */
export function indicesOf({ axes }: Pick<Space, "axes">, number: number): number[] {
  const indices: number[] = [];
  let rest = number;
  for (const { values } of axes.toReversed()) {
    indices.unshift(rest % values.length);
    rest = Math.floor(rest / values.length);
  }
  return indices;
}

/** A point as a spec would say it. */
export function valuesOf(space: Pick<Space, "axes">, number: number): Record<string, unknown> {
  const indices = indicesOf(space, number);
  return Object.fromEntries(space.axes.map(({ key, values }, axis) => [key, values[indices[axis]]]));
}

/** The accelerator of a point. */
export function acceleratorOf(space: Pick<Space, "axes" | "base">, number: number): Accelerator {
  const indices = indicesOf(space, number);
  return Object.assign({}, space.base, ...space.axes.map(({ changes }, axis) => changes[indices[axis]]));
}

export function isLeftOut(space: Pick<Space, "axes" | "leaveOut">, number: number): boolean {
  if (space.leaveOut.length === 0) return false;
  const values = valuesOf(space, number);
  return space.leaveOut.some((entry) => Object.entries(entry).every(([key, value]) => isSame(values[key], value)));
}

function hashOf({ base, axes, model, context }: Pick<Space, "base" | "axes" | "model" | "context">): string {
  const { source: _, name: __, description: ___, ...rest } = base;
  const facts = { toolVersion, rest, axes, model, context };
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}
