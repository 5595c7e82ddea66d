import { z } from "zod";
import { UserError } from "../problem.ts";
import { nameSchema, versionSchema } from "./format-schema.ts";
import { SpecSource } from "./source.ts";

const positive = z.number().positive();
const amount = z.int().min(0);

/** `vendor:board:part0:1.0`, as Vivado lists it. */
const boardPart = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,80}$/, "a name of Vivado's board catalogue, such as vendor:board:part0:1.0");

/** Shape of `specs/boards/*.yaml`. */
export const boardSchema = z.strictObject({
  bfq: versionSchema,
  name: nameSchema,
  description: z.string().max(400).optional(),
  part: z.string().regex(/^[A-Za-z0-9-]{1,40}$/, "letters, digits and '-'"),
  resources: z.strictObject({ lut: amount, ff: amount, dsp: amount, bram36: amount, uram: amount }),
  ports: z.strictObject({
    count: z.int().min(1).max(16).describe("memory ports for weights"),
    bits: z.literal(128),
  }),
  clock: z.strictObject({ mhz: positive.max(1000) }),
  memory: z.strictObject({ bytes: amount, peak: positive.describe("GB/s of the DRAM interface") }),
  kria: z
    .strictObject({
      som: boardPart.describe("Vivado's board part of the module: it brings the preset of the processing system"),
      connectors: z
        .record(z.string().regex(/^[a-z0-9_]{1,40}$/, "lower-case letters, digits and '_'"), boardPart)
        .describe("connector of the module: what of the carrier card is on it"),
      "shared-bytes": z
        .int()
        .min(1 << 20)
        .multipleOf(4096)
        .describe("memory that the accelerator and Linux share (u-dma-buf); the kernel's cma= must be larger"),
    })
    .optional()
    .describe("a Kria starter kit: what `bfq build` needs"),
});

export type Board = z.infer<typeof boardSchema>;

export async function readBoard(file: string): Promise<Board> {
  const result = (await SpecSource.read(file)).check(boardSchema);
  if ("problems" in result) throw new UserError(result.problems);
  return result.value;
}
