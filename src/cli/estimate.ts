import type { Argv } from "yargs";
import { estimateModel } from "../estimate/estimate-model.ts";
import { estimatePoint, pointWorkload } from "../estimate/point.ts";
import { verdictWarnings } from "../estimate/verdict.ts";
import { type MemoryOptions, memoryTiming, withMemory } from "./memory-options.ts";
import { type ModelOptions, readModel, withModel } from "./model-options.ts";
import { type CommonOptions, report } from "./outcome.ts";
import { describePerformance, noBoard } from "./performance.ts";
import { positiveInteger, readVariant } from "./variant-options.ts";

interface Options extends CommonOptions, ModelOptions, MemoryOptions {
  spec: string;
  columns: number;
}

export const command = "estimate <spec>";
export const describe = "cycles, bandwidth and tok/s of a model from the cycle model, in a second";

export const builder = (yargs: Argv) =>
  withMemory(withModel(yargs)).option("columns", { type: "number", default: 128, describe: "tokens of the prompt" });

export const handler = (options: Options) =>
  report(options, async () => {
    const { accelerator, plan, verdict } = await readVariant(options.spec);
    const { model, library } = await readModel(options, accelerator.formats);
    const columns = positiveInteger("columns", options.columns, 4096);
    const memory = memoryTiming(options, plan);
    const point = estimatePoint(plan, pointWorkload(model, plan, library, columns), memory);
    const found = await estimateModel({ model, plan, library, columns, memory });
    const source = `cycle model, memory ${memory.name}`;
    return {
      ok: true,
      json: { spec: plan.name, model: model.name, mix: model.mix, source, note: noBoard, point, ...found, verdict },
      warnings: verdictWarnings(verdict),
      text: describePerformance(found, model, plan, source),
    };
  });
