import { join } from "node:path";
import type { Argv } from "yargs";
import { z } from "zod";
import { estimateModel } from "../estimate/estimate-model.ts";
import { estimatePoint, pointWorkload } from "../estimate/point.ts";
import { boardMemory } from "../estimate/timing.ts";
import { verdictWarnings } from "../estimate/verdict.ts";
import { estimateByYosys } from "../estimate/yosys.ts";
import { figureNames } from "../explore/figures.ts";
import type { Found } from "../explore/front.ts";
import { writeOutput } from "../output/file.ts";
import { userError } from "../problem.ts";
import { type ReportContent, reportPage, type Subject } from "../report/page.ts";
import { readText } from "./files.ts";
import { readModel } from "./model-options.ts";
import { type CommonOptions, report } from "./outcome.ts";
import { withProgress } from "./progress.ts";
import { positiveInteger, readVariant } from "./variant-options.ts";

interface Options extends CommonOptions {
  spec: string;
  out: string;
  model?: string | undefined;
  mix?: string | undefined;
  columns: number;
  compare?: string | undefined;
  yosys: boolean;
  explored?: string | undefined;
  lab?: string | undefined;
}

export const command = "report <spec>";
export const describe = "one HTML page that shows a variant: what it is, how fast, how big, on what evidence";

export const builder = (yargs: Argv) =>
  yargs
    .positional("spec", { type: "string", demandOption: true, describe: "a file of specs/accelerators" })
    .option("out", {
      alias: "o",
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "the page: a .html file",
    })
    .option("model", { type: "string", requiresArg: true, describe: "whose speed is shown: as `estimate` takes it" })
    .option("mix", { type: "string", requiresArg: true, describe: "quantisation of a model spec" })
    .option("columns", { type: "number", default: 128, describe: "tokens of the prompt" })
    .option("compare", { type: "string", requiresArg: true, describe: "another accelerator spec, beside it" })
    .option("yosys", { type: "boolean", default: false, describe: "resources by module; about a minute" })
    .option("explored", { type: "string", requiresArg: true, describe: "folder of an exploration: its front" })
    .option("lab", { type: "string", requiresArg: true, describe: "folder of a lab (`lab --out`): its picture" });

export const handler = (options: Options) =>
  report(options, async () => {
    const columns = positiveInteger("columns", options.columns, 4096);
    const subject = await readSubject(options.spec, options, columns);
    const { out, compare, explored, lab } = options;
    const content = await withProgress(
      options,
      `report on ${subject.plan.name}`,
      async (say): Promise<ReportContent> => {
        if (options.yosys) say("Yosys synthesises it");
        return {
          subject,
          modelArguments: modelArguments(options),
          ...(subject.model && { model: subject.model }),
          ...(compare !== undefined && { other: await readSubject(compare, options, columns) }),
          ...(options.yosys && { synthesis: await estimateByYosys(subject.plan) }),
          ...(explored !== undefined && { exploration: await readFront(join(explored, "front.json")) }),
          ...(lab !== undefined && {
            lab: { file: join(lab, "kl-bits.svg"), svg: await readText(join(lab, "kl-bits.svg")) },
          }),
        };
      },
    );
    const page = await reportPage(content);
    await writeOutput(out, page);
    return {
      ok: true,
      json: { spec: subject.plan.name, out, bytes: Buffer.byteLength(page), point: subject.point },
      warnings: verdictWarnings(subject.verdict),
      text: `${out}: ${Math.ceil(Buffer.byteLength(page) / 1024)} KB`,
    };
  });

const modelArguments = ({ model, mix }: Options) =>
  [...(model === undefined ? [] : [`--model ${model}`]), ...(mix === undefined ? [] : [`--mix ${mix}`])].join(" ");

async function readSubject(spec: string, { model, mix }: Options, columns: number): Promise<Subject> {
  const variant = await readVariant(spec);
  if (model === undefined) {
    if (mix !== undefined) throw userError("usage", "--mix goes with --model");
    return { spec, ...variant };
  }
  const { accelerator, plan } = variant;
  const opened = await readModel({ model, mix }, accelerator.formats);
  const memory = boardMemory(plan.board, plan.clockMHz);
  const point = estimatePoint(plan, pointWorkload(opened.model, plan, opened.library, columns), memory);
  const found = await estimateModel({ ...opened, plan, columns, memory });
  return { spec, ...variant, model: opened.model, point, found };
}

/** Of front.json what the page shows; anybody may have written it. */
const frontSchema = z.object({
  objectives: z
    .array(z.object({ figure: z.enum(figureNames), goal: z.enum(["most", "least"]), within: z.number() }))
    .min(1),
  winner: z.int().optional(),
  front: z.array(z.object({ n: z.int(), point: z.record(z.string(), z.unknown()) })).max(100_000),
});

async function readFront(file: string): Promise<NonNullable<ReportContent["exploration"]>> {
  const text = await readText(file);
  try {
    const { objectives, winner, front } = frontSchema.parse(JSON.parse(text));
    const found = front as unknown as Found[];
    return { file, objectives, front: found, ...(winner !== undefined && { winner }) };
  } catch {
    throw userError("exploration", "it is not a front of bfq's", {
      file,
      fix: "name the folder that `bfq explore` wrote",
    });
  }
}
