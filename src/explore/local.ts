import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { packageRoot } from "../paths.ts";
import { Evaluator, type PointRecord } from "./evaluate.ts";
import type { Space } from "./space.ts";

/** Numbers of points that a thread gets at once, and that a journal writes at once. */
export type Chunk = readonly number[];

const chunkSize = 256;

/** Fewer points than these are done before a thread has read the space. */
const fewPoints = 1024;

/** Evaluates points on all cores of this machine. @param onRecords gets the records of a chunk, in any order of chunks */
export async function runLocal(
  space: Space,
  numbers: readonly number[],
  onRecords: (records: PointRecord[]) => void,
): Promise<void> {
  const chunks: Chunk[] = [];
  for (let at = 0; at < numbers.length; at += chunkSize) chunks.push(numbers.slice(at, at + chunkSize));
  const threads = Math.min(availableParallelism(), chunks.length);
  if (numbers.length < fewPoints || threads === 1) {
    const evaluator = new Evaluator(space);
    for (const chunk of chunks) {
      onRecords(chunk.map((n) => evaluator.evaluate(n)));
      await new Promise(setImmediate); // the terminal is drawn meanwhile
    }
    return;
  }
  await Promise.all(Array.from({ length: threads }, () => runThread(space.file, chunks, onRecords)));
}

function runThread(file: string, chunks: Chunk[], onRecords: (records: PointRecord[]) => void): Promise<void> {
  const worker = new Worker(`${packageRoot}dist/explore/worker.js`, { workerData: { file } });
  const work = new Promise<void>((resolve, reject) => {
    const ask = () => {
      const chunk = chunks.shift();
      if (chunk) worker.postMessage(chunk);
      else resolve();
    };
    worker.on("error", reject);
    worker.on("message", (records: PointRecord[]) => {
      try {
        onRecords(records);
        ask();
      } catch (error) {
        reject(error);
      }
    });
    ask();
  });
  return work.finally(() => worker.terminate());
}
