import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import { specsFolder } from "../paths.ts";
import { UserError } from "../problem.ts";
import { nameSchema, versionSchema } from "./naming.ts";
import { SpecSource } from "./source.ts";

/** Shape of `specs/activations/*.yaml`: how activations are quantised. */
export const activationSchema = z.strictObject({
  bfq: versionSchema,
  name: nameSchema,
  description: z.string().max(400),
  number: z.int().min(0).max(255).describe("in format files of the driver: each its own, from 0 on"),
  block: z
    .union([z.literal([32, 64, 128, 256]), z.literal("row")])
    .describe("elements that share a scale, or row: all of K"),
  codes: z.strictObject({
    bits: z.literal(8),
    level: z.literal("integer").describe("what a code means: a two's-complement integer"),
    rounding: z.enum(["away", "even"]).describe("of halves: away from zero, or to even"),
  }),
  scale: z
    .strictObject({
      type: z.enum(["f16", "f32"]).describe("as it is stored, and as MatMul takes it"),
      rule: z
        .enum(["magnitude", "extreme"])
        .describe(
          "what becomes the largest code, 2^(bits-1) - 1: the largest magnitude; or the value that has it first becomes minus that, so its sign is in the scale",
        ),
    })
    .describe("one for each block"),
  stored: z
    .array(z.enum(["scale", "codes", "scaled-sum", "sums"]))
    .describe(
      "a stored block: scaled-sum is scale x sum of the codes, in the scale's type; sums are int16, of each 16 codes",
    ),
});

export interface Activation extends Omit<z.infer<typeof activationSchema>, "bfq" | "block"> {
  /** Elements of a block: the scale is constant over it. Infinity: all of K. */
  block: number;
}

/** The name of a file of `specs/activations`. */
export type ActivationName = string;

const folder = `${specsFolder}/activations`;

/** Every activation format by name, in the order of the numbers: files of bfq's own, read once. */
export const activations: ReadonlyMap<ActivationName, Activation> = readActivationFormats();

export const activationNames = [...activations.keys()];

/** The activation format that a checked spec names. */
export function activationOf(name: ActivationName): Activation {
  const activation = activations.get(name);
  if (!activation) throw new Error(`no file of ${folder} describes ${name}`);
  return activation;
}

function readActivationFormats(): Map<ActivationName, Activation> {
  const all = readdirSync(folder).map((file) => readActivation(`${folder}/${file}`));
  all.sort((a, b) => a.number - b.number);
  return new Map(all.map((activation) => [activation.name, activation]));
}

function readActivation(file: string): Activation {
  const result = SpecSource.parse(readFileSync(file, "utf8"), file).check(activationSchema);
  if ("problems" in result) throw new UserError(result.problems);
  const { bfq: _, block, ...activation } = result.value;
  return { ...activation, block: block === "row" ? Infinity : block };
}
