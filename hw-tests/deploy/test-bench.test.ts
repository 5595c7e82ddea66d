import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { hlsEmitter } from "../../src/emit/hls.ts";
import { testBenchVectors } from "../../src/kria/build/test-bench.ts";
import { deployEmitter } from "../../src/kria/emitter.ts";
import { cachedBuild } from "../../src/sim/build.ts";
import { variant } from "../../src/testing/variant.ts";

/** The test bench that Vitis gets, compiled by g++ with our shim: its verdict on the golden model's vectors. */
describe("the HLS test bench", async () => {
  const { accelerator, plan } = await variant("k-quants");
  const vectors = testBenchVectors(accelerator.formats, plan, 1);
  let bench: string;

  beforeAll(async () => {
    const flags = ["-std=c++17", "-O1", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"];
    const sources = ["hls/bfq_kernel.cpp", "sim/hls_shim/hls_process.cpp", "deploy/vitis/test_bench.cpp"];
    bench = await cachedBuild({
      files: [...hlsEmitter.files(plan), ...deployEmitter.files(plan)],
      commands: [{ tool: "g++", args: [...flags, "-I", "sim/hls_shim", "-I", "hls", ...sources, "-o", "bench"] }],
      product: "bench",
    });
  });

  const verdict = async (name: string, bytes: Uint8Array) => {
    const file = join(dirname(bench), name);
    await writeFile(file, bytes);
    const { exitCode, stdout } = await execa(bench, [file], { reject: false });
    return { exitCode, stdout };
  };

  it("agrees with the golden model on a MatMul of every format", async () => {
    const want = `${accelerator.formats.length} MatMuls: every output bit as the golden model's`;
    expect(await verdict("right.bin", vectors)).toEqual({ exitCode: 0, stdout: want });
  });

  it("sees one wrong bit in the last output", async () => {
    const wrong = Uint8Array.from(vectors);
    wrong[wrong.length - 4] ^= 1;
    const { exitCode, stdout } = await verdict("wrong.bin", wrong);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^MatMul 9: row \d+, column \d+ differs from the golden model$/);
  });

  it("refuses vectors that are cut short, too large, or none", async () => {
    expect((await verdict("short.bin", vectors.subarray(0, -1))).stdout).toContain("the vectors are cut short");
    const large = Uint8Array.from(vectors);
    large[3] = 1;
    expect((await verdict("large.bin", large)).stdout).toContain("does not fit the test bench's memory");
    expect(await verdict("none.bin", new Uint8Array())).toEqual({ exitCode: 1, stdout: "no vectors" });
  });

  it("the vectors are the same bytes each time", () => {
    expect(Buffer.compare(testBenchVectors(accelerator.formats, plan, 1), vectors)).toBe(0);
  });
});
