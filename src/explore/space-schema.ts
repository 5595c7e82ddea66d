import { z } from "zod";
import { acceleratorSchema } from "../spec/accelerator.ts";
import { nameSchema, versionSchema } from "../spec/naming.ts";
import { referenceSchema } from "../spec/reference.ts";
import { type FigureName, figureNames } from "./figures.ts";

const { bfq: _bfq, name: _name, description: _description, ...shape } = acceleratorSchema.shape;

/** What one value of a key may be, whether a spec must give the key or not. */
export const keySchemas: Record<string, z.ZodType> = Object.fromEntries(
  Object.entries(shape).map(([key, schema]) => [key, required(schema)]),
);

function required(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return required(schema.unwrap() as z.ZodType);
  return schema;
}

const range = z
  .strictObject({
    from: z.number().positive(),
    to: z.number().positive(),
    step: z.number().positive().optional().describe("from one value to the next; 1 where it is left out"),
    times: z.number().min(1.01).max(1000).optional().describe("the next value is so many times the last"),
  })
  .refine(({ step, times }) => step === undefined || times === undefined, "a range with step or times, not both");

/** Keys whose values are numbers have ranges too. */
const takesRange = (schema: z.ZodType) => schema.safeParse(1).success || schema.safeParse(256).success;

const axes = Object.entries(keySchemas).map(([key, schema]) => {
  const choices = z.array(schema).min(1).max(1000);
  return [key, (takesRange(schema) ? z.union([choices, range]) : choices).optional()] as const;
});

const bound = z
  .strictObject({ least: z.number().optional(), most: z.number().optional() })
  .refine(({ least, most }) => least !== undefined || most !== undefined, "least, most, or both");

const bounds = Object.fromEntries(figureNames.map((name) => [name, bound.optional()])) as Record<
  FigureName,
  z.ZodOptional<typeof bound>
>;

const within = z
  .number()
  .min(0)
  .max(100)
  .default(0)
  .describe("per cent that the winner may stay behind the best of this objective, for the sake of the next ones");

const objective = z.union([
  z.strictObject({ most: z.enum(figureNames), within }),
  z.strictObject({ least: z.enum(figureNames), within }),
]);

/** Shape of `specs/spaces/*.yaml`. */
export const spaceSchema = z.strictObject({
  bfq: versionSchema,
  name: nameSchema,
  description: z.string().max(400).optional(),
  base: referenceSchema.describe(
    "the accelerator spec that has every key that is not varied: a file of specs/accelerators, or a path relative to this one",
  ),
  model: z
    .string()
    .min(1)
    .max(400)
    .describe("a name of specs/models, or the path of a model spec (.yaml) or GGUF file, relative to this one"),
  mix: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,60}$/, "a mix of the model spec, or pure-FORMAT")
    .optional()
    .describe("quantisation of a model spec: Q2_K, Q4_K_M, pure-q3_K ..."),
  context: z.int().min(1).max(4096).default(128).describe("tokens of the prompt, and those a token looks back at"),
  vary: z
    .strictObject(Object.fromEntries(axes))
    .describe("for keys of an accelerator spec: a list of choices, or a range { from, to, step or times }"),
  "leave-out": z
    .array(
      z.strictObject(Object.fromEntries(Object.entries(keySchemas).map(([key, schema]) => [key, schema.optional()]))),
    )
    .max(100)
    .optional()
    .describe("points that are not looked at: those with all of these values"),
  constraints: z
    .strictObject(bounds)
    .optional()
    .describe("for figures of a point: { least, most }; the board bounds all"),
  objectives: z.array(objective).min(1).max(6).describe("figures to make great or small, the most important first"),
});

export type SpaceYaml = z.infer<typeof spaceSchema>;
