import { z } from "zod";
import { UserError } from "../problem.ts";
import { nameSchema, versionSchema } from "./format-schema.ts";
import { SpecSource } from "./source.ts";

const positive = z.number().positive();
const amount = z.int().min(0);

/** Shape of `specs/boards/*.yaml`. */
export const boardSchema = z.strictObject({
  bfq: versionSchema,
  name: nameSchema,
  description: z.string().max(400).optional(),
  part: z.string().regex(/^[a-z0-9-]{1,40}$/, "lower-case letters, digits and '-'"),
  resources: z.strictObject({ lut: amount, ff: amount, dsp: amount, bram36: amount, uram: amount }),
  ports: z.strictObject({
    count: z.int().min(1).max(16).describe("memory ports for weights"),
    bits: z.literal(128),
  }),
  clock: z.strictObject({ mhz: positive.max(1000) }),
  memory: z.strictObject({ bytes: amount, peak: positive.describe("GB/s of the DRAM interface") }),
});

export type Board = z.infer<typeof boardSchema>;

export async function readBoard(file: string): Promise<Board> {
  const result = (await SpecSource.read(file)).check(boardSchema);
  if ("problems" in result) throw new UserError(result.problems);
  return result.value;
}
