import { z } from "zod";
import { printable } from "../printable.ts";
import { type Problem, UserError } from "../problem.ts";
import { type Board, boardNames, chooseBoard, readBoard, unknownBoard } from "./board.ts";
import type { Format } from "./format.ts";
import { refuseOtherKind } from "./kind.ts";
import { readLibrary, takenName, unknownFormat } from "./library.ts";
import { nameSchema, versionSchema } from "./naming.ts";
import { readFormat } from "./parse-format.ts";
import { besideSpec, isPath, referenceSchema } from "./reference.ts";
import { inOrder, Report, SpecSource } from "./source.ts";

const powerOfTwo = z.literal([1, 2, 4, 8]);

/** Shape of `specs/accelerators/*.yaml`. */
export const acceleratorSchema = z.strictObject({
  bfq: versionSchema,
  name: nameSchema,
  description: z.string().max(400).optional(),
  board: referenceSchema.describe("a file of specs/boards, or the path of a board's YAML file, relative to this one"),
  formats: z
    .array(referenceSchema)
    .min(1)
    .max(64)
    .describe("files of specs/formats, or paths of YAML files, relative to this one; their union is the envelope"),
  lanes: powerOfTwo.describe("weight ports, each with its own datapath"),
  columns: powerOfTwo.describe("activation columns computed at once"),
  datapath: nameSchema.default("multipliers").describe("what multiplies: a part of src/datapath"),
  replay: z
    .int()
    .min(1)
    .max(8)
    .optional()
    .describe("groups of so many columns for which a tile stays on chip; the plan's choice where it is left out"),
  "fp-units": powerOfTwo
    .optional()
    .describe(
      "fp32 units of a lane of the SystemVerilog kernel; as many as keep up with one column where it is left out",
    ),
  clock: z
    .number()
    .min(1)
    .max(1000)
    .optional()
    .describe("MHz of the kernel and its ports; the board's where it is left out"),
  "max-k": z.int().min(256).max(65536).describe("longest row; activations of that length fit on chip"),
});

export interface Accelerator {
  name: string;
  description?: string;
  board: Board;
  formats: Format[];
  lanes: number;
  columns: number;
  /** Name of the part that multiplies; the plan knows them. */
  datapath: string;
  /** Groups of `columns` for which a tile stays on chip; absent: the plan chooses. */
  replay?: number;
  /** fp32 units of a lane; absent: the plan chooses. */
  fpUnits?: number;
  /** Longest K, a multiple of 256. */
  maxK: number;
  /** MHz, where the spec asks for another clock than the board's. */
  clock?: number;
  /** For errors that a later part finds. */
  source: SpecSource;
}

/** Reads a variant with its board and formats. @throws UserError with every problem found. */
export async function readAccelerator(file: string): Promise<Accelerator> {
  return parseAccelerator(await SpecSource.read(file));
}

export async function parseAccelerator(source: SpecSource): Promise<Accelerator> {
  refuseOtherKind(source, "accelerator");
  const shape = source.check(acceleratorSchema);
  if ("problems" in shape) throw new UserError(shape.problems);
  const yaml = shape.value;
  const report = new Report(source);
  const formats = await chosenFormats(report, yaml.formats, ["formats"]);
  const board = await chosenBoard(report, yaml.board, ["board"]);
  const lanes = board && refuseLanes(yaml.lanes, board);
  if (lanes) report.add(["lanes"], lanes.rule, lanes.what, lanes);
  const maxK = refuseMaxK(yaml["max-k"]);
  if (maxK) report.add(["max-k"], maxK.rule, maxK.what, maxK);
  if (!board || report.problems.length > 0) throw new UserError(inOrder(report.problems));
  const { name, description, columns, datapath, replay, clock } = yaml;
  return {
    name,
    ...(description && { description }),
    ...{ board, formats, lanes: yaml.lanes, columns, datapath },
    ...(replay && { replay }),
    ...(yaml["fp-units"] && { fpUnits: yaml["fp-units"] }),
    ...(clock && { clock }),
    maxK: yaml["max-k"],
    source,
  };
}

/** Each lane is a weight port of the board. */
export function refuseLanes(lanes: number, { name, ports }: Board): Problem | undefined {
  if (lanes <= ports.count) return undefined;
  const what = `${lanes} lanes need ${lanes} weight ports; ${name} has ${ports.count}`;
  return { rule: "lanes", what, fix: `use ${ports.count} lanes or fewer` };
}

/** Rows come in tiles of 256 columns. */
export function refuseMaxK(maxK: number): Problem | undefined {
  if (maxK % 256 === 0) return undefined;
  const fix = `use ${Math.ceil(maxK / 256) * 256}`;
  return { rule: "max-k", what: `max-k ${maxK} is not a multiple of 256`, fix };
}

/** @param at where the list stands in the spec */
export async function chosenFormats(
  report: Report,
  references: readonly string[],
  at: readonly PropertyKey[],
): Promise<Format[]> {
  const library = await readLibrary();
  const formats: Format[] = [];
  for (const [index, reference] of references.entries()) {
    const path = [...at, index];
    if (!isPath(reference) && !library.has(reference)) {
      const { rule, what, fix } = unknownFormat(library, reference);
      report.add(path, rule, what, { ...(fix && { fix }) });
      continue;
    }
    const format = isPath(reference) ? await readNamed(report, path, reference, readFormat) : library.get(reference);
    if (!format) continue;
    const taken = takenName(library, format);
    if (taken) report.add(path, taken.rule, taken.what, { ...(taken.fix && { fix: taken.fix }) });
    if (formats.some(({ name }) => name === format.name)) {
      report.add(path, "duplicate-format", `${format.name} is listed twice`, { fix: "list it once" });
    }
    formats.push(format);
  }
  return formats;
}

/** A spec that this one names by its path; its problems become this one's, the place that names a missing file included. */
export async function readNamed<T>(
  report: Report,
  path: readonly PropertyKey[],
  reference: string,
  read: (file: string) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read(besideSpec(report.source.file, reference));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    report.problems.push(
      ...error.problems.map((problem) =>
        problem.rule === "no-such-file"
          ? { ...problem, ...report.source.at(path), what: `${printable(reference)}: ${problem.what}` }
          : problem,
      ),
    );
    return undefined;
  }
}

export async function chosenBoard(
  report: Report,
  name: string,
  at: readonly PropertyKey[],
): Promise<Board | undefined> {
  if (isPath(name)) return readNamed(report, at, name, readBoard);
  const names = await boardNames();
  if (names.includes(name)) return chooseBoard(name);
  const { rule, what, fix } = unknownBoard(name, names);
  report.add(at, rule, what, { fix });
  return undefined;
}
