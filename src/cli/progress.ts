import { Listr } from "listr2";
import { onInterrupt } from "../output/interrupt.ts";
import type { CommonOptions } from "./outcome.ts";

/** The renderer hides it. */
const showCursor = "\u001b[?25h";

/** Runs long work; on a terminal its latest line is shown while it lasts, elsewhere and under --json nothing is. */
export async function withProgress<T>(
  { json }: CommonOptions,
  title: string,
  work: (say: (line: string) => void) => Promise<T>,
): Promise<T> {
  const isShown = process.stdout.isTTY && !json;
  if (!isShown) return work(() => {});
  let result: T;
  const tasks = new Listr(
    [
      {
        title,
        task: async (_, task) => {
          result = await work((line) => {
            task.output = line;
          });
        },
      },
    ],
    { registerSignalListeners: false },
  );
  const forget = onInterrupt(() => process.stdout.write(showCursor));
  try {
    await tasks.run();
  } finally {
    forget();
  }
  return result!;
}
