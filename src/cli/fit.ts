import type { Argv } from "yargs";
import { type Fit, fitModel, type TensorFit } from "../estimate/fit.ts";
import type { Model } from "../model/model-mix.ts";
import { type ModelOptions, readModel, withModel } from "./model-options.ts";
import { type CommonOptions, report, table } from "./outcome.ts";
import { readVariant } from "./variant-options.ts";

interface Options extends CommonOptions, ModelOptions {
  spec: string;
}

export const command = "fit <spec>";
export const describe = "which tensors of a model run on a variant, which stay on the CPU and why, memory needed";

export const builder = (yargs: Argv) => withModel(yargs);

export const handler = (options: Options) =>
  report(options, async () => {
    const { accelerator, plan } = await readVariant(options.spec);
    const { model, library } = await readModel(options, accelerator.formats);
    const fit = fitModel(model, plan, library);
    return {
      ok: fit.fits,
      json: { spec: plan.name, model: model.name, mix: model.mix, ...fit },
      text: describeFit(fit, model, plan.name),
    };
  });

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

function describeFit({ limits, tensors, memory, fits }: Fit, model: Model, variant: string): string {
  const others = tensors.filter(({ use }) => use === "other").reduce((sum, { count }) => sum + count, 0);
  const row = ({ role, use, type, rows, k, count, runs, reason, tileBytes }: TensorFit) => [
    use === "layer" ? `blk.*.${role}` : role,
    type,
    `${rows} x ${k}`,
    count,
    runs ? "runs" : `CPU: ${reason}`,
    tileBytes === undefined ? "" : megabytes(count * tileBytes),
  ];
  return [
    `${model.name} (${model.mix}) on ${variant}`,
    table(
      ["tensor", "type", "rows x K", "count", "where", "MB of tiles"],
      tensors.filter(({ use }) => use !== "other").map(row),
    ),
    ...(others > 0 ? [`${others} tensors are no matrices (norms, biases): CPU`] : []),
    "",
    `limits: K up to ${limits.maxK}; ${limits.columnsPerPass} activation columns a pass (more stream the weights again)`,
    `memory: ${megabytes(memory.tiles)} MB of device tiles (${megabytes(memory.stored)} MB as stored), ` +
      `${megabytes(memory.activations + memory.outputs)} MB of activations and outputs; the board has ${megabytes(limits.memoryBytes)} MB`,
    fits ? "fits" : memory.tiles === 0 ? "nothing of it runs" : "does NOT fit the board's memory",
  ].join("\n");
}
