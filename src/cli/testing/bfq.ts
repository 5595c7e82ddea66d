import { execa } from "execa";
import { packageRoot } from "../../paths.ts";

export interface Run {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs the built command as a user would. */
export async function bfq(args: string[], cwd = packageRoot): Promise<Run> {
  const { exitCode, stdout, stderr } = await execa("node", [`${packageRoot}dist/cli/main.js`, ...args], {
    cwd,
    reject: false,
    stdin: "ignore",
  });
  return { exitCode, stdout, stderr };
}
