import { expect, it } from "vitest";
import type { GeneratedFile } from "../src/emit/emitter.ts";
import { hlsEmitter } from "../src/emit/hls.ts";
import { rtlEmitter } from "../src/emit/rtl.ts";
import { buildCsim } from "../src/sim/csim.ts";
import { startMachine } from "../src/sim/machine.ts";
import { buildRtl } from "../src/sim/rtl.ts";
import { planWith } from "./hls/support.ts";

// Each mutant is a kernel that says something wrong of itself; the simulators' mains refuse it as the driver does. Icarus
// has its own (rtl/icarus.test.ts), and the driver (driver/simulated.test.ts).
const tiny = {
  ...{ LANES: 1, COLUMNS: 1, REPLAY: 1, MAX_K_TILES: 1, CODE_BITS: 1, LEVEL_BITS: 3, CODEBOOK: 0, SCALE_BITS: 0 },
  ...{
    SCALE_WIDTH: 2,
    MIN_BITS: 0,
    MIN_WIDTH: 1,
    HAS_MIN: 0 as const,
    MSUM_BITS: 1,
    D_TYPES: 1,
    D_BITS: 16,
    DESC_WORDS: 6,
  },
  ...{ MIN_STEP_LOG2: 8, FP_UNITS: 1, FP_INTERVAL: 1 as const },
};

const plan = await planWith(tiny);
const engines = {
  csim: { files: () => hlsEmitter.files(plan), build: (files: readonly GeneratedFile[]) => buildCsim(files) },
  rtl: { files: () => rtlEmitter.files(plan), build: (files: readonly GeneratedFile[]) => buildRtl(files) },
};

function mutate(files: readonly GeneratedFile[], path: string, from: string, to: string): GeneratedFile[] {
  const file = files.find((candidate) => candidate.path === path)!;
  expect(file.text.split(from).length, `${from} in ${path}`).toBe(2);
  return files.map((other) => (other === file ? { path, text: file.text.replace(from, () => to) } : other));
}

it.each([
  [
    "csim",
    "hls/bfq_kernel.cpp",
    "*config_hash = CONFIG_HASH;",
    "*config_hash = CONFIG_HASH ^ 1;",
    "configuration hash",
  ],
  [
    "csim",
    "hls/bfq_kernel.cpp",
    "*interface_version = INTERFACE_VERSION;",
    "*interface_version = INTERFACE_VERSION + 1;",
    "interface version",
  ],
  ["csim", "hls/bfq_kernel.cpp", "*capabilities = CAPABILITIES;", "*capabilities = LANES;", "capabilities"],
  [
    "rtl",
    "rtl/bfq_machine.sv",
    ".CONFIG_HASH(bfq_params::CONFIG_HASH)",
    ".CONFIG_HASH(bfq_params::CONFIG_HASH ^ 32'd1)",
    "configuration hash",
  ],
  ["rtl", "rtl/bfq_axi_lite.sv", "memory[bfq_registers::CAPABILITIES] = CAPABILITIES;", "", "capabilities"],
] as const)("%s refuses a kernel (%s) of `%s` -> `%s`", async (name, path, from, to, said) => {
  const { files, build } = engines[name];
  const machine = await startMachine(await build(mutate(files(), path, from, to)), 4096);
  await expect(machine.run(0, 0)).rejects.toThrow(`the kernel's ${said} is 0x`);
  await machine.close().catch(() => undefined); // it says the same again
});
