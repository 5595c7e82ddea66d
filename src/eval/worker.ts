import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "../problem.ts";
import { multiplier } from "./engine.ts";
import type { Assignment, Candidate, WindowScores, WorkerAnswer } from "./evaluate.ts";
import { Forward } from "./forward.ts";
import { divergence, score } from "./score.ts";
import { multiplySites } from "./sites.ts";
import type { Window } from "./windows.ts";

/** One thread of `evaluate`: gets indices of windows, answers with their scores. */

const { windows, candidates, reference } = workerData as Assignment;

const prepare = async ({ model, attention, sites, engine }: Candidate) =>
  new Forward(model, sites ? multiplySites(sites) : await multiplier(engine ?? { name: "fast" }), attention);

const ready = (async () => ({
  reference: reference && (await prepare(reference)),
  candidates: await Promise.all(candidates.map(prepare)),
}))();

/** Logits of the scored positions. */
function logitsOf(forward: Forward, { tokens, first, next }: Window): Promise<Float32Array> {
  return forward
    .logits(tokens, first)
    .then((logits) => logits.subarray(0, (logits.length / (next.length + 1)) * next.length));
}

async function scoreWindow(index: number): Promise<WorkerAnswer> {
  const window = windows[index];
  const forwards = await ready;
  const truth = forwards.reference && (await logitsOf(forwards.reference, window));
  const scores: WindowScores[] = [];
  for (const forward of forwards.candidates) {
    const logits = await logitsOf(forward, window);
    const kl = truth && divergence(logits, truth, window.next.length);
    scores.push({ ...score(logits, window.next), ...(kl && { kl }) });
  }
  return { index, candidates: scores, ...(truth && { reference: score(truth, window.next) }) };
}

parentPort!.on("message", (index: number) => {
  scoreWindow(index).then(
    (answer) => parentPort!.postMessage(answer),
    (error: unknown) => {
      // A cloned error loses its class and its fields.
      if (!(error instanceof UserError)) throw error;
      const { problems, exitCode } = error;
      parentPort!.postMessage({ problems, exitCode } satisfies WorkerAnswer);
    },
  );
});
