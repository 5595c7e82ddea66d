import type { Argv } from "yargs";
import { z } from "zod";
import { descriptorValues, encodeDescriptor } from "../plan/descriptor.ts";
import { planFormat, refuseFormat } from "../plan/format-plan.ts";
import type { Parameters } from "../plan/parameters.ts";
import { userError } from "../problem.ts";
import { chooseFormat, readLibrary } from "../spec/library.ts";
import { describeFormat } from "./describe-format.ts";
import { readInput } from "./files.ts";
import { readLateFormat } from "./late-format.ts";
import { type CommonOptions, type Outcome, report, table } from "./outcome.ts";

interface Options extends CommonOptions {
  action?: "show" | "add" | undefined;
  name?: string | undefined;
  to?: string | undefined;
}

export const command = "formats [action] [name]";
export const describe = "list the block formats; show draws one; add --to FOLDER fits one to a built variant";

export const builder = (yargs: Argv) =>
  yargs
    .positional("action", { choices: ["show", "add"] as const, describe: "what to do with one format" })
    .positional("name", { type: "string", describe: "show: a format's name or file (.yaml); add: likewise" })
    .option("to", { type: "string", describe: "add: folder of a generated variant" })
    .check(({ action, name, to }) => {
      if (action !== undefined && name === undefined) return `formats ${action} needs a name`;
      return (action === "add") === (to !== undefined) || "--to belongs to formats add, which needs it";
    });

export const handler = (options: Options) =>
  report(options, async () => {
    const { action, name = "", to = "" } = options;
    if (action === "show") return show(name);
    return action === "add" ? add(name, to) : list();
  });

async function list(): Promise<Outcome> {
  const formats = [...(await readLibrary()).values()].map((format) => ({
    name: format.name,
    bitsPerWeight: (format.bytes * 8) / format.elements,
    elements: format.elements,
    bytes: format.bytes,
    activation: format.activation,
    hardware: refuseFormat(format).length === 0,
    description: format.description ?? "",
  }));
  const rows = formats.map((row) => [
    row.name,
    row.bitsPerWeight,
    row.elements,
    row.bytes,
    row.activation,
    row.hardware ? "yes" : "golden only",
    row.description,
  ]);
  const header = ["format", "bits/weight", "weights", "bytes", "activation", "hardware", ""];
  return { ok: true, json: { formats }, text: table(header, rows) };
}

async function show(wanted: string): Promise<Outcome> {
  const { drawing, ...json } = describeFormat(await chooseFormat(wanted));
  return { ok: true, json: { ...json, drawing }, text: drawing };
}

const manifestSchema = z.object({ spec: z.string(), parameters: z.record(z.string(), z.number()) });

/** The parameters of a variant that was generated, and maybe built, before the format was known. */
async function readManifest(folder: string): Promise<{ spec: string; parameters: Parameters }> {
  const file = `${folder}/manifest.json`;
  const text = new TextDecoder().decode(await readInput(file));
  try {
    return manifestSchema.parse(JSON.parse(text)) as unknown as { spec: string; parameters: Parameters };
  } catch {
    throw userError("manifest", "this is not the manifest of a generated variant", {
      file,
      fix: "name the folder that `bfq generate` wrote",
    });
  }
}

async function add(file: string, folder: string): Promise<Outcome> {
  const { spec, parameters } = await readManifest(folder);
  const format = await readLateFormat(file, parameters, spec);
  const plan = planFormat(format);
  const job = { rows: 0, kTiles: 0, columns: 0, outputStride: 0, laneStride: 0, weights: 0, activations: 0, output: 0 };
  const descriptor = encodeDescriptor(descriptorValues(plan, job), plan.codebook, parameters);
  const formatDescriptor = Buffer.from(descriptor.subarray(64)).toString("hex");
  return {
    ok: true,
    json: { format: format.name, variant: spec, tileWords: plan.tileWords, formatDescriptor },
    text: [
      `${format.name} fits the machine of ${spec}: no new bitstream is needed.`,
      `tile: ${plan.tileWords} words (${((plan.tileWords * 128) / 2048).toFixed(3)} bits a weight)`,
      `format descriptor (descriptor words 4 and up): ${formatDescriptor}`,
    ].join("\n"),
  };
}
