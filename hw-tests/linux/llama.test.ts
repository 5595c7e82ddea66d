import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bfq } from "../../src/cli/testing/bfq.ts";
import { packageRoot } from "../../src/paths.ts";
import { cachedBuild } from "../../src/sim/build.ts";
import { sampleModel } from "../../src/testing/variant.ts";
import { basePackage } from "../deploy/package.ts";
import { buildSelftest, cross } from "../deploy/selftest.ts";
import { buildPlugin, llamaLibraries, llamaSource } from "../driver/build.ts";

import { within } from "../waiting.ts";
import { isDebian, LinuxMachine, linuxVariant, resetLine } from "./machine.ts";

const names = ["libllama.v0.5.0.so", "libggml.v0.5.0.so", "libggml-base.so"];
const tokens = 20;
const prompt = "And God";

/** llama.cpp for aarch64, of the version of the one that package.json has for this machine. @returns folder of its libraries */
async function armLibraries(): Promise<string> {
  const { devDependencies } = JSON.parse(await readFile(join(packageRoot, "package.json"), "utf8"));
  const version = devDependencies["@node-llama-cpp/linux-x64"];
  const license = await cachedBuild({
    files: [],
    commands: [
      { tool: "npm", args: ["pack", "--silent", `@node-llama-cpp/linux-arm64@${version}`] },
      { tool: "tar", args: ["-xzf", `node-llama-cpp-linux-arm64-${version}.tgz`] },
    ],
    product: "package/LICENSE",
  });
  return join(license, "../bins/linux-arm64");
}

/** scripts/llama/run.cpp against libraries that lie beside it. */
async function compileRun(compiler: string, libraries: string, program: string): Promise<void> {
  const source = await llamaSource();
  const include = ["-I", join(source, "include"), "-I", join(source, "ggml/include")];
  const link = [
    "-L",
    libraries,
    "-Wl,-rpath,$ORIGIN",
    "-Wl,-rpath-link",
    libraries,
    ...names.map((name) => `-l:${name}`),
  ];
  await execa(compiler, [
    "-std=c++17",
    "-O1",
    ...include,
    join(packageRoot, "scripts/llama/run.cpp"),
    "-o",
    program,
    ...link,
  ]);
}

let folder: string;
let machine: LinuxMachine;
let plugin: string;

// Truth: llama.cpp's CPU backend on this machine; the board's llama.cpp is the one for aarch64 from npm.
beforeAll(async () => {
  if (!isDebian) return;
  folder = await mkdtemp(join(tmpdir(), "bfq-linux-llama-"));
  const [here, there] = [join(folder, "here"), join(folder, "llama")];
  await Promise.all([here, there].map((path) => mkdir(path)));
  const small = await linuxVariant();
  const arm = await armLibraries();
  plugin = await buildPlugin(small);
  await compileRun("g++", llamaLibraries, join(here, "run"));
  await compileRun("aarch64-linux-gnu-g++", arm, join(there, "run"));
  for (const name of [...names, "libggml-cpu-x64.so"]) await symlink(join(llamaLibraries, name), join(here, name));
  for (const name of [...names, "libggml-cpu-armv8.0_1.so"]) await copyFile(join(arm, name), join(there, name));
  await copyFile(await buildPlugin(small, { defines: cross, libraries: arm }), join(there, "libggml-bfq.so"));
  await copyFile(sampleModel, join(there, "model.gguf"));
  await basePackage(join(folder, "package"), small, await buildSelftest(small));
  machine = await LinuxMachine.start(small);
  const deployed = await within(
    300,
    "bfq deploy",
    bfq(["deploy", "--host", LinuxMachine.host, join(folder, "package")], machine.env),
  );
  expect(deployed.exitCode, deployed.stderr).toBe(0);
  await machine.send(join(folder, "llama"), "/opt/llama");
});
afterAll(async () => {
  await machine?.stop();
  if (folder) await rm(folder, { recursive: true });
});

const parse = (stdout: string, stderr: string) => {
  const number = (what: string) => Number(new RegExp(`bfq: ${what}: (\\d+)`).exec(stderr)?.[1]);
  return { text: stdout, matmuls: number("MatMuls on the accelerator"), cycles: number("cycles"), stderr };
};

/** On this machine. */
async function generateHere(env: Record<string, string>, count = tokens) {
  const args = ["generate", join(folder, "here"), sampleModel, prompt, String(count), join(folder, "logits")];
  const { stdout, stderr } = await execa(join(folder, "here/run"), args, { env, timeout: 300_000 });
  return parse(stdout, stderr);
}

/** In the guest, with the plug-in. */
async function generateThere(count = tokens) {
  const device = `uio:registers=/dev/uio0,memory=udmabuf0,reset=/dev/gpiochip0:${resetLine}`;
  const env = `GGML_BACKEND_PATH=/opt/llama/libggml-bfq.so BFQ_DEVICE=${device} BFQ_STATS=1 BFQ_TIMEOUT_MS=300000`;
  const command = `${env} /opt/llama/run generate /opt/llama /opt/llama/model.gguf '${prompt}' ${count} /tmp/logits`;
  const { exitCode, stdout, stderr } = await machine.run(command, 600);
  expect(exitCode, stderr).toBe(0);
  return parse(stdout, stderr);
}

it.runIf(isDebian)(
  "llama.cpp for aarch64 with the plug-in in the guest: the text of this machine's CPU, the cycles of its simulated kernel",
  async () => {
    const guest = await generateThere();
    const host = await generateHere({ GGML_BACKEND_PATH: plugin, BFQ_DEVICE: "sim", BFQ_STATS: "1" });
    const cpu = await generateHere({});

    expect(guest.text).toBe(cpu.text);
    expect(guest.text.length).toBeGreaterThan(prompt.length + 10);
    expect(guest.matmuls).toBeGreaterThan(tokens * 10);
    expect(guest.matmuls).toBe(host.matmuls);
    expect(guest.cycles).toBeGreaterThan(0);
    expect(guest.cycles).toBe(host.cycles);
    expect(await machine.cycles()).toBeGreaterThanOrEqual(guest.cycles);
  },
);

it.runIf(isDebian)(
  "on the board's memory: the cycles of this machine's simulated kernel on it, within 0.5 %",
  async () => {
    const few = 5; // tokens
    await machine.useBoardMemory();
    const guest = await generateThere(few);
    const simulated = { GGML_BACKEND_PATH: plugin, BFQ_STATS: "1" };
    const host = await generateHere({ ...simulated, BFQ_DEVICE: "sim:dram=board" }, few);
    const ideal = await generateHere({ ...simulated, BFQ_DEVICE: "sim" }, few);
    expect(guest.text).toBe(ideal.text);
    expect(guest.matmuls).toBe(host.matmuls);
    const apart = (cycles: number) => Math.abs(cycles / host.cycles - 1);
    expect(apart(guest.cycles)).toBeLessThan(0.005);
    expect(apart(ideal.cycles)).toBeGreaterThan(0.005); // the bound tells the two memories apart
  },
);
