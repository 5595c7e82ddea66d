import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Argv } from "yargs";
import { meanSquares } from "../eval/calibrate.ts";
import { loadModel } from "../eval/model.ts";
import { readVocabulary } from "../eval/vocabulary.ts";
import { cutWindows } from "../eval/windows.ts";
import { modelOfGguf } from "../model/gguf-model.ts";
import { quantisedMixes } from "../model/llama-mix.ts";
import { openWeights, type Weights } from "../model/open-model.ts";
import { makeOutput } from "../output/file.ts";
import { specsFolder } from "../paths.ts";
import { UserError, userError } from "../problem.ts";
import { chooseFormats, type OwnFormat, type Target, writeQuantized } from "../quantise/model.ts";
import type { Format } from "../spec/format.ts";
import { chooseFormat, readLibrary, takenName } from "../spec/library.ts";
import { isPath } from "../spec/reference.ts";
import { readText } from "./files.ts";
import { type CommonOptions, report, table } from "./outcome.ts";
import { withProgress } from "./progress.ts";

interface Options extends CommonOptions {
  format?: string | undefined;
  mix?: string | undefined;
  in: string;
  out: string;
  calibrate?: string | undefined;
}

export const command = "quantize-model";
export const describe = "weights of a GGUF model (F32, F16, BF16) to any block format (activations: quantize)";

export const builder = (yargs: Argv) =>
  yargs
    .option("format", { type: "string", describe: "the format of all matrices: its name or its file (.yaml)" })
    .option("mix", {
      choices: quantisedMixes,
      describe: "types by tensor as llama-quantize gives them",
      conflicts: "format",
    })
    .option("in", { type: "string", demandOption: true, describe: "the F32, F16 or BF16 model (.gguf)" })
    .option("out", { type: "string", demandOption: true, describe: "the new model (.gguf)" })
    .option("calibrate", {
      type: "string",
      describe: "UTF-8 text that the model reads: columns count by the activations that meet them",
    });

export const handler = (options: Options) =>
  report(options, async () => {
    const target = await readTarget(options);
    const weights = await openWeights(options.in);
    const { file, typeNames } = weights;
    const model = modelOfGguf(file, typeNames);
    const formats = chooseFormats(model, target, await readLibrary());
    if (formats.size === 0) {
      throw userError("k-multiple", "no matrix of the model has rows of whole blocks", {
        fix: "use a format with shorter blocks",
        file: options.in,
      });
    }
    const own = "format" in target ? await ownFormat(options.format!, target.format) : undefined;
    await withProgress(options, `quantising ${options.in}`, async (say) => {
      const importance =
        options.calibrate === undefined ? {} : { importance: await calibrate(options.calibrate, weights, say) };
      const job = { file, model, formats, ...(own && { own }), ...importance, onTensor: say };
      await makeOutput(options.out, (beside) => writeQuantized(beside, job));
    });
    const kept = model.tensors
      .filter((tensor) => tensor.use !== "other" && !formats.has(tensor))
      .map(({ name }) => name);
    const rows = describeFormats(formats);
    const { size } = statSync(options.out);
    const warnings = kept.length > 0 ? [`rows are no whole blocks, so these stay as they are: ${kept.join(", ")}`] : [];
    return {
      ok: true,
      json: { in: options.in, out: options.out, bytes: size, formats: rows, kept, isForLlama: own === undefined },
      ...(warnings.length > 0 && { warnings }),
      text: [
        table(
          ["format", "tensors", "weights", "bits a weight"],
          rows.map((row) => [row.format, row.tensors, row.weights, row.bits.toFixed(4)]),
        ),
        `${size} bytes to ${options.out}${own ? `; ${own.format.name} is no type of ggml's: bfq reads it, llama.cpp does not` : ""}`,
      ].join("\n"),
    };
  });

async function readTarget({ format: reference, mix }: Options): Promise<Target> {
  if (mix !== undefined) return { mix };
  if (reference === undefined) throw userError("usage", "no format", { fix: "give --format or --mix" });
  const format = await chooseFormat(reference);
  if (!format.code.codec) return { format };
  throw userError("grid-format", `${format.name} takes its levels from a grid; bfq does not quantise to grids`, {
    fix: "use llama-quantize, or a format without one",
  });
}

/** What travels with the model: a format that is no type of ggml's. */
async function ownFormat(reference: string, format: Format): Promise<OwnFormat | undefined> {
  const library = await readLibrary();
  const taken = takenName(library, format);
  if (taken) throw new UserError([taken]);
  const known = library.get(format.name);
  if (known?.ggmlType !== undefined && known.ggmlType === format.ggmlType) return undefined;
  const file = isPath(reference) ? reference : `${specsFolder}/formats/${format.name}.yaml`;
  return { format, yaml: await readFile(file, "utf8") };
}

async function calibrate(path: string, { file, formats }: Weights, say: (line: string) => void) {
  const model = await loadModel(file, formats);
  const windows = cutWindows(await readText(path), readVocabulary(file), Math.min(512, model.sizes.context));
  return meanSquares(model, windows, (done) => say(`${done} of ${windows.length} windows of ${path}`));
}

function describeFormats(formats: ReturnType<typeof chooseFormats>) {
  const found = new Map<Format, { tensors: number; weights: number }>();
  for (const [{ rows, k, matrices }, format] of formats) {
    const { tensors, weights } = found.get(format) ?? { tensors: 0, weights: 0 };
    found.set(format, { tensors: tensors + 1, weights: weights + rows * k * matrices });
  }
  return [...found].map(([{ name, bytes, elements }, counts]) => ({
    format: name,
    ...counts,
    bits: (8 * bytes) / elements,
  }));
}
