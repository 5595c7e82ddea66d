import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageRoot } from "../../src/paths.ts";
import { buildSimulated, smallVariant } from "./build.ts";

const sources = join(packageRoot, "hw-tests/driver");
let folder: string;
let client: string;

/** The XRT device compiled against the part of XRT that xrt_mock/ puts in front of the simulator. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-xrt-"));
  client = join(folder, "client");
  const library = await buildSimulated(await smallVariant());
  const driver = join(dirname(dirname(library)), "driver");
  const flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-DBFQ_WITH_XRT=1", "-DBFQ_WITH_SIM=1"];
  const include = ["-I", driver, "-isystem", join(sources, "xrt_mock")];
  const compiled = ["client.cpp"].map((name) => join(sources, name));
  const own = ["device.cpp", "xrt_device.cpp"].map((name) => join(driver, name));
  await execa("g++", [
    ...flags,
    ...include,
    ...compiled,
    ...own,
    library,
    `-Wl,-rpath,${dirname(library)}`,
    "-o",
    client,
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

const run = async (device: string) => (await execa(client, [device], { reject: false })).stdout.split("\n");

it("runs a MatMul through XRT's buffers and registers (agreement with the simulated device)", async () => {
  const [, want] = await run("sim:memory=0x1000000");
  const device = `xrt:xclbin=kernel.xclbin,memory=0x100000,lock=${folder}/lock`;
  expect(await run(device)).toEqual(["open", want]);
});

it.each([
  ["index=1,xclbin=kernel.xclbin", "XRT: no such device"],
  ["xclbin=missing", "XRT: no such file"],
  ["index=0", "device xrt needs xclbin=..."],
])("%s: %s", async (options, text) => {
  expect(await run(`xrt:${options},lock=${folder}/lock`)).toEqual([text]);
});
