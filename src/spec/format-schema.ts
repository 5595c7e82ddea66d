import { z } from "zod";
import { activationNames } from "./activations.ts";
import { nameSchema, versionSchema } from "./naming.ts";

export const scaleTypes = ["f16", "bf16", "f32", "e8m0", "e8m0-nan", "ue4m3"] as const;
export const minifloats = ["e2m1", "e3m2", "e2m3", "e4m3", "e5m2"] as const;

export const scaleTypeBits: Record<ScaleType, 8 | 16 | 32> = {
  f16: 16,
  bf16: 16,
  f32: 32,
  e8m0: 8,
  "e8m0-nan": 8,
  ue4m3: 8,
};

const count = (max: number) => z.int().min(0).max(max);

/** Where the bits of a run of field elements lie: shape and stride in bits, slowest digit of the index first. */
const layout = {
  byte: count(65535).describe("byte of the block where element `from` starts"),
  bit: count(7).optional().describe("bit within that byte, 0 = least significant"),
  shape: z
    .array(z.int().min(1).max(65536))
    .min(1)
    .max(6)
    .optional()
    .describe("digits of the element index, slowest first"),
  stride: z.array(count(524288)).min(1).max(6).optional().describe("distance in bits for each digit"),
  from: count(65535).optional().describe("first element that this piece covers (default 0)"),
};

const pieceSchema = z
  .strictObject({
    bits: z
      .int()
      .min(1)
      .max(32)
      .describe("bits this piece adds to each element, above those of earlier pieces")
      .optional(),
    trit: count(5)
      .optional()
      .describe("digit of `shape` that counts the base-3 digits of one byte, most significant first"),
    ...layout,
  })
  .describe("a run of equal bit fields");

const fieldSchema = z.array(pieceSchema).min(1).max(16).describe("pieces, lowest bits first");

const floatFieldSchema = z.strictObject({
  type: z.enum(scaleTypes).describe("how a scale is stored"),
  multiplier: z.number().optional().describe("a power of two that the stored scale is multiplied with"),
  pieces: fieldSchema.optional().describe("where the scale's bits are scattered over the block"),
  byte: layout.byte.optional(),
  bit: layout.bit,
  shape: layout.shape,
  stride: layout.stride,
});

const integerSchema = z.strictObject({
  type: z.enum(["uint", "twos-complement"]).optional().describe("how the integer is stored (default uint)"),
  multiplier: z.literal([1, 2]).optional().describe("1 or 2: what the stored integer is multiplied with"),
  offset: z.int().min(-255).max(255).optional().describe("subtracted after the multiplier"),
  constant: z.int().min(-255).max(255).optional().describe("the value where the block stores none"),
});

const levelSchema = z.strictObject({
  offset: z.int().min(0).max(255).optional().describe("level = code - offset"),
  "twos-complement": z.literal(true).optional().describe("level = code as a signed number"),
  bipolar: z.literal(true).optional().describe("level = 2 code - (2^bits - 1)"),
  codebook: z
    .array(z.number().min(-128).max(127))
    .min(1)
    .max(256)
    .optional()
    .describe("a level for each code: whole numbers, as the multipliers take them"),
  minifloat: z.enum(minifloats).optional().describe("OCP MX's minifloats"),
  grid: z
    .string()
    .regex(
      /^(?:[A-Za-z][A-Za-z0-9_-]{0,39}|[ -~\u00a0-\uffff]{1,400}\.txt)$/,
      "a name (a letter, then up to 39 letters, digits, '_' or '-') or a path that ends in .txt",
    )
    .optional()
    .describe(
      "fields.code holds an index of these vectors: grids/NAME.txt beside the spec, one of bfq's own, or a path",
    ),
  multiplier: z.number().optional().describe("a power of two that every level is multiplied with"),
});

/** Shape of `specs/formats/*.yaml`; src/spec/format.ts checks what a shape can't say. */
export const formatSchema = z.strictObject({
  bfq: versionSchema,
  name: nameSchema,
  description: z.string().max(400).optional(),
  ggml: z
    .strictObject({ type: count(255) })
    .optional()
    .describe("type number in GGUF files"),
  block: z
    .strictObject({
      elements: z.int().min(1).max(4096),
      bytes: z.int().min(1).max(65536),
      "sub-block": z.int().min(1).max(4096),
    })
    .describe("weights and bytes of a block, weights of a sub-block"),
  activation: z.enum(activationNames).describe(`how activations are quantised: ${activationNames.join(", ")}`),
  step: z
    .int()
    .min(1)
    .max(4096)
    .optional()
    .describe("elements over which the float scales of weights and activations are constant; derived, so a check"),
  fields: z
    .strictObject({
      code: fieldSchema,
      scale: fieldSchema.optional(),
      min: fieldSchema.optional(),
      d: floatFieldSchema,
      dmin: z.union([floatFieldSchema, z.literal("d")]).optional(),
      sign: fieldSchema.optional().describe("with level.grid: signs, a bit an element or 7 bits for 8 (even parity)"),
      delta: fieldSchema.optional().describe("with level.grid: bits that move elements by -1/8 instead of +1/8"),
      padding: fieldSchema.optional(),
    })
    .describe("where the bits of code, scale, min, d and dmin lie"),
  level: levelSchema.describe(
    "the integer level of a code: one of offset, twos-complement, bipolar, codebook, minifloat, grid",
  ),
  scale: integerSchema.optional(),
  min: integerSchema.optional(),
});

export type FormatYaml = z.infer<typeof formatSchema>;
export type PieceYaml = z.infer<typeof pieceSchema>;
export type FloatFieldYaml = z.infer<typeof floatFieldSchema>;
export type IntegerYaml = z.infer<typeof integerSchema>;
export type ScaleType = (typeof scaleTypes)[number];
export type Minifloat = (typeof minifloats)[number];
