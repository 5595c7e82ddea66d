import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeFormat } from "../../src/emit/format-file.ts";
import { packageRoot, specsFolder } from "../../src/paths.ts";
import { outsideEnvelope } from "../../src/plan/envelope.ts";
import { planFormat } from "../../src/plan/format-plan.ts";
import { cachedBuild } from "../../src/sim/build.ts";
import { readFormat } from "../../src/spec/parse-format.ts";
import { buildPlugin, llamaLibraries, llamaSource, pluginFiles, smallVariant } from "../driver/build.ts";

/** A machine that q4_K fits, which its driver was built without: the models' Q4_K tensors need the file of a late format. */
const variant = await smallVariant("q4_K");
const model = (format: string) => join(packageRoot, `hw-tests/data/kjv-2.5m/kjv2.5M-${format}.gguf`);
let folder: string;
let source: string;
let plugin: string;
let late: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-llama-"));
  source = await llamaSource();
  plugin = await buildPlugin(variant);
  late = join(folder, "q4_K.bfqf");
  const q4 = await readFormat(join(specsFolder, "formats/q4_K.yaml"));
  expect(outsideEnvelope(planFormat(q4), variant.plan.parameters)).toEqual([]);
  await writeFile(late, encodeFormat(planFormat(q4), variant.plan.parameters));
  // The one CPU backend without FMA and without quantised kernels of its own: ggml's generic C kernels.
  await symlink(join(llamaLibraries, "libggml-cpu-x64.so"), join(folder, "libggml-cpu-x64.so"));
  const include = ["-I", join(source, "include"), "-I", join(source, "ggml/include")];
  const libraries = ["libllama.v0.5.0.so", "libggml.v0.5.0.so", "libggml-base.so"].map((name) => `-l:${name}`);
  const program = join(packageRoot, "scripts/llama/run.cpp");
  const link = ["-L", llamaLibraries, `-Wl,-rpath,${llamaLibraries}`, ...libraries];
  await execa("g++", ["-std=c++17", "-O1", ...include, program, "-o", join(folder, "run"), ...link]);
});
afterAll(() => rm(folder, { recursive: true }));

/** Greedy text, and what was said on stderr. */
async function generate(name: string, format: string, tokens: number, env: Record<string, string> = {}) {
  const args = ["generate", folder, model(format), "And God", String(tokens), join(folder, name)];
  const { stdout, stderr, exitCode } = await execa(join(folder, "run"), args, { env, reject: false });
  return { text: stdout, stderr, exitCode };
}

const accelerated = (device: string) => ({
  GGML_BACKEND_PATH: plugin,
  BFQ_DEVICE: device,
  BFQ_STATS: "1",
  BFQ_FORMATS: late,
});

describe("an unmodified llama.cpp with the plug-in (truth: its CPU backend with ggml's generic kernels)", () => {
  it.each(["q2_k", "q3_k_m", "q4_k_m"])("%s gives the same text", async (format) => {
    const cpu = await generate("cpu", format, 6);
    const accelerator = await generate("accelerator", format, 6, accelerated("sim"));
    expect(accelerator.text).toBe(cpu.text);
    expect(accelerator.stderr).toContain(`bfq: q4_K is known from ${late}\n`);
    expect(accelerator.stderr).toContain("bfq: weight matrices in device memory: 22");
    expect(accelerator.stderr).toMatch(/bfq: MatMuls on the accelerator: 132\n/);
    const compared = await execa(join(folder, "run"), ["compare", join(folder, "cpu"), join(folder, "accelerator")]);
    expect(compared.stdout).toMatch(/^the same 6 tokens/);
  });

  it("without the file of a late format its tensors stay on the CPU; a file that is none is refused and says why", async () => {
    const other = join(folder, "other.bfqf");
    await writeFile(other, "no format");
    const { stderr, text } = await generate("early", "q4_k_m", 2, { ...accelerated("sim"), BFQ_FORMATS: other });
    expect(text).toMatch(/^And God/);
    expect(stderr).toContain(`bfq: ${other}`);
    expect(stderr).toMatch(/MatMuls not taken, the weights' format is not in the variant: \d+/);
    expect(Number(/weight matrices in device memory: (\d+)/.exec(stderr)?.[1])).toBeLessThan(22);
  });

  it("weights that do not fit stay on the CPU, the largest go first, and the statistics say so", async () => {
    const cpu = await generate("cpu", "q4_k_m", 3);
    const accelerator = await generate("small", "q4_k_m", 3, accelerated("sim:memory=0x180000"));
    expect(accelerator.text).toBe(cpu.text);
    expect(accelerator.stderr).toMatch(/weight matrices left to the CPU, device memory full: \d+/);
    expect(accelerator.stderr).toMatch(/MatMuls not taken, its weights are not in device memory: \d+/);
    expect(accelerator.stderr).toMatch(/MatMuls on the accelerator: \d+/);
  });

  it("without a device that can be used, llama.cpp runs on the CPU and the reason is shown", async () => {
    const { text, stderr } = await generate("wrong", "q2_k", 1, accelerated("sim:hash=1"));
    expect(stderr).toContain("Load the variant's own bitstream.; all MatMuls go to the CPU");
    expect(text).toMatch(/^And God/);
  });

  it.each(["abc", "0", "-1", "12 ms", "4294967296"])(
    "BFQ_TIMEOUT_MS=%s is refused, and the CPU computes",
    async (value) => {
      const { text, stderr } = await generate("wrong", "q2_k", 1, { ...accelerated("sim"), BFQ_TIMEOUT_MS: value });
      expect(stderr).toContain(`BFQ_TIMEOUT_MS is '${value}'; it must be milliseconds from 1 to 4294967295`);
      expect(text).toMatch(/^And God/);
    },
  );

  it("a run that fails ends the decode with an error, not with wrong numbers", async () => {
    const { stderr, exitCode } = await generate("late", "q2_k", 4, { ...accelerated("sim"), BFQ_TIMEOUT_MS: "1" });
    expect(stderr).toContain("the run did not end within 1 ms; the accelerator was reset");
    expect(stderr).toContain("llama_decode gave");
    expect(exitCode).toBe(4);
  });
});

it("buffers give back what was written, whole or in part, and a MatMul uses the newest bytes (truth: ggml's CPU backend)", async () => {
  const program = join(folder, "buffer_test");
  const include = ["-I", join(source, "ggml/include")];
  const libraries = [
    "-L",
    llamaLibraries,
    `-Wl,-rpath,${llamaLibraries}`,
    "-l:libggml.v0.5.0.so",
    "-l:libggml-base.so",
  ];
  const test = join(packageRoot, "hw-tests/ggml/buffer_test.cpp");
  await execa("g++", ["-std=c++17", "-O1", ...include, test, "-o", program, ...libraries]);
  const { stdout } = await execa(program, [plugin, join(folder, "libggml-cpu-x64.so")], {
    env: { BFQ_FORMATS: late },
    reject: false,
  });
  expect(stdout).toBe("ok");
});

it("loads into Node, which keeps the symbols of llama.cpp's libraries to itself", async () => {
  const script = `
    import koffi from "koffi";
    const ggml = koffi.load(process.argv[1]);
    const load = ggml.func("void *ggml_backend_load(const char *)");
    console.log(load(process.argv[2]) !== null, ggml.func("size_t ggml_backend_dev_count()")());`;
  const args = ["--input-type=module", "-e", script, join(llamaLibraries, "libggml.v0.5.0.so"), plugin];
  const { stdout } = await execa(process.execPath, args, { cwd: packageRoot, env: { BFQ_DEVICE: "sim" } });
  expect(stdout).toBe("true 1");
});

it("the plug-in compiles for aarch64, warnings as errors", async () => {
  const version = ['-DBFQ_GGML_VERSION="0.25.1"', '-DBFQ_DEFAULT_DEVICE="uio"'];
  const headers = ["ggml/include", "ggml/src"].flatMap((path) => ["-isystem", join(source, path)]);
  const flags = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-I", "driver", ...headers, ...version];
  const files = pluginFiles(variant);
  const sources = files.map(({ path }) => path).filter((path) => path.startsWith("ggml/") && path.endsWith(".cpp"));
  const compile = {
    tool: "aarch64-linux-gnu-g++",
    args: [...flags, "-c", ...sources],
  };
  await cachedBuild({ files, commands: [compile], product: "backend.o" });
});

it.each([
  [["none.gguf"], 2, /^llama-demo: cannot read \S*none\.gguf$/],
  [["a b.gguf\u001b[2J.gguf"], 2, /^llama-demo: cannot read \$'.*\\E\[2J\.gguf'$/],
  [[model("q2_k"), "0"], 2, /^llama-demo: TOKENS is 0; it must be a number from 1 to 240$/],
  [[model("q2_k"), "1;id"], 2, /^llama-demo: TOKENS is 1\\;id; it must be/],
  [["other"], 2, /MODEL\.gguf \[TOKENS\]/],
])("llama-demo %s: wrong use", async (args, exitCode, says) => {
  const run = await execa(join(packageRoot, "scripts/llama-demo"), args, { reject: false });
  expect(run.stderr).toMatch(says);
  expect(run.exitCode).toBe(exitCode);
});
