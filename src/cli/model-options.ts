import type { Argv } from "yargs";

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
    .option("mix", { type: "string", describe: "quantisation of a model spec: Q2_K, Q4_K_M, pure-Q3_K ..." });
