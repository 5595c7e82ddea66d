import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { execa } from "execa";
import { expect, it } from "vitest";
import { packageRoot } from "../paths.ts";

it("in a clone that is not built yet npx says what to run, and leaves nothing broken in npm's cache", async () => {
  const clone = await mkdtemp(`${tmpdir()}/bfq-clone-`);
  try {
    await cp(`${packageRoot}package.json`, `${clone}/package.json`);
    await cp(`${packageRoot}scripts/bfq.mjs`, `${clone}/scripts/bfq.mjs`);
    for (const _ of ["first", "second"]) {
      const env = { npm_config_cache: `${clone}/cache` };
      const run = await execa("npx", ["--offline", "bfq", "--version"], { cwd: clone, reject: false, env });
      expect(run.stderr).toContain("error[not-built]: bfq is not built here");
      expect(run.exitCode).toBe(3);
    }
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
});
