import { basename } from "node:path";
import type { Argv } from "yargs";
import { meanSquares } from "../eval/calibrate.ts";
import { type EvalModel, matricesOf } from "../eval/model.ts";
import { openEvalModel } from "../eval/open.ts";
import { cutWindows } from "../eval/windows.ts";
import { cell, labColumns } from "../lab/columns.ts";
import type { Target } from "../lab/hardware.ts";
import { runLab } from "../lab/lab.ts";
import { claimLab, frontOf, labJson, labNotes, type Shown, writeLab } from "../lab/page.ts";
import { modelOfGguf } from "../model/gguf-model.ts";
import { chooseModelSpec } from "../model/open-model.ts";
import type { OutputFolder } from "../output/folder.ts";
import { packageRoot } from "../paths.ts";
import { quote } from "../printable.ts";
import { userError } from "../problem.ts";
import { chooseBoard } from "../spec/board.ts";
import type { Format } from "../spec/format.ts";
import { chooseFormat, readLibrary } from "../spec/library.ts";
import { readText } from "./files.ts";
import { type CommonOptions, type Outcome, report, table } from "./outcome.ts";
import { withProgress } from "./progress.ts";
import { positiveInteger } from "./variant-options.ts";

interface Options extends CommonOptions {
  formats: string[];
  model: string;
  text: string;
  chunks: number;
  calibrate?: string | undefined;
  target: string;
  board: string;
  out?: string | undefined;
  workers?: number | undefined;
}

const sample = `${packageRoot}hw-tests/data/kjv-2.5m`;

export const command = "lab <formats..>";
export const describe = "formats side by side: what they cost a model, the fabric and tokens per second";

export const builder = (yargs: Argv) =>
  yargs
    // Elsewhere the last of equal ones counts; formats are a list.
    .parserConfiguration({ "duplicate-arguments-array": true })
    .positional("formats", {
      type: "string",
      array: true,
      demandOption: true,
      describe: "names, files (.yaml) of your own, or all: every format of bfq's",
    })
    .option("model", {
      type: "string",
      default: `${sample}/kjv2.5M-f16.gguf`,
      defaultDescription: "the sample model",
      describe: "F32, F16 or BF16 .gguf that is quantised and judged",
    })
    .option("text", {
      type: "string",
      default: `${sample}/val.txt`,
      defaultDescription: "the sample's",
      describe: "UTF-8 text that it reads",
    })
    .option("chunks", { type: "number", default: 64, describe: "windows of the text at most" })
    .option("calibrate", { type: "string", describe: "another text: quantise by the activations that it gives" })
    .option("target", {
      type: "string",
      default: "tinyllama-1.1b",
      describe: "name or file of a model spec: whose tok/s are estimated",
    })
    .option("board", { type: "string", default: "kv260", describe: "name or file of the board that it runs on" })
    .option("out", { type: "string", describe: "folder for a page, its pictures (SVG) and lab.json" })
    .option("workers", { type: "number", describe: "threads (default: one a core)" })
    .check((argv) => {
      const twice = Object.entries(argv).find(
        ([key, value]) => Array.isArray(value) && key !== "formats" && key !== "_",
      );
      return twice === undefined || `--${twice[0]} is given twice`;
    });

export const handler = (options: Options) =>
  report(options, async () => {
    const output = options.out === undefined ? undefined : await claimLab(options.out);
    try {
      return await tryFormats(options, output);
    } finally {
      await output?.release();
    }
  });

async function tryFormats(options: Options, output: OutputFolder | undefined): Promise<Outcome> {
  const formats = await readFormats(options.formats);
  const target: Target = { model: await chooseModelSpec(options.target), board: await chooseBoard(options.board) };
  const chunks = positiveInteger("chunks", options.chunks, 2 ** 24);
  const workers = options.workers === undefined ? {} : { workers: positiveInteger("workers", options.workers, 256) };
  const { file, typeNames, model, vocabulary } = await openEvalModel(options.model);
  refuseQuantised(model, options.model);
  const context = Math.min(512, model.sizes.context);
  const windows = cutWindows(await readText(options.text), vocabulary, context, chunks);
  const calibration =
    options.calibrate === undefined ? [] : cutWindows(await readText(options.calibrate), vocabulary, context);
  const shown = await withProgress(options, `trying ${formats.length} formats`, async (say): Promise<Shown> => {
    const importance =
      calibration.length > 0 &&
      (await meanSquares(model, calibration, (done) => say(`calibrating: ${done} of ${calibration.length} windows`)));
    const described = modelOfGguf(file, typeNames);
    const job = { formats, described, model, windows, target, say, ...workers, ...(importance && { importance }) };
    const rows = await runLab(job);
    const names = { model: basename(options.model), text: basename(options.text) };
    return {
      subject: { ...names, target: target.model.name, board: target.board.name },
      summary: `${windows.length} windows of ${context} tokens of ${names.text}; ${calibration.length > 0 ? `quantised by the activations of ${basename(options.calibrate!)}` : "quantised without calibration"}.`,
      rows,
    };
  });
  const { out } = options;
  const files = output ? await writeLab(output, shown) : [];
  return {
    ok: true,
    json: { ...labJson(shown), context, chunks: windows.length, ...(out !== undefined && { out, files }) },
    text: [describeLab(shown), ...(out === undefined ? [] : [`page: ${out}/index.html`])].join("\n"),
  };
}

function refuseQuantised(model: EvalModel, path: string): void {
  const quantised = matricesOf(model).find(({ blocks }) => blocks);
  if (!quantised) return;
  throw userError("already-quantised", `tensor ${quote(quantised.name)} is ${quantised.blocks!.format.name}`, {
    why: "what was lost once would be lost twice",
    fix: "give the F32, F16 or BF16 file",
    file: path,
  });
}

/** Formats in the order of their names on the command line, none twice. */
async function readFormats(references: readonly string[]): Promise<Format[]> {
  const library = await readLibrary();
  const chosen = new Map<string, Format>();
  for (const reference of references) {
    const found = reference === "all" ? [...library.values()] : [await chooseFormat(reference)];
    for (const format of found) if (!chosen.has(format.name)) chosen.set(format.name, format);
  }
  return [...chosen.values()];
}

function describeLab(shown: Shown): string {
  const { subject, summary, rows } = shown;
  const columns = labColumns(subject);
  const cells = rows.map((row) => [row.format, ...columns.map((column) => cell(column, row)), frontOf(row)]);
  return [
    summary,
    "",
    table(["format", ...columns.map(({ title }) => title), "front"], cells),
    "",
    ...columns.map(({ title, source, how }) => `${title}: ${source}; ${how}`),
    "front: no other format here has as little KL divergence at as few bits, or at as many tokens a second",
    ...labNotes(shown),
  ].join("\n");
}
