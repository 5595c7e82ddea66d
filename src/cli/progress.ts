import { Listr, ListrLogger, ProcessOutput } from "listr2";
import { onInterrupt } from "../output/interrupt.ts";
import { safeLines } from "../printable.ts";
import { type CommonOptions, sayLine } from "./outcome.ts";

/** The renderer hides it. */
const showCursor = "\u001b[?25h";

/**
 * Runs long work and says so on stderr: on a terminal its latest line is shown while it lasts, elsewhere its title alone,
 * under --json nothing.
 */
export async function withProgress<T>(
  { json }: Pick<CommonOptions, "json">,
  title: string,
  work: (say: (line: string) => void) => Promise<T>,
): Promise<T> {
  if (json) return work(() => {});
  if (!process.stderr.isTTY) {
    sayLine(title);
    return work(() => {});
  }
  let result: T;
  const tasks = new Listr(
    [
      {
        title: safeLines(title),
        task: async (_, task) => {
          result = await work((line) => {
            task.output = safeLines(line);
          });
        },
      },
    ],
    {
      registerSignalListeners: false,
      rendererOptions: {
        logger: new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) }),
      },
    },
  );
  const forget = onInterrupt(() => process.stderr.write(showCursor));
  try {
    await tasks.run();
  } finally {
    forget();
  }
  return result!;
}
