import { parentPort, workerData } from "node:worker_threads";
import { Evaluator } from "./evaluate.ts";
import type { Chunk } from "./local.ts";
import { readSpace } from "./space.ts";

/** One thread of `runLocal`: gets numbers of points, answers with their records. */

const ready = readSpace((workerData as { file: string }).file).then((space) => new Evaluator(space));

parentPort!.on("message", (numbers: Chunk) => {
  void ready.then((evaluator) => parentPort!.postMessage(numbers.map((n) => evaluator.evaluate(n))));
});
