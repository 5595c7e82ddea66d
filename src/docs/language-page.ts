import { z } from "zod";
import { formatSchema } from "../spec/format-schema.ts";

/** A whole format spec that shows some keys of the language. */
export interface Example {
  title: string;
  text: string;
  yaml: string;
}

const spec = (name: string, block: string, rest: string) => `bfq: 1
name: ${name}
block: ${block}
activation: q8_0
${rest}`;

/** Every key of the language is in one of these; the tests parse each of them. */
export const examples: Example[] = [
  {
    title: "Layouts: byte, bit, shape, stride, from",
    text: `A piece places \`bits\` of each element. \`shape\` counts the elements, the slowest digit of the index first, \`stride\` is the
distance in bits for each digit. Pieces of one field add bits above those of earlier pieces; with \`from\` a piece starts at a
later element instead. Here the second half of the scales lies elsewhere, as in q4_K.`,
    yaml: spec(
      "pieces",
      "{ elements: 64, bytes: 22, sub-block: 32 }",
      `fields:
  d: { type: f16, byte: 0 }
  scale:
    - { bits: 4, byte: 2, shape: [1], stride: [8] }
    - { bits: 4, byte: 3, bit: 4, shape: [1], stride: [8], from: 1 }
  padding:
    - { bits: 4, byte: 2, bit: 4 }
    - { bits: 4, byte: 3, from: 1 }
  code: # two bits below, then bit planes
    - { bits: 1, byte: 4, shape: [64], stride: [1] }
    - { bits: 1, byte: 12, shape: [64], stride: [1] }
  min:
    - { bits: 8, byte: 20, shape: [2], stride: [8] }
  dmin: d
level: { offset: 2 }
`,
    ),
  },
  {
    title: "Scales and mins: type, multiplier, offset, constant",
    text: `A stored integer becomes \`multiplier * stored - offset\`; \`constant\` stands where the block stores none. \`dmin: d\` shares the
block scale (integer zero points). \`multiplier\` of d and of levels is a power of two: it goes into the exponent.`,
    yaml: spec(
      "scales",
      "{ elements: 32, bytes: 19, sub-block: 32 }",
      `fields:
  d: { type: bf16, byte: 0, multiplier: 0.5 }
  dmin: d
  scale:
    - { bits: 8, byte: 2 }
  code:
    - { bits: 4, byte: 3, shape: [32], stride: [4] }
level: { twos-complement: true, multiplier: 0.25 }
scale: { type: twos-complement, multiplier: 2, offset: 1 }
min: { constant: 8 }
`,
    ),
  },
  {
    title: "A float scale whose bits are scattered: pieces",
    text: "The low 12 bits of the f16 at one place, the high 4 at another.",
    yaml: spec(
      "scattered",
      "{ elements: 32, bytes: 18, sub-block: 32 }",
      `fields:
  d:
    type: f16
    pieces:
      - { bits: 12, byte: 0 }
      - { bits: 4, byte: 1, bit: 4 }
  code:
    - { bits: 4, byte: 2, shape: [32], stride: [4] }
level: { bipolar: true }
`,
    ),
  },
  {
    title: "Base 3: trit",
    text: `\`trit\` names the digit of \`shape\` that counts the five base-3 digits of one byte, the most significant first. \`step\` may be
written down: it is then checked.`,
    yaml: spec(
      "base3",
      "{ elements: 160, bytes: 34, sub-block: 160 }",
      `step: 32
fields:
  d: { type: f16, byte: 32 }
  code:
    - { trit: 0, byte: 0, shape: [5, 32], stride: [0, 8] }
level: { offset: 1 }
`,
    ),
  },
  {
    title: "Codebooks and minifloats",
    text: `A codebook has a whole number of -128..127 for each code. Published codebooks of fractions (NF4) are scaled to int8: the level
times 127 over the largest, rounded, and 1/127 goes into d when the model is quantised; the error for fractions prints the
scaled table. \`minifloat\` takes e2m1, e3m2, e2m3, e4m3 or e5m2 instead.`,
    yaml: spec(
      "nf4_int8",
      "{ elements: 64, bytes: 34, sub-block: 64 }",
      `fields:
  d: { type: f16, byte: 0 }
  code:
    - { bits: 4, byte: 2, shape: [64], stride: [4] }
level:
  codebook: [-127, -88, -67, -50, -36, -23, -12, 0, 10, 20, 31, 43, 56, 71, 92, 127]
`,
    ),
  },
  {
    title: "Grids: grid, sign, delta",
    text: `With \`level.grid\` a code is an index of a vector: the file is \`grids/NAME.txt\` beside the spec, one of bfq's own (this one), or
a path that ends in .txt; a vector a line. \`fields.sign\` has a bit for each element, or 7 bits for 8 with the eighth by even
parity; \`fields.delta\` moves runs of elements by an eighth instead.`,
    yaml: `bfq: 1
name: grid
ggml: { type: 200 } # the number in GGUF files
block: { elements: 256, bytes: 98, sub-block: 256 }
activation: q8_K
fields:
  d: { type: f16, byte: 0 }
  code: # 64 indices of 256 vectors of 4
    - { bits: 8, byte: 2, shape: [64], stride: [8] }
  sign:
    - { bits: 1, byte: 66, shape: [256], stride: [1] }
level: { grid: iq3_xxs }
`,
  },
  {
    title: "A grid with deltas",
    text: "One bit for 8 weights: plus or minus an eighth of a grid step.",
    yaml: `bfq: 1
name: deltas
block: { elements: 256, bytes: 50, sub-block: 256 }
activation: q8_K
fields:
  d: { type: f16, byte: 0 }
  code: # 32 indices of 2048 vectors of 8
    - { bits: 11, byte: 2, shape: [32], stride: [11] }
  delta:
    - { bits: 1, byte: 46, shape: [32], stride: [1] }
level: { grid: iq1_s }
`,
  },
  {
    title: "Blocks that do not divide 256",
    text: `Tiles have 256 columns, so blocks of 48, 80, 96 or 512 weights with one scale run in the golden model only. Where the
quantiser is yours, repeat d: a block of 128 weights with a scale for each 32 does the work of blocks of 96 that share one, at
16 bits for each more.`,
    yaml: spec(
      "repeated",
      "{ elements: 128, bytes: 72, sub-block: 32 }",
      `fields:
  d: { type: f16, byte: 0, shape: [4], stride: [16] }
  code:
    - { bits: 4, byte: 8, shape: [128], stride: [4] }
level: { offset: 8 }
`,
    ),
  },
];

/** Prints docs/format-language.md: every key as the schema has it, and an example of each. */
export function languagePage(): string {
  return [
    "# The format language",
    "",
    "Printed from src/spec/format-schema.ts by src/docs/language-page.ts; the tests parse every example.",
    "",
    "A format is one YAML file: weight = d * scale * level(code) - dmin * min. Every bit of a block has one meaning or is",
    "named as padding. An accelerator spec names it by its path, relative to the spec, as every verb does that takes a format.",
    "",
    "## Keys",
    "",
    "| key | takes | meaning |",
    "| --- | --- | --- |",
    ...rows(formatSchema, ""),
    "",
    "## Examples",
    "",
    ...examples.flatMap(({ title, text, yaml }) => [
      `### ${title}`,
      "",
      text,
      "",
      "```yaml",
      yaml.trimEnd(),
      "```",
      "",
    ]),
    "## What can't be said, and the nearest way",
    "",
    "- **Bits that several weights share** (a stride of 0): a bit has one place in the codes. Write the shared bits and the",
    "  weights' own as one index of a grid, whose vectors list what each combination means.",
    "- **Levels that are no whole numbers**: scale them to int8, as above.",
    "- **Blocks that do not divide 256**: repeat d, as above.",
    "",
  ].join("\n");
}

/** A line for each key below a schema; what is said twice in it (pieces, float fields) is described where it first occurs. */
function rows(schema: z.ZodType, path: string, seen = new Set<z.ZodType>()): string[] {
  return parts(schema).flatMap((part) => {
    if (part instanceof z.ZodArray) return rows(part.element as z.ZodType, `${path}[]`, seen);
    if (!(part instanceof z.ZodObject) || seen.has(part)) return [];
    seen.add(part);
    return Object.entries(part.shape as Record<string, z.ZodType>).flatMap(([key, value]) => {
      const name = path ? `${path}.${key}` : key;
      const meaning = value.description ?? parts(value).find(({ description }) => description)?.description ?? "";
      const takes = parts(value).map(kind).join(" or ");
      return [`| \`${name}\` | ${takes} | ${meaning.replaceAll("|", "\\|")} |`, ...rows(value, name, seen)];
    });
  });
}

/** A schema without its optional shell, a union as its branches. */
function parts(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return parts(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodUnion ? (schema.options as z.ZodType[]).flatMap(parts) : [schema];
}

function kind(schema: z.ZodType): string {
  if (schema instanceof z.ZodLiteral) return [...schema.values].map((value) => `\`${value}\``).join(" or ");
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${option}\``).join(", ");
  if (schema instanceof z.ZodArray) return "a list";
  if (schema instanceof z.ZodObject) return "a map";
  return schema instanceof z.ZodString ? "a word" : "a number";
}
