import type { Argv } from "yargs";
import { z } from "zod";
import { encodeFormat, lateBlockBytes } from "../emit/format-file.ts";
import { writeOutput } from "../output/file.ts";
import { type FormatPlan, planFormat, refuseFormat } from "../plan/format-plan.ts";
import type { MachineParameters } from "../plan/parameters.ts";
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
  out?: string | undefined;
}

export const command = "formats [action] [name]";
export const describe = "list the block formats; show draws one; add --to FOLDER brings one to a variant that is built";

export const builder = (yargs: Argv) =>
  yargs
    .positional("action", { choices: ["show", "add"] as const, describe: "what to do with one format" })
    .positional("name", { type: "string", describe: "show: a format's name or file (.yaml); add: likewise" })
    .option("to", { type: "string", describe: "add: folder of a generated variant" })
    .option("out", { type: "string", describe: "add: file for the variant's driver (docs/driver.md)" })
    .check(({ action, name, to, out }) => {
      if (action !== undefined && name === undefined) return `formats ${action} needs a name`;
      if (out !== undefined && action !== "add") return "--out belongs to formats add";
      return (action === "add") === (to !== undefined) || "--to belongs to formats add, which needs it";
    });

export const handler = (options: Options) =>
  report(options, async () => {
    const { action, name = "", to = "", out } = options;
    if (action === "show") return show(name);
    return action === "add" ? add(name, to, out) : list();
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
async function readManifest(folder: string): Promise<{ spec: string; parameters: MachineParameters }> {
  const file = `${folder}/manifest.json`;
  const text = new TextDecoder().decode(await readInput(file));
  try {
    return manifestSchema.parse(JSON.parse(text)) as unknown as { spec: string; parameters: MachineParameters };
  } catch {
    throw userError("manifest", "this is not the manifest of a generated variant", {
      file,
      fix: "name the folder that `bfq generate` wrote",
    });
  }
}

async function add(file: string, folder: string, out: string | undefined): Promise<Outcome> {
  const { spec, parameters } = await readManifest(folder);
  const format = await readLateFormat(file, parameters, spec);
  const plan = planFormat(format);
  if (out !== undefined) await writeFormat(out, plan, parameters);
  return {
    ok: true,
    json: { format: format.name, variant: spec, tileWords: plan.tileWords, ...(out !== undefined && { out }) },
    text: [
      `${format.name} fits the machine of ${spec}: no new bitstream is needed.`,
      `tile: ${plan.tileWords} words (${((plan.tileWords * 128) / 2048).toFixed(3)} bits a weight)`,
      out === undefined
        ? "--out FILE writes it for the driver"
        : `${out}: for bfq_add_format, or BFQ_FORMATS of the plug-in`,
    ].join("\n"),
  };
}

async function writeFormat(out: string, plan: FormatPlan, parameters: MachineParameters): Promise<void> {
  const { bytes } = plan.stored;
  if (bytes > lateBlockBytes) {
    const what = `${plan.name} has blocks of ${bytes} bytes; a driver that was built without it takes ${lateBlockBytes}`;
    throw userError("late-block", what, { fix: "generate a variant with it" });
  }
  await writeOutput(out, encodeFormat(plan, parameters));
}
