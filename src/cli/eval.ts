import type { Argv } from "yargs";
import { type CacheType, cacheTypes } from "../eval/cache.ts";
import { type Engine, type EngineName, engineNames } from "../eval/engine.ts";
import { type Candidate, type Evaluation, evaluate } from "../eval/evaluate.ts";
import type { AttentionOptions } from "../eval/forward.ts";
import { loadModel } from "../eval/model.ts";
import { openEvalModel } from "../eval/open.ts";
import { type PruningRule, pruningRules } from "../eval/pruning.ts";
import { calibrateSites, chooseSites } from "../eval/site-choice.ts";
import { isStatic, parseSites, type SitePlan, siteTypeName } from "../eval/sites.ts";
import { type Softmax, softmaxes } from "../eval/softmax.ts";
import { cutWindows, type Window } from "../eval/windows.ts";
import { openWeights } from "../model/open-model.ts";
import { userError } from "../problem.ts";
import { readText } from "./files.ts";
import { type CommonOptions, report, table } from "./outcome.ts";
import { withProgress } from "./progress.ts";
import { positiveInteger } from "./variant-options.ts";

interface Options extends CommonOptions {
  model: string;
  text: string;
  reference?: string | undefined;
  context?: number | undefined;
  chunks?: number | undefined;
  engine?: EngineName | undefined;
  spec?: string | undefined;
  sites?: string | undefined;
  calibrate?: string | undefined;
  budget: number;
  prune?: PruningRule | undefined;
  keep: number;
  seed: number;
  workers?: number | undefined;
  "cache-k": CacheType;
  "cache-v": CacheType;
  softmax: Softmax;
}

export const command = "eval <model>";
export const describe = "accuracy of a model: perplexity, KL divergence (its speed: estimate)";

export const builder = (yargs: Argv) =>
  yargs
    .positional("model", { type: "string", demandOption: true, describe: "a .gguf file: llama, qwen2 or qwen3" })
    .option("text", { type: "string", demandOption: true, describe: "UTF-8 text that the model reads" })
    .option("reference", {
      type: "string",
      describe: "the F32 or F16 file: loss, KL divergence and top tokens against it",
    })
    .option("context", {
      type: "number",
      describe: "tokens a window (default: 512, or fewer where the model has fewer)",
    })
    .option("chunks", { type: "number", describe: "windows at most (default: the whole text)" })
    .option("engine", { choices: engineNames, describe: "what computes the MatMuls (default: fast)" })
    .option("spec", { type: "string", describe: "for csim and rtl: a file of specs/accelerators" })
    .option("sites", {
      type: "string",
      conflicts: "engine",
      describe: "activations by site: attention=int8,down=int4_token,... or all=int8, or auto (see --budget)",
    })
    .option("calibrate", { type: "string", describe: "text from which the scales of static sites are taken" })
    .option("budget", {
      type: "number",
      default: 1,
      describe: "with --sites auto: loss in per cent that 4 bits may cost",
    })
    .option("prune", { choices: pruningRules, describe: "tokens of the unscored half that go, layer by layer" })
    .option("keep", { type: "number", default: 0.7, describe: "with --prune: the share that is left in the end" })
    .option("seed", { type: "number", default: 1, describe: "with --prune random" })
    .option("cache-k", { choices: cacheTypes, default: "f16" as const, describe: "type of the key cache" })
    .option("cache-v", { choices: cacheTypes, default: "f16" as const, describe: "type of the value cache" })
    .option("softmax", {
      choices: Object.keys(softmaxes) as Softmax[],
      default: "exact" as const,
      describe: "log2: exp(x - max) in 4-bit powers of two",
    })
    .option("workers", { type: "number", describe: "threads (default: one a core)" });

export const handler = (options: Options) =>
  report(options, async () => {
    const { model, vocabulary } = await openEvalModel(options.model);
    const context = evenContext(options.context ?? Math.min(512, model.sizes.context), model.sizes.context);
    const most = options.chunks === undefined ? Infinity : positiveInteger("chunks", options.chunks, 2 ** 24);
    const windows = cutWindows(await readText(options.text), vocabulary, context, most);
    const workers = options.workers === undefined ? {} : { workers: positiveInteger("workers", options.workers, 256) };
    const attention = readAttention(options);
    const plain: Candidate = { model, attention, engine: readEngine(options) };
    const text = options.calibrate === undefined ? undefined : await readText(options.calibrate);
    const calibration = text === undefined ? [] : cutWindows(text, vocabulary, context, calibrationWindows);
    const reference =
      options.reference === undefined ? undefined : await readReference(options.reference, model.vocabularySize);
    const { found, sites } = await withProgress(options, `evaluating ${options.model}`, async (say) => {
      const onWindow = (done: number, of: number) => say(`${done} of ${of} windows`);
      const job = { windows, ...(reference && { reference }) };
      const run = (candidates: Candidate[]) => evaluate({ ...job, candidates }, { ...workers, onWindow });
      const sites = await readSites(options, plain, calibration, run);
      const [found] = await run([{ ...plain, ...(sites && { sites }) }]);
      return { found, sites };
    });
    const engine = options.engine ?? "fast";
    const types = sites && Object.entries(sites.types).map(([site, type]) => [site, siteTypeName(type)]);
    return {
      ok: true,
      json: {
        ...{ model: options.model, text: options.text, engine, context, chunks: windows.length },
        ...(types && { sites: Object.fromEntries(types) }),
        ...found,
      },
      text: [
        ...(types ? [`sites: ${types.map((pair) => pair.join("=")).join(",")}`] : []),
        describeEvaluation(found, windows.length, context),
      ].join("\n"),
    };
  });

/** Windows of the calibration text that are looked at. */
const calibrationWindows = 16;

function readAttention(options: Options): AttentionOptions {
  const { prune: rule, keep, seed, softmax } = options;
  const cache = { k: options["cache-k"], v: options["cache-v"] };
  if (rule === undefined) return { cache, softmax };
  if (!(keep > 0 && keep <= 1)) throw userError("usage", `--keep is ${keep}; it must be above 0 and at most 1`);
  return { cache, softmax, pruning: { rule, keep, seed } };
}

function readEngine({ engine: name = "fast", spec }: Options): Engine {
  const isHardware = name === "csim" || name === "rtl";
  if (isHardware && spec === undefined)
    throw userError("usage", `--engine ${name} needs --spec`, { fix: "give a file of specs/accelerators" });
  if (!isHardware && spec !== undefined) throw userError("usage", "--spec goes with --engine csim or rtl");
  return { name, ...(spec !== undefined && { spec }) };
}

/** The plan of --sites, calibrated where it must be. */
async function readSites(
  { sites: text, budget }: Options,
  plain: Candidate,
  calibration: Window[],
  run: (candidates: Candidate[]) => Promise<Evaluation[]>,
): Promise<SitePlan | undefined> {
  if (text === undefined) return undefined;
  if (text === "auto") return chooseSites(plain, budget / 100, run);
  const plan = parseSites(text);
  if (!isStatic(plan)) return plan;
  if (calibration.length === 0) throw userError("usage", "static scales need --calibrate TEXT");
  return calibrateSites(plan, plain, calibration);
}

async function readReference(path: string, vocabularySize: number): Promise<Candidate> {
  const { file, formats } = await openWeights(path);
  const model = await loadModel(file, formats);
  if (model.vocabularySize === vocabularySize) return { model };
  throw userError("eval-reference", `it has ${model.vocabularySize} tokens, the model ${vocabularySize}`, {
    fix: "give the file that the model was quantised from",
    file: path,
  });
}

function evenContext(context: number, most: number): number {
  positiveInteger("context", context, most);
  if (context >= 4 && context % 2 === 0) return context;
  throw userError("usage", `--context is ${context}; it must be even and at least 4`, {
    why: "half of a window is scored",
  });
}

const percent = (value: number) => `${(100 * value).toFixed(3)} %`;

function describeEvaluation(
  { positions, perplexity, loss, kl, sameTop }: Evaluation,
  chunks: number,
  context: number,
): string {
  const rows = [["perplexity", `${perplexity.value.toFixed(4)} +- ${perplexity.error.toFixed(5)}`]];
  if (loss) rows.push(["loss", `${percent(loss.value)} +- ${percent(loss.error)}`]);
  if (kl) {
    rows.push(["KL divergence, mean", `${kl.mean.toFixed(6)} +- ${kl.error.toFixed(6)}`]);
    const points = [
      ["median", kl.median],
      ["95 %", kl.p95],
      ["99 %", kl.p99],
      ["99.9 %", kl.p999],
      ["max", kl.max],
    ] as const;
    for (const [name, value] of points) rows.push([`KL divergence, ${name}`, value.toFixed(6)]);
  }
  if (sameTop) rows.push(["same top token", `${percent(sameTop.value)} +- ${percent(sameTop.error)}`]);
  return `${table(["", `${chunks} windows of ${context} tokens, ${positions} positions`], rows)}`;
}
