import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { driverEmitter } from "../../src/emit/driver.ts";
import type { GeneratedFile } from "../../src/emit/emitter.ts";
import { encodeFormat } from "../../src/emit/format-file.ts";
import { readActivations } from "../../src/golden/quantize.ts";
import { vectorBytes } from "../../src/golden/testing/vectors.ts";
import { packageRoot } from "../../src/paths.ts";
import { planFormat } from "../../src/plan/format-plan.ts";
import { Random } from "../../src/random.ts";
import { packActivations } from "../../src/repack/activations.ts";
import { laneStride } from "../../src/repack/memory-layout.ts";
import { repack, unrepack } from "../../src/repack/tiles.ts";
import { cachedBuild } from "../../src/sim/build.ts";
import { readFormat } from "../../src/spec/parse-format.ts";
import { newSeed } from "../../src/testing/run.ts";
import { randomBlocks } from "../../src/verify/samples.ts";
import { everyFormat } from "./build.ts";

const variant = await everyFormat();
const { plan } = variant;
const compiler = { tool: "aarch64-linux-gnu-g++" };
const flags = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-I", "driver"];
const driver = driverEmitter.files(plan);
const seed = newSeed("repack on aarch64");

async function files(): Promise<GeneratedFile[]> {
  const text = await readFile(join(packageRoot, "hw-tests/driver/host_tool.cpp"), "utf8");
  return [...driver, { path: "host_tool.cpp", text }];
}

/** The host-only parts, linked for qemu-user. */
const buildTool = async (defines: string[]) =>
  cachedBuild({
    files: await files(),
    commands: [
      {
        ...compiler,
        args: [
          ...flags,
          ...defines,
          "-static",
          "host_tool.cpp",
          "driver/fields.cpp",
          "driver/format_file.cpp",
          "driver/formats.cpp",
          "driver/tile_codec.cpp",
          "driver/quantize.cpp",
          "-o",
          "tool",
        ],
      },
    ],
    product: "tool",
  });

describe("the driver compiles for aarch64, warnings as errors", () => {
  const portable = driver.map(({ path }) => path).filter((path) => path.endsWith(".cpp") && !/sim_|xrt_/.test(path));
  it.each([
    ["without XRT", portable, []],
    [
      "with the XRT headers",
      [...portable, "driver/xrt_device.cpp"],
      ["-DBFQ_WITH_XRT=1", "-isystem", "/usr/include/xrt", "-idirafter", "/usr/include"],
    ],
  ] as const)("%s", async (_, sources, extra) => {
    const args = [...flags, ...extra, "-c", ...sources];
    const product = await cachedBuild({ files: driver, commands: [{ ...compiler, args }], product: "accelerator.o" });
    const { stdout } = await execa("aarch64-linux-gnu-objdump", ["-f", join(dirname(product), "weights.o")]);
    expect(stdout).toContain("architecture: aarch64");
  });
});

describe.each([
  ["NEON", []],
  ["portable", ["-DBFQ_PORTABLE"]],
])(`%s under qemu-aarch64, seed ${seed} (agreement with src/repack)`, (_, defines) => {
  let tool: string;
  beforeAll(async () => {
    tool = await buildTool(defines);
  });
  const run = async (args: string[], input: Uint8Array) => {
    const { stdout } = await execa("qemu-aarch64", [tool, ...args], { input, encoding: "buffer" });
    return stdout;
  };

  it.each(variant.accelerator.formats.map((format) => [format.name, format] as const))("%s", async (name, format) => {
    const random = new Random(seed);
    const rows = random.between(1, 30);
    const k = random.between(1, 4) * Math.max(format.elements, 128);
    const stored = randomBlocks(format, (rows * k) / format.elements, random, "any");
    const tiles = await run(["pack", name, String(rows), String(k)], stored);
    const formatPlan = plan.formats.find((candidate) => candidate.name === name)!;
    const regions = repack(format, formatPlan, stored, rows, k, plan.parameters.LANES);
    regions.forEach((region, lane) => {
      const at = lane * laneStride(regions[0].length);
      expect(Buffer.compare(tiles.subarray(at, at + region.length), region)).toBe(0);
    });
    const back = await run(["unpack", name, String(rows), String(k)], tiles);
    expect(Buffer.compare(back, unrepack(format, formatPlan, regions, rows, k))).toBe(0);
  });

  it("a format that came as a file makes the same tiles", async () => {
    const late = await readFormat(join(packageRoot, "docs/examples/made_up3.yaml"));
    const formatPlan = planFormat(late);
    const folder = await mkdtemp(join(tmpdir(), "bfq-late-"));
    const file = join(folder, "made_up3.bfqf");
    await writeFile(file, encodeFormat(formatPlan, plan.parameters));
    const [rows, k] = [9, 512];
    const stored = randomBlocks(late, (rows * k) / late.elements, new Random(seed), "any");
    const tiles = await run(["pack", file, String(rows), String(k)], stored);
    const [region] = repack(late, formatPlan, stored, rows, k, plan.parameters.LANES);
    expect(Buffer.compare(tiles.subarray(0, region.length), region)).toBe(0);
    await rm(folder, { recursive: true });
  });

  it.each([
    ["q8_0", "q4_0"],
    ["q8_1", "q4_1"],
    ["q8_K", "q4_K"],
  ] as const)("%s records hold the codes and scales of ggml 0.25.1", async (activation, format) => {
    const k = 1024;
    const got = await run(["records", format, String(k)], vectorBytes(`activations/${activation}/x.f32`));
    const want = packActivations(readActivations(activation, vectorBytes(`activations/${activation}/q.bin`), k));
    expect(Buffer.compare(got, want)).toBe(0);
  });
});
