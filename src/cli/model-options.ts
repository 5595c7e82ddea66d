import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import type { Argv } from "yargs";
import { modelOfGguf } from "../model/gguf-model.ts";
import { type Model, modelOfMix } from "../model/model-mix.ts";
import { readModelSpec } from "../model/model-spec.ts";
import { nearest } from "../nearest.ts";
import { specsFolder } from "../paths.ts";
import { userError } from "../problem.ts";
import { readLibrary } from "../spec/library.ts";
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
    .option("mix", { type: "string", describe: "quantisation of a model spec: Q2_K, Q4_K_M, pure-Q3_K ..." });

/** The model that --model and --mix name. @throws UserError */
export async function readModel({ model, mix }: ModelOptions): Promise<Model> {
  if (model.endsWith(".gguf")) {
    if (mix !== undefined) throw userError("usage", "a GGUF file has its types: leave --mix out");
    const { file, typeNames } = await openModel(model);
    return modelOfGguf(file, typeNames);
  }
  const yaml = await readModelSpec(await specPath(model));
  if (mix === undefined) {
    throw userError("usage", `${yaml.name} needs --mix`, { fix: `one of ${Object.keys(yaml.mixes).join(", ")}` });
  }
  return modelOfMix(yaml, mix, await readLibrary());
}

async function specPath(model: string): Promise<string> {
  if (model.endsWith(".yaml")) return model;
  const names = (await readdir(`${specsFolder}/models`)).map((file) => basename(file, ".yaml"));
  if (names.includes(model)) return `${specsFolder}/models/${model}.yaml`;
  const guess = nearest(model, names);
  throw userError("unknown-model", `no model named '${model.slice(0, 40)}'`, {
    fix: guess ? `did you mean '${guess}'?` : `known models: ${names.join(", ")}; or give a .yaml or .gguf file`,
  });
}
