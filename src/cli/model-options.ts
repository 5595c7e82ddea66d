import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import type { Argv } from "yargs";
import { modelOfGguf } from "../model/gguf-model.ts";
import { type Model, modelOfMix } from "../model/model-mix.ts";
import { readModelSpec } from "../model/model-spec.ts";
import { nearest } from "../nearest.ts";
import { specsFolder } from "../paths.ts";
import { userError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { chooseFormat, readLibrary, withFormats } from "../spec/library.ts";
import { printable } from "../spec/printable.ts";
import { isPath } from "../spec/reference.ts";
import { openModel } from "./variant-options.ts";

export interface ModelOptions {
  model: string;
  mix?: string | undefined;
}

export const withModel = (yargs: Argv) =>
  yargs
    .positional("spec", { type: "string", demandOption: true, describe: "a file of specs/accelerators" })
    .option("model", {
      type: "string",
      demandOption: true,
      describe: "a name of specs/models, a model spec (.yaml), or a .gguf file, of which the header is read",
    })
    .option("mix", {
      type: "string",
      describe: "quantisation of a model spec: Q2_K, Q4_K_M, pure-Q3_K, pure-./mine.yaml ...",
    });

/** A model and every format that it or the variant has. */
export interface ModelWithFormats {
  model: Model;
  library: ReadonlyMap<string, Format>;
}

/** The model that --model and --mix name, on a variant with these formats. @throws UserError */
export async function readModel(options: ModelOptions, formats: readonly Format[]): Promise<ModelWithFormats> {
  const library = withFormats(await readLibrary(), formats);
  const { mix = "" } = options;
  if (!mix.startsWith("pure-") || !isPath(mix)) return { model: await modelOf(options, formats, library), library };
  const format = await chooseFormat(mix.slice("pure-".length));
  const all = withFormats(library, [format]);
  return { model: await modelOf({ ...options, mix: `pure-${format.name}` }, formats, all), library: all };
}

async function modelOf(
  { model, mix }: ModelOptions,
  formats: readonly Format[],
  library: ReadonlyMap<string, Format>,
): Promise<Model> {
  if (model.endsWith(".gguf")) {
    if (mix !== undefined) throw userError("usage", "a GGUF file has its types: leave --mix out");
    const { file, typeNames } = await openModel(model, formats);
    return modelOfGguf(file, typeNames);
  }
  const yaml = await readModelSpec(await specPath(model));
  if (mix === undefined) {
    throw userError("usage", `${yaml.name} needs --mix`, { fix: `one of ${Object.keys(yaml.mixes).join(", ")}` });
  }
  return modelOfMix(yaml, mix, library);
}

async function specPath(model: string): Promise<string> {
  if (model.endsWith(".yaml")) return model;
  const names = (await readdir(`${specsFolder}/models`)).map((file) => basename(file, ".yaml"));
  if (names.includes(model)) return `${specsFolder}/models/${model}.yaml`;
  // The family alone is often what someone types.
  const family = (name: string) => name.split("-")[0];
  const near = nearest(model, names.map(family));
  const guess = nearest(model, names) ?? names.find((name) => family(name) === near);
  throw userError("unknown-model", `no model named '${printable(model)}'`, {
    fix: guess ? `did you mean '${guess}'?` : `known models: ${names.join(", ")}; or give a .yaml or .gguf file`,
  });
}
