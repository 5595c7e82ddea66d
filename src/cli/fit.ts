import type { Argv } from "yargs";
import { type Fit, fitModel, type TensorFit } from "../estimate/fit.ts";
import type { Model } from "../model/model.ts";
import { printable } from "../printable.ts";
import { type ModelOptions, readModel, withModel } from "./model-options.ts";
import { type CommonOptions, report, table } from "./outcome.ts";
import { readVariant } from "./variant-options.ts";
import { describeVerdict } from "./verdict.ts";

interface Options extends CommonOptions, ModelOptions {
  spec: string;
}

export const command = "fit <spec>";
export const describe = "which tensors of a model run on a variant, which stay on the CPU and why, memory needed";

export const builder = (yargs: Argv) => withModel(yargs);

export const handler = (options: Options) =>
  report(options, async () => {
    const { accelerator, plan, verdict } = await readVariant(options.spec);
    const { model, library } = await readModel(options, accelerator.formats);
    const fit = fitModel(model, plan, library);
    return {
      ok: fit.fits && verdict.fits,
      json: { spec: plan.name, model: model.name, mix: model.mix, notes: model.notes, ...fit, verdict },
      text: `${describeFit(fit, model, plan.name)}\n\n${describeVerdict(verdict)}`,
    };
  });

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

function describeFit({ limits, tensors, memory, fits }: Fit, model: Model, variant: string): string {
  const row = ({ role, inLayers, type, rows, k, matrices, count, runs, reason, cpuSeconds, tileBytes }: TensorFit) => [
    printable(inLayers ? `blk.*.${role}` : role),
    type,
    [rows, "x", k, ...(matrices > 1 ? ["x", matrices] : [])].join(" "),
    count,
    tileBytes === undefined ? "" : megabytes(count * tileBytes),
    cpuSeconds === undefined ? "" : (1e3 * cpuSeconds).toFixed(1),
    runs ? "runs" : `CPU: ${reason}`,
  ];
  return [
    `${model.name} (${model.mix}) on ${variant}`,
    ...model.notes,
    table(["tensor", "type", "rows x K", "count", "MB of tiles", "CPU ms a token", "where"], tensors.map(row)),
    "",
    `limits: K up to ${limits.maxK}; ${limits.columnsPerPass} activation columns a pass (more stream the weights again)`,
    `memory: ${megabytes(memory.tiles)} MB of device tiles (${megabytes(memory.stored)} MB as stored), ` +
      `${megabytes(memory.activations + memory.outputs)} MB of activations and outputs; the accelerator shares ` +
      `${megabytes(limits.memoryBytes)} MB with Linux, ${megabytes(limits.weightBytes)} MB of it for weights`,
    verdict(fits, memory.tiles),
  ].join("\n");
}

function verdict(fits: boolean, tiles: number): string {
  if (fits) return "fits";
  return tiles === 0 ? "nothing of it runs" : "does NOT fit the memory: the rest stays on the CPU";
}
