import type { Argv } from "yargs";
import { type ModelWithFormats, openModel } from "../model/open-model.ts";
import type { Format } from "../spec/format.ts";
import { chooseFormat, readLibrary, withFormats } from "../spec/library.ts";
import { isPath } from "../spec/reference.ts";

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
      describe: "a name of specs/models, a model spec (.yaml), or a GGUF file, of which the header is read",
    })
    .option("mix", {
      type: "string",
      describe: "quantisation of a model spec: Q2_K, Q4_K_M, pure-Q3_K, pure-./mine.yaml ...",
    });

/** The model that --model and --mix name, on a variant with these formats. @throws UserError */
export async function readModel({ model, mix }: ModelOptions, formats: readonly Format[]): Promise<ModelWithFormats> {
  const library = withFormats(await readLibrary(), formats);
  if (!mix?.startsWith("pure-") || !isPath(mix)) return openModel(model, mix, library);
  const format = await chooseFormat(mix.slice("pure-".length));
  return openModel(model, `pure-${format.name}`, withFormats(library, [format]));
}
