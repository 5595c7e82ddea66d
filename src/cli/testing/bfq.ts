import { execa } from "execa";
import { packageRoot } from "../../paths.ts";

export interface Run {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs the built command as a user would. */
export async function bfq(args: string[], env: Record<string, string> = {}): Promise<Run> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [`${packageRoot}dist/cli/main.js`, ...args], {
    cwd: packageRoot,
    env,
    reject: false,
    stdin: "ignore",
  });
  return { exitCode, stdout, stderr };
}
