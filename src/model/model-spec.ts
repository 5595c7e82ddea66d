import { z } from "zod";
import { nearest } from "../nearest.ts";
import { UserError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { readLibrary, unknownFormat } from "../spec/library.ts";
import { nameSchema, versionSchema } from "../spec/naming.ts";
import { Report, refuse, SpecSource } from "../spec/source.ts";

const count = (most: number) => z.int().min(1).max(most);
const layerIndex = z.int().min(0).max(1023);

const fileName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,39}$/, "a letter, then up to 39 letters, digits, '.', '_' or '-'");

/** The types of one matrix over the layers: pieces that name layers, then one for the rest. */
const typesSchema = z.union([
  nameSchema,
  z
    .array(
      z.strictObject({
        type: nameSchema,
        layers: z.array(layerIndex).min(1).max(1024).optional().describe("the others where left out"),
      }),
    )
    .min(1),
]);

/** Shape of `specs/models/*.yaml`. */
export const modelSchema = z.strictObject({
  bfq: versionSchema,
  name: fileName,
  description: z.string().max(400).optional(),
  layers: count(1024),
  heads: z
    .strictObject({ query: count(1024), kv: count(1024), size: count(1024).describe("elements of one head") })
    .describe("attention heads"),
  matrices: z
    .array(z.strictObject({ name: nameSchema, rows: count(2 ** 24), k: count(2 ** 20).describe("elements of a row") }))
    .min(1)
    .max(64)
    .describe("of each layer: blk.<layer>.<name>.weight"),
  head: z
    .strictObject({
      rows: count(2 ** 24),
      k: count(2 ** 20),
      tied: z.boolean().describe("the token embedding is the output head too"),
    })
    .describe("the matrix that makes logits"),
  calls: z
    .array(z.array(nameSchema).min(1))
    .min(1)
    .max(64)
    .describe("matrices of a layer in the calls that llama.cpp makes of them, in order"),
  mixes: z
    .record(fileName, z.record(nameSchema, typesSchema))
    .describe("by name of the quantisation: the type of each matrix, of output where it is not tied, of token_embd"),
});

export type ModelYaml = z.infer<typeof modelSchema>;

type TypesYaml = z.infer<typeof typesSchema>;

/** Reads a model spec. @throws UserError with every problem found */
export async function readModelSpec(file: string): Promise<ModelYaml> {
  return parseModelSpec(await SpecSource.read(file));
}

export async function parseModelSpec(source: SpecSource): Promise<ModelYaml> {
  const shape = source.check(modelSchema);
  if ("problems" in shape) throw new UserError(shape.problems);
  const yaml = shape.value;
  const report = new Report(source);
  checkCalls(yaml, report);
  const library = await readLibrary();
  for (const mix of Object.keys(yaml.mixes)) checkMix(yaml, mix, library, report);
  refuse(report.problems);
  return yaml;
}

/** Each matrix of a layer is in one call. */
function checkCalls({ matrices, calls }: ModelYaml, report: Report): void {
  const names = matrices.map(({ name }) => name);
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) report.add(["matrices", i, "name"], "duplicate-matrix", `${name} is there twice`);
  });
  const called = new Set<string>();
  calls.forEach((call, i) => {
    call.forEach((name, j) => {
      if (!names.includes(name)) {
        report.add(["calls", i, j], "unknown-matrix", `no matrix named '${name}'`, guess(name, names));
      } else if (called.has(name)) {
        report.add(["calls", i, j], "duplicate-call", `${name} is called twice`);
      }
      called.add(name);
    });
  });
  for (const name of names) {
    if (!called.has(name)) report.add(["calls"], "missing-call", `no call has ${name}`, { fix: "add it to a call" });
  }
}

/** Where a mix gives types: the matrices of a layer, and those outside. Tied models have the head in token_embd. */
export function mixShapes({
  matrices,
  head,
}: ModelYaml): { name: string; rows: number; k: number; inLayer: boolean }[] {
  const outside = { rows: head.rows, k: head.k, inLayer: false };
  return [
    ...matrices.map((matrix) => ({ ...matrix, inLayer: true })),
    { name: "token_embd", ...outside },
    ...(head.tied ? [] : [{ name: "output", ...outside }]),
  ];
}

function checkMix(yaml: ModelYaml, mix: string, library: ReadonlyMap<string, Format>, report: Report): void {
  const types = yaml.mixes[mix];
  const shapes = mixShapes(yaml);
  for (const name of Object.keys(types)) {
    if (shapes.some((shape) => shape.name === name)) continue;
    const names = shapes.map((shape) => shape.name);
    report.add(["mixes", mix, name], "unknown-matrix", `no matrix named '${name}'`, guess(name, names));
  }
  for (const { name, k, inLayer } of shapes) {
    const path = ["mixes", mix, name];
    const given = types[name];
    if (given === undefined) {
      report.add(["mixes", mix], "missing-type", `${mix} gives no type for ${name}`, { fix: "add it" });
      continue;
    }
    if (typeof given !== "string") checkPieces(yaml, given, inLayer, path, report);
    const named = typeof given === "string" ? [given] : given.map(({ type }) => type);
    named.forEach((type, i) => {
      const at = typeof given === "string" ? path : [...path, i, "type"];
      const format = library.get(type);
      if (!format) {
        const { rule, what, fix } = unknownFormat(library, type);
        report.add(at, rule, what, { ...(fix && { fix }) });
      } else if (k % format.elements !== 0) {
        const why = `a block of ${type} has ${format.elements} weights`;
        report.add(at, "k-multiple", `rows of ${k} are no whole blocks of ${type}`, { why });
      }
    });
  }
}

/** Every layer has one type: pieces name layers, the last one is for the others. */
function checkPieces(
  { layers }: ModelYaml,
  pieces: Exclude<TypesYaml, string>,
  inLayer: boolean,
  path: readonly PropertyKey[],
  report: Report,
): void {
  if (!inLayer) {
    report.add(path, "no-layers", "only matrices of the layers have types by layer", { fix: "give one type" });
    return;
  }
  const seen = new Set<number>();
  pieces.forEach((piece, i) => {
    const isLast = i === pieces.length - 1;
    if (isLast !== (piece.layers === undefined)) {
      const fix = "the last piece, and only that, has no `layers`: it is for the others";
      report.add([...path, i], "layer-pieces", isLast ? "no type for the other layers" : "a piece without layers", {
        fix,
      });
    }
    piece.layers?.forEach((layer, j) => {
      const at = [...path, i, "layers", j];
      if (layer >= layers) report.add(at, "layer-range", `layer ${layer}; the model has 0..${layers - 1}`);
      if (seen.has(layer)) report.add(at, "duplicate-layer", `layer ${layer} has a type already`);
      seen.add(layer);
    });
  });
}

function guess(name: string, names: readonly string[]): { fix: string } {
  const near = nearest(name, names);
  return { fix: near ? `did you mean '${near}'?` : `matrices: ${names.join(", ")}` };
}
