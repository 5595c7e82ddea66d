import type { Argv } from "yargs";
import { findTensor, readTensor } from "../gguf/gguf.ts";
import { matmul, unpackWeights } from "../golden/matmul.ts";
import { quantize, readActivations } from "../golden/quantize.ts";
import { openWeights } from "../model/open-model.ts";
import { whyNotLength } from "../model/placement.ts";
import { writeOutput } from "../output/file.ts";
import { planFormat } from "../plan/format-plan.ts";
import { statusText } from "../plan/interface.ts";
import type { Variant } from "../plan/plan.ts";
import { printable } from "../printable.ts";
import { ExitCode, userError } from "../problem.ts";
import type { Job } from "../repack/image.ts";
import type { Format } from "../spec/format.ts";
import { chooseFormat } from "../spec/library.ts";
import { isPath } from "../spec/reference.ts";
import type { Engine } from "../verify/engines.ts";
import { runJobs } from "../verify/run.ts";
import { whileBuilding } from "./building.ts";
import { readFloats, readInput } from "./files.ts";
import { readLateFormat } from "./late-format.ts";
import { type CommonOptions, report } from "./outcome.ts";
import { findEngines, positiveInteger, readVariant } from "./variant-options.ts";

interface Options extends CommonOptions {
  spec?: string | undefined;
  engine: string;
  gguf?: string | undefined;
  tensor?: string | undefined;
  weights?: string | undefined;
  format?: string | undefined;
  rows?: number | undefined;
  k?: number | undefined;
  x: string;
  columns: number;
  out: string;
}

export const command = "matmul [spec]";
export const describe = "one MatMul on one engine";

export const builder = (yargs: Argv) =>
  yargs
    .positional("spec", { type: "string", describe: "an accelerator spec; engine golden needs none" })
    .option("engine", { type: "string", default: "golden", describe: "golden, csim, ..." })
    .option("gguf", {
      type: "string",
      describe: "take the weights from this model",
      implies: "tensor",
      conflicts: "weights",
    })
    .option("tensor", { type: "string", describe: "the tensor of the model", implies: "gguf" })
    .option("weights", { type: "string", describe: "stored blocks, row by row", implies: ["format", "rows", "k"] })
    .option("format", { type: "string", describe: "format of --weights: its name or its file (.yaml)" })
    .option("rows", { type: "number", describe: "rows of --weights" })
    .option("k", { type: "number", describe: "columns of --weights" })
    .option("x", { type: "string", demandOption: true, describe: "float32 activations, column after column" })
    .option("columns", { alias: "m", type: "number", default: 1, describe: "activation columns" })
    .option("out", { type: "string", demandOption: true, describe: "float32 result, column after column" });

export const handler = (options: Options) =>
  report(options, async () => {
    const { spec, engine } = options;
    const engines = engine === "golden" ? [] : findEngines(engine);
    const variant = spec === undefined ? undefined : await readVariant(spec);
    if (!variant && engines.length > 0) {
      throw userError("usage", `engine ${engines[0].name} runs a variant`, { fix: "name an accelerator spec" });
    }
    const weights = await readWeights(options, variant);
    const { format, rows, k } = weights;
    const reason = whyNotLength(format, k, variant?.plan);
    if (reason !== undefined) throw userError("k-length", reason);
    const columns = positiveInteger("columns", options.columns, 65536);
    const x = await readFloats(options.x);
    if (x.length !== columns * k) {
      throw userError("activation-size", `${x.length} values; ${columns} columns of K = ${k} need ${columns * k}`, {
        file: options.x,
      });
    }
    const activations = readActivations(format.activation, quantize(format.activation, x, k), k);
    const bits =
      variant && engines.length > 0
        ? await run(options, engines[0], { ...weights, plan: planFormat(format), activations }, variant)
        : matmul(unpackWeights(format, weights.stored, rows, k), activations);
    await writeOutput(options.out, new Uint8Array(bits.buffer));
    return {
      ok: true,
      json: { engine: options.engine, format: format.name, rows, k, columns, out: options.out },
      text: `${rows} x ${k} (${format.name}) times ${columns} columns on ${options.engine}: ${bits.length} values to ${options.out}`,
    };
  });

async function run(options: Options, engine: Engine, job: Job, { plan }: Variant): Promise<Uint32Array> {
  const start = await engine.prepare(engine.files(plan), whileBuilding(options, engine, plan));
  const { outputs, result } = await runJobs(start, [job], plan.parameters);
  if (result.status === 0) return outputs[0];
  const what = `${engine.name} ended with status ${result.status & 255}: ${statusText[result.status & 255] ?? "unknown"}`;
  throw userError("engine-status", what, {}, ExitCode.checkFailed);
}

async function readWeights(
  options: Options,
  variant: Variant | undefined,
): Promise<{ format: Format; stored: Uint8Array; rows: number; k: number }> {
  if (options.gguf !== undefined && options.tensor !== undefined) {
    const { file, typeNames, formats } = await openWeights(options.gguf, "data", variant?.accelerator.formats);
    const tensor = findTensor(file, options.tensor);
    const [k, rows = 1, ...more] = tensor.shape;
    const type = typeNames.get(tensor.type) ?? `type ${tensor.type}`;
    const format = formats.get(type);
    const isTaken = !variant || variant.accelerator.formats.some(({ name }) => name === type);
    if (!format || !isTaken) throw notTaken(type, variant);
    if (more.some((size) => size > 1))
      throw userError("not-a-matrix", `${tensor.name} has shape ${tensor.shape.join(" x ")}`);
    return { format, stored: await readTensor(tensor), rows, k };
  }
  if (options.weights === undefined || options.format === undefined) {
    throw userError("usage", "no weights", { fix: "give --gguf and --tensor, or --weights, --format, --rows and --k" });
  }
  const format = await namedFormat(options.format, variant);
  const rows = positiveInteger("rows", options.rows ?? 0, 2 ** 24);
  const k = positiveInteger("k", options.k ?? 0, 2 ** 24);
  if (k % format.elements !== 0) {
    throw userError("k-multiple", `K = ${k} is not a multiple of the block of ${format.name}`, {
      why: `a block has ${format.elements} weights`,
    });
  }
  const stored = await readInput(options.weights);
  const want = (rows * k * format.bytes) / format.elements;
  if (stored.length !== want) {
    throw userError("weights-size", `${stored.length} bytes; ${rows} x ${k} weights of ${format.name} have ${want}`, {
      file: options.weights,
    });
  }
  return { format, stored, rows, k };
}

/** A format by its name or file; a variant takes those of its spec, and files that fit its machine. */
async function namedFormat(reference: string, variant: Variant | undefined): Promise<Format> {
  if (!variant) return chooseFormat(reference);
  const { accelerator, plan } = variant;
  if (isPath(reference)) return readLateFormat(reference, plan.parameters, accelerator.name);
  const format = accelerator.formats.find(({ name }) => name === reference);
  if (!format) throw notTaken(printable(reference), variant);
  return format;
}

function notTaken(format: string, variant: Variant | undefined) {
  if (!variant) {
    return userError("not-block-floating-point", `${format} is no block format that bfq knows`, {
      fix: "see `bfq formats`",
    });
  }
  return userError("format-not-in-variant", `the variant has no format ${format}`, {
    fix: `it takes ${variant.accelerator.formats.map(({ name }) => name).join(", ")}; --engine golden needs no variant`,
  });
}
