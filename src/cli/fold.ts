import { copyFile, open } from "node:fs/promises";
import type { Argv } from "yargs";
import { type FoldOptions, findExponents, foldedTensors, scalingsOf } from "../eval/fold.ts";
import { loadModel } from "../eval/model.ts";
import { readVocabulary } from "../eval/vocabulary.ts";
import { cutWindows } from "../eval/windows.ts";
import { openWeights } from "../model/open-model.ts";
import { makeOutput } from "../output/file.ts";
import { userError } from "../problem.ts";
import { readLibrary } from "../spec/library.ts";
import { readText } from "./files.ts";
import { type CommonOptions, report } from "./outcome.ts";
import { positiveInteger } from "./variant-options.ts";

interface Options extends CommonOptions {
  model: string;
  calibrate: string;
  out: string;
  channels: FoldOptions["channels"];
  bits: number;
  steps: number;
}

export const command = "fold <model>";
export const describe = "powers of two that even out activation channels, folded into the weights (TRIP)";

export const builder = (yargs: Argv) =>
  yargs
    .positional("model", { type: "string", demandOption: true, describe: "an F32, F16 or BF16 .gguf file" })
    .option("calibrate", { type: "string", demandOption: true, describe: "text whose activations are looked at" })
    .option("out", { type: "string", demandOption: true, describe: "the folded .gguf file" })
    .option("bits", { type: "number", default: 4, describe: "bits of the activations to come, 2 to 8" })
    .option("channels", {
      choices: ["outliers", "all"] as const,
      default: "all" as const,
      describe: "which channels: outliers costs the weights' format less, and is what 8 bits need",
    })
    .option("steps", { type: "number", default: 8, describe: "powers of two between channels (K), up to 20" });

/** Windows of the calibration text that are looked at. */
const calibrationWindows = 16;

export const handler = (options: Options) =>
  report(options, async () => {
    const { channels, out } = options;
    const steps = positiveInteger("steps", options.steps, 20);
    const bits = positiveInteger("bits", options.bits, 8);
    if (bits < 2) throw userError("usage", "--bits is 1; it must be 2 to 8");
    const { file } = await openWeights(options.model);
    const model = await loadModel(file, await readLibrary());
    const context = Math.min(512, model.sizes.context);
    const windows = cutWindows(await readText(options.calibrate), readVocabulary(file), context, calibrationWindows);
    const exponents = await findExponents(model, windows, { bits, steps, channels });
    const changed = await writeFolded(
      options.model,
      out,
      foldedTensors(file, scalingsOf(file, model.sizes, exponents)),
    );
    const all = Object.values(exponents).flatMap((list) => [...list]);
    const folded = all.filter((exponent) => exponent !== 0).length;
    return {
      ok: true,
      json: { model: options.model, out, bits, channels, steps, tensors: changed, folded, of: all.length },
      text: `${folded} of ${all.length} channels folded into ${changed} tensors: ${out}`,
    };
  });

/** A copy of the model with some tensors replaced, whole or not at all. @returns how many */
const writeFolded = (model: string, out: string, tensors: ReturnType<typeof foldedTensors>): Promise<number> =>
  makeOutput(out, async (beside) => {
    await copyFile(model, beside);
    const handle = await open(beside, "r+");
    let count = 0;
    try {
      for await (const { tensor, bytes } of tensors) {
        await handle.write(bytes, 0, bytes.length, tensor.offset);
        count++;
      }
    } finally {
      await handle.close();
    }
    return count;
  });
