import { readFileSync } from "node:fs";
import { execa } from "execa";
import { expect, test } from "vitest";
import { cachedBuild } from "../../src/sim/build.ts";
import { compileFlags } from "../../src/sim/csim.ts";
import { isLong, newSeed } from "../../src/testing/run.ts";
import { kernelFiles, widest } from "./support.ts";

/** The truth is IEEE 754 in double precision, rounded once: see float_main.cpp. */
test("fp32 operators, int to fp32, scale types and the packed product: corners in pairs, 1M random", async () => {
  const program = readFileSync(new URL("float_main.cpp", import.meta.url), "utf8");
  const executable = await cachedBuild({
    files: [...(await kernelFiles(widest)), { path: "float_main.cpp", text: program }],
    commands: [{ tool: "g++", args: [...compileFlags(), "-I", "hls", "float_main.cpp", "-o", "judge"] }],
    product: "judge",
  });
  const seed = String(newSeed("fp32 units"));
  const { stdout } = await execa(executable, [seed, ...(isLong ? ["every-product"] : [])], {
    reject: false,
  });
  expect(stdout).toBe("ok");
});
