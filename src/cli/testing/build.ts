import { execa } from "execa";
import { packageRoot } from "../../paths.ts";

/** Vitest global setup: the command's tests run what users run, so dist/ is built from the sources first. */
export async function setup(): Promise<void> {
  await execa("npx", ["tsc", "-p", "tsconfig.build.json"], { cwd: packageRoot });
}
