import { totalmem } from "node:os";
import { type Candidate, type Evaluation, evaluate } from "../eval/evaluate.ts";
import type { EvalModel } from "../eval/model.ts";
import type { Window } from "../eval/windows.ts";
import type { Model } from "../model/model.ts";
import { paretoFront } from "../pareto.ts";
import { UserError } from "../problem.ts";
import { chooseFormats, importanceOf } from "../quantise/model.ts";
import { quantizeRows } from "../quantise/rows.ts";
import type { Format } from "../spec/format.ts";
import { readLibrary, withFormats } from "../spec/library.ts";
import { type Hardware, type Target, tryHardware } from "./hardware.ts";
import { type QuantisedModel, quantiseModel } from "./quantised.ts";

/** What a format costs a model in accuracy. */
export interface Accuracy extends Required<Pick<Evaluation, "perplexity" | "loss" | "kl" | "sameTop">> {
  /** Of all quantised weights, over their root mean square. */
  rmse: number;
}

/** All that is known of a format. What could not be found out has its reason instead. */
export interface LabRow {
  format: string;
  /** Not one of bfq's own. */
  isOwn: boolean;
  /** Bits a weight as stored. */
  bits: number;
  accuracy?: Accuracy;
  noAccuracy?: string;
  hardware?: Hardware;
  noHardware?: string;
  /** No other format has as little KL divergence at as few bits, or at as many tokens a second. */
  bestForBits: boolean;
  bestForSpeed: boolean;
}

/** Formats to try, the model and text that judge them, and what their speed is estimated for. */
export interface Lab {
  formats: readonly Format[];
  /** The unquantised model: as its file describes it, and in memory. */
  described: Model;
  model: EvalModel;
  windows: Window[];
  /** By tensor; see quantizeRows. */
  importance?: ReadonlyMap<string, Float32Array>;
  target: Target;
  workers?: number;
  /** Told what is being done. */
  say?: (line: string) => void;
}

/** Tries formats on a model and on a board. @returns rows in the order of the job's formats */
export async function runLab(job: Lab): Promise<LabRow[]> {
  const own = await readLibrary();
  const library = withFormats(own, job.formats);
  const accuracies = await measure(job, library);
  const rows: LabRow[] = [];
  for (const format of job.formats) {
    const { name, bytes, elements } = format;
    rows.push({
      ...{ format: name, isOwn: !own.has(name), bits: (8 * bytes) / elements },
      ...accuracies.get(name)!,
      ...(await hardwareOf(format, job.target, library)),
      ...{ bestForBits: false, bestForSpeed: false },
    });
  }
  markFronts(rows);
  return rows;
}

/** The value, or why there is none. */
async function orReason<T>(find: () => T | Promise<T>): Promise<{ value: T } | { reason: string }> {
  try {
    return { value: await find() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { reason: error.problems.map(({ what }) => what).join("; ") };
  }
}

async function hardwareOf(format: Format, target: Target, library: ReadonlyMap<string, Format>) {
  const found = await orReason(() => tryHardware(format, target, library));
  return "value" in found ? { hardware: found.value } : { noHardware: found.reason };
}

type Measured = Pick<LabRow, "accuracy" | "noAccuracy">;

/** The accuracy of each format, as many at once as memory takes: together they share the reference's logits. */
async function measure(job: Lab, library: ReadonlyMap<string, Format>): Promise<Map<string, Measured>> {
  const { formats, model, windows, say = () => {}, workers } = job;
  const most = Math.max(1, Math.floor(totalmem() / 2 / modelBytes(model)));
  const found = new Map<string, Measured>();
  for (let from = 0; from < formats.length; from += most) {
    const batch: { name: string; quantised: QuantisedModel }[] = [];
    for (const format of formats.slice(from, from + most)) {
      const { name } = format;
      say(`quantising to ${name}`);
      const made = await orReason(() => quantised(job, format, library));
      if ("value" in made) batch.push({ name, quantised: made.value });
      else found.set(name, { noAccuracy: made.reason });
    }
    if (batch.length === 0) continue;
    const candidates = batch.map(({ quantised }): Candidate => ({ model: quantised.model }));
    const evaluations = await evaluate(
      { windows, candidates, reference: { model } },
      {
        ...(workers !== undefined && { workers }),
        onWindow: (done, of) => say(`${done} of ${of} windows, ${batch.length} formats at once`),
      },
    );
    for (const [i, { name, quantised }] of batch.entries()) {
      const { perplexity, loss, kl, sameTop } = evaluations[i];
      found.set(name, {
        accuracy: { rmse: quantised.rmse, perplexity, loss: loss!, kl: kl!, sameTop: sameTop! },
      });
    }
  }
  return found;
}

/** The model as quantize-model would write it. */
function quantised({ described, model, importance }: Lab, format: Format, library: ReadonlyMap<string, Format>) {
  const chosen = chooseFormats(described, { format }, library);
  const byName = new Map([...chosen].map(([{ name }, type]) => [name, type]));
  return quantiseModel(model, byName, (type, weights, name) =>
    quantizeRows(type, weights, importanceOf(name, described, importance)),
  );
}

/** As fp32, with the stored blocks beside. */
function modelBytes({ layers, head, embedding }: EvalModel): number {
  const packed = layers.flatMap(({ q, k, v, output, gate, up, down }) =>
    [q, k, v, output, gate, up, down].map(({ matrix }) => matrix.packed),
  );
  return [...packed, head.packed, embedding].reduce((sum, { rows, k }) => sum + 5 * rows * k, 0);
}

function markFronts(rows: LabRow[]): void {
  const measured = rows.flatMap((row) => (row.accuracy ? [{ row, loss: row.accuracy.kl.mean }] : []));
  const byBits = measured.map(({ row, loss }) => ({ row, loss, cost: row.bits }));
  const bySpeed = measured.flatMap(({ row, loss }) =>
    row.hardware?.fits ? [{ row, loss, cost: -row.hardware.tokensPerSecond }] : [],
  );
  const costs = ({ cost, loss }: { cost: number; loss: number }) => [cost, loss];
  for (const { row } of paretoFront(byBits, costs)) row.bestForBits = true;
  for (const { row } of paretoFront(bySpeed, costs)) row.bestForSpeed = true;
}
