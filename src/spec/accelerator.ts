import { z } from "zod";
import { specsFolder } from "../paths.ts";
import { type Problem, UserError } from "../problem.ts";
import { type Board, readBoard } from "./board.ts";
import type { Format } from "./format.ts";
import { nameSchema, specVersion } from "./format-schema.ts";
import { readLibrary } from "./library.ts";
import { nearest } from "./nearest.ts";
import { SpecSource } from "./source.ts";

const powerOfTwo = (max: number) =>
  z
    .int()
    .min(1)
    .max(max)
    .refine((value) => Number.isInteger(Math.log2(value)), "must be a power of two");

/** Shape of `specs/accelerators/*.yaml`. */
export const acceleratorSchema = z.strictObject({
  bfq: z.literal(specVersion).describe("version of the spec language"),
  name: nameSchema,
  description: z.string().max(400).optional(),
  board: nameSchema.describe("a file of specs/boards"),
  formats: z.array(nameSchema).min(1).max(64).describe("files of specs/formats; their union is the envelope"),
  lanes: powerOfTwo(8).describe("weight ports, each with its own datapath"),
  columns: powerOfTwo(8).describe("activation columns computed at once"),
  "max-k": z.int().min(256).max(65536).describe("longest row; activations of that length fit on chip"),
});

export interface Accelerator {
  name: string;
  description?: string;
  board: Board;
  formats: Format[];
  lanes: number;
  columns: number;
  /** Longest K, a multiple of 256. */
  maxK: number;
  /** For errors that a later part finds. */
  source: SpecSource;
}

/** Reads a variant with its board and formats. @throws UserError with every problem found. */
export async function readAccelerator(file: string): Promise<Accelerator> {
  return parseAccelerator(await SpecSource.read(file));
}

export async function parseAccelerator(source: SpecSource): Promise<Accelerator> {
  const shape = source.check(acceleratorSchema);
  if ("problems" in shape) throw new UserError(shape.problems);
  const yaml = shape.value;
  const library = await readLibrary();
  const names = [...library.keys()];
  const problems: Problem[] = [];
  const formats = yaml.formats.flatMap((name, index) => {
    const format = library.get(name);
    const path = ["formats", index];
    if (!format) {
      const guess = nearest(name, names);
      const fix = guess ? `did you mean '${guess}'?` : `known formats: ${names.join(", ")}`;
      problems.push(source.problem(path, "unknown-format", `no format named '${name}' in specs/formats`, { fix }));
    } else if (yaml.formats.indexOf(name) < index) {
      problems.push(source.problem(path, "duplicate-format", `${name} is listed twice`, { fix: "list it once" }));
    }
    return format ? [format] : [];
  });
  const board = await readBoard(`${specsFolder}/boards/${yaml.board}.yaml`).catch((error: unknown) => {
    if (!(error instanceof UserError) || error.problems[0].rule !== "no-such-file") throw error;
    problems.push(source.problem(["board"], "unknown-board", `no board named '${yaml.board}' in specs/boards`));
  });
  if (board && yaml.lanes > board.ports.count) {
    const what = `${yaml.lanes} lanes need ${yaml.lanes} weight ports; ${board.name} has ${board.ports.count}`;
    problems.push(source.problem(["lanes"], "lanes", what, { fix: `use ${board.ports.count} lanes or fewer` }));
  }
  if (yaml["max-k"] % 256 !== 0) {
    const fix = `use ${Math.ceil(yaml["max-k"] / 256) * 256}`;
    problems.push(source.problem(["max-k"], "max-k", `max-k ${yaml["max-k"]} is not a multiple of 256`, { fix }));
  }
  if (!board || problems.length > 0) throw new UserError(problems);
  const { name, description, lanes, columns } = yaml;
  return { name, ...(description && { description }), board, formats, lanes, columns, maxK: yaml["max-k"], source };
}
