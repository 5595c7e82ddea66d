import type { Argv } from "yargs";
import { activationBytes, quantize } from "../golden/quantize.ts";
import { writeOutput } from "../output/file.ts";
import { userError } from "../problem.ts";
import { type ActivationName, activationNames, activationOf } from "../spec/activations.ts";
import { readFloats } from "./files.ts";
import { type CommonOptions, report } from "./outcome.ts";

interface Options extends CommonOptions {
  activation: ActivationName;
  in: string;
  out: string;
  k?: number | undefined;
}

export const command = "quantize";
export const describe = "float32 activations to stored blocks, byte for byte as ggml does";

export const builder = (yargs: Argv) =>
  yargs
    .option("activation", { choices: activationNames, demandOption: true, describe: "activation format" })
    .option("in", { type: "string", demandOption: true, describe: "float32 values, little-endian" })
    .option("out", { type: "string", demandOption: true, describe: "stored blocks" })
    .option("k", { type: "number", describe: "row length, where a row has one scale" });

export const handler = (options: Options) =>
  report(options, async () => {
    const x = await readFloats(options.in);
    const { activation } = options;
    const k = options.k ?? Math.min(activationOf(activation).block, x.length);
    if (!Number.isInteger(k) || k < 1) throw userError("row-length", `--k ${k} is not a positive integer`);
    const block = Math.min(activationOf(activation).block, k);
    if (x.length === 0 || x.length % k !== 0 || k % block !== 0) {
      throw userError("row-length", `${x.length} values are not whole rows of ${k} in blocks of ${block}`, {
        file: options.in,
      });
    }
    const bytes = quantize(activation, x, k);
    await writeOutput(options.out, bytes);
    return {
      ok: true,
      json: {
        activation,
        rows: x.length / k,
        rowBytes: activationBytes(activation, k),
        bytes: bytes.length,
        out: options.out,
      },
      text: `${x.length} values to ${bytes.length} bytes of ${activation} in ${options.out}`,
    };
  });
