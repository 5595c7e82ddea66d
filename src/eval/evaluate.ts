import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { packageRoot } from "../paths.ts";
import { type ExitCode, type Problem, UserError } from "../problem.ts";
import type { Engine } from "./engine.ts";
import type { AttentionOptions } from "./forward.ts";
import { type KlStatistics, klOf, lossOf, type Measured, perplexityOf, sameTopOf } from "./metrics.ts";
import type { EvalModel } from "./model.ts";
import type { SitePlan } from "./sites.ts";
import type { Window } from "./windows.ts";

/** A model and how it is to be computed: plain data, which workers get as it is. */
export interface Candidate {
  model: EvalModel;
  attention?: AttentionOptions;
  /** Activations by site; what ggml does where not given. Fast engine only. */
  sites?: SitePlan;
  engine?: Engine;
}

/** What one window gave for one candidate. */
export interface WindowScores {
  nll: Float64Array;
  top: Int32Array;
  /** With a reference. */
  kl?: Float64Array;
}

export interface Evaluation {
  /** Positions that were scored. */
  positions: number;
  perplexity: Measured;
  /** Against the reference, if one was given. */
  loss?: Measured;
  kl?: KlStatistics;
  sameTop?: Measured;
}

/** What is scored on which windows; a worker gets it as it is. */
export interface Assignment {
  windows: Window[];
  candidates: Candidate[];
  /** What losses and divergences are measured against. */
  reference?: Candidate;
}

export interface EvaluateOptions {
  /** Worker threads; one a core if not given. */
  workers?: number;
  onWindow?: (done: number, of: number) => void;
}

interface ScoredWindow {
  index: number;
  reference?: WindowScores;
  candidates: WindowScores[];
}

/** A worker's answer to the index of a window: scores, or what a UserError said. */
export type WorkerAnswer = ScoredWindow | { problems: Problem[]; exitCode: ExitCode };

/**
 * Runs every candidate over every window; logits live no longer than their window.
 * @returns one evaluation a candidate, in their order
 */
export async function evaluate(assignment: Assignment, options: EvaluateOptions = {}): Promise<Evaluation[]> {
  const { windows, candidates } = assignment;
  const results: ScoredWindow[] = [];
  const count = Math.min(options.workers ?? availableParallelism(), windows.length);
  let next = 0;
  const runWorker = () => {
    const worker = new Worker(`${packageRoot}dist/eval/worker.js`, { workerData: assignment });
    const work = new Promise<void>((resolve, reject) => {
      const ask = () => (next < windows.length ? worker.postMessage(next++) : resolve());
      worker.on("error", reject);
      worker.on("message", (answer: WorkerAnswer) => {
        if ("problems" in answer) return reject(new UserError(answer.problems, answer.exitCode));
        results[answer.index] = answer;
        options.onWindow?.(results.filter(Boolean).length, windows.length);
        ask();
      });
      ask();
    });
    return work.finally(() => worker.terminate());
  };
  await Promise.all(Array.from({ length: count }, runWorker));
  const reference = assignment.reference && joinScores(results.map((result) => result.reference!));
  return candidates.map((_, i) => summarise(joinScores(results.map((result) => result.candidates[i])), reference));
}

function joinScores(parts: WindowScores[]): WindowScores {
  const all = <T extends ArrayLike<number>>(of: (part: WindowScores) => T) =>
    parts.flatMap((part) => Array.from(of(part)));
  const joined: WindowScores = {
    nll: Float64Array.from(all(({ nll }) => nll)),
    top: Int32Array.from(all(({ top }) => top)),
  };
  return parts[0].kl ? { ...joined, kl: Float64Array.from(all(({ kl }) => kl!)) } : joined;
}

function summarise({ nll, top, kl }: WindowScores, reference: WindowScores | undefined): Evaluation {
  const own = { positions: nll.length, perplexity: perplexityOf(nll) };
  if (!reference || !kl) return own;
  return { ...own, loss: lossOf(nll, reference.nll), kl: klOf(kl), sameTop: sameTopOf(top, reference.top) };
}
