import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { renderTemplate } from "../../src/emit/emitter.ts";
import { printedPackages } from "../../src/emit/packages.ts";
import { derivedParameters, type Envelope } from "../../src/plan/parameters.ts";
import { verilatorDoubts } from "../../src/sim/rtl.ts";

const rtlDirectory = fileURLToPath(new URL("../../templates/rtl/", import.meta.url));
const benchDirectory = fileURLToPath(new URL(".", import.meta.url));

/** A bench and what it is built with. */
export interface Bench {
  /** Module under test. */
  top: string;
  /** C++ source in hw-tests/rtl. */
  bench: string;
  /** Given to the module, as its own parameters (-G) or in the package bfq_params, and to the bench (-D). */
  parameters?: Record<string, number>;
  /** Given to the bench alone. */
  defines?: Record<string, number>;
  /** With the DSP48E2 that synthesis takes, from our model of it, in place of the bodies for simulators. */
  primitives?: boolean;
  /** With counters of lines and toggles (coverage.hpp). */
  coverage?: boolean;
}

/** One deliberate defect: `from` must occur exactly once in `file`. */
export interface Mutation {
  file: string;
  from: string;
  to: string;
}

/** A machine around what a bench says of it. */
const envelope: Envelope = {
  ...{ LANES: 4, COLUMNS: 1, REPLAY: 1, MAX_K_TILES: 8, CODE_BITS: 8, LEVEL_BITS: 9, CODEBOOK: 16 },
  ...{ SCALE_BITS: 8, SCALE_WIDTH: 9, MIN_BITS: 8, MIN_WIDTH: 9, HAS_MIN: 1, D_TYPES: 63, D_BITS: 32 },
  ...{ MIN_STEP_LOG2: 4, ISUM_BITS: 32, MSUM_BITS: 32, DESC_WORDS: 7, FP_UNITS: 1, FP_INTERVAL: 1 },
};

/** What is printed for a variant, as a bench's parameters ask for it. */
function printedSource(name: string, parameters: Record<string, number>): string | undefined {
  if (name === "bfq_products")
    return renderTemplate("rtl/bfq_products.sv.hbs", { name: "multipliers", parameters: [] });
  const asked = { ...envelope, ...parameters };
  const printed = { ...asked, ...derivedParameters(asked), INTERFACE_VERSION: 1, CONFIG_HASH: 0, ...parameters };
  return printedPackages(printed).find(({ path }) => path === `rtl/${name}.sv`)?.text;
}

/**
 * File name -> text of a module of templates/rtl and of all it instantiates; packages first, as their users need them.
 * @param parameters of the package bfq_params, where the module reads it
 */
export async function moduleSources(
  top: string,
  parameters: Record<string, number> = {},
  mutation?: Mutation,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const waiting = [top];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const file = `${name}.sv`;
    if (files.has(file)) continue;
    const text =
      printedSource(name, parameters) ?? (await readFile(join(rtlDirectory, file), "utf8").catch(() => undefined));
    if (text === undefined) continue; // not a file's name
    files.set(file, file === mutation?.file ? mutate(text, mutation) : text);
    waiting.push(...(text.replace(/\/\/.*/g, "").match(/\bbfq_\w+/g) ?? []));
  }
  if (mutation && !files.has(mutation.file)) throw new Error(`${top} does not use ${mutation.file}`);
  const isPackage = (text: string) => Number(/^package /m.test(text));
  return new Map([...files].sort(([, a], [, b]) => isPackage(b) - isPackage(a)));
}

/** Parameters that the module declares itself; the others are the package's. */
export const ownParameters = (text: string, parameters: Record<string, number>) =>
  Object.entries(parameters).filter(([name]) => new RegExp(`\\bparameter\\b[^,;)]*\\b${name}\\s*=`).test(text));

/** File name -> text of a bench and of the headers in its directory that it includes. */
async function benchSources(bench: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const waiting = [bench];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (files.has(name)) continue;
    const text = await readFile(join(benchDirectory, name), "utf8").catch(() => undefined);
    if (text === undefined) continue; // Verilator's
    files.set(name, text);
    waiting.push(...[...text.matchAll(/^#include "([\w.]+)"/gm)].map(([, included]) => included));
  }
  return files;
}

/** Applies a mutation; throws where its text has moved on, as an unmutated copy would pass for a survivor. */
export function mutate(text: string, { file, from, to }: Mutation): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${file}: ${parts.length - 1} places match the mutation ${from}`);
  return parts.join(to);
}

/** Verilates, compiles and runs a bench; a finished build is kept under its content hash. */
export async function runBench(bench: Bench, mutation?: Mutation): Promise<{ passed: boolean; output: string }> {
  const result = await execa(await buildBench(bench, mutation), { all: true, reject: false });
  return { passed: result.exitCode === 0, output: result.all };
}

/** Runs a bench and gives what its counters say: a text of Verilator's for each model in it. @throws where the bench fails */
export async function coverBench(bench: Bench): Promise<string[]> {
  const executable = await buildBench({ ...bench, coverage: true });
  const folder = await mkdtemp(join(tmpdir(), "bfq-coverage-"));
  try {
    await run(executable, [], folder, { BFQ_COVERAGE: join(folder, "counts") });
    return await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Compiling is most of a bench's time, and -O2 runs no faster. */
const compiler = ["-std=c++17", "-O1", "-ffp-contract=off"];

/** Asked once: each call of the command takes longer than a module's translation. */
let installed: Promise<{ root: string; version: string }> | undefined;
async function askVerilator() {
  const [root, version] = await Promise.all(
    [["--getenv", "VERILATOR_ROOT"], ["--version"]].map(async (options) => (await execa("verilator", options)).stdout),
  );
  return { root: root!, version: version! };
}

const runtimeParts = ["verilated", "verilated_threads", "verilated_cov"];

async function buildBench(
  { top, bench, parameters = {}, defines = {}, primitives = false, coverage = false }: Bench,
  mutation?: Mutation,
): Promise<string> {
  const modules = await moduleSources(top, parameters, mutation);
  if (primitives) modules.set("DSP48E2.sv", await readFile(join(benchDirectory, "DSP48E2.sv"), "utf8"));
  const benchFiles = await benchSources(bench);

  // A mutant need not be clean; the module itself must be.
  const lint = mutation ? "-Wno-lint" : "-Wall";
  const verilator = ["--cc", lint, "--assert", "--prefix", "Vdut", "--Mdir", "obj", "--top-module", top];
  verilator.push(...verilatorDoubts);
  // The model reads its parameters' strings and has ports that no chain uses.
  // The model reads its parameters' strings, has ports that no chain uses, and a cascade of it looks like a loop.
  const allowed = ["DECLFILENAME", "UNUSED", "WIDTH", "PINCONNECTEMPTY", "UNOPTFLAT"].map((name) => `-Wno-${name}`);
  if (primitives) verilator.push("-DBFQ_DSP48E2", ...allowed);
  if (coverage) verilator.push("--coverage-line", "--coverage-toggle");
  const own = ownParameters(modules.get(`${top}.sv`)!, parameters);
  verilator.push(...own.map(([name, value]) => `-G${name}=${value}`), ...modules.keys());
  const counters = coverage ? { VM_COVERAGE: 1 } : {};
  const definitions = Object.entries({ ...parameters, ...defines, ...counters }).map(
    ([name, value]) => `-D${name}=${value}`,
  );

  installed ??= askVerilator();
  const { root, version } = await installed;
  const includes = [`-I${root}/include`, `-I${root}/include/vltstd`];
  const warnings = ["-Wall", "-Wextra", "-Werror"];

  const runtime = await cached("verilated", [version, compiler, runtimeParts], async (directory) => {
    for (const name of runtimeParts) {
      const source = `${root}/include/${name}.cpp`;
      await run("g++", [...compiler, ...includes, "-c", source, "-o", `${name}.o`], directory);
    }
  });
  const home = await cached(
    "bench",
    [version, compiler, warnings, verilator, definitions, [...modules], [...benchFiles]],
    async (directory) => {
      for (const [name, text] of [...modules, ...benchFiles]) await writeFile(join(directory, name), text);
      await run("verilator", verilator, directory);
      const generated = (await readdir(join(directory, "obj"))).filter((name) => name.endsWith(".cpp"));
      await writeFile(join(directory, "obj", "all.cpp"), generated.map((name) => `#include "${name}"\n`).join(""));
      await run("g++", [...compiler, ...includes, "-c", "obj/all.cpp", "-o", "dut.o"], directory);
      // Verilator's own headers are not held to our warnings: -isystem.
      const system = includes.map((path) => path.replace("-I", "-isystem"));
      const ports = await readFile(join(directory, "obj", "Vdut.h"), "utf8");
      // A mutant has its module's ports, so the bench's side of it is compiled already.
      const side = await cached(
        "bench-side",
        [version, compiler, warnings, definitions, ports, bench, [...benchFiles]],
        (home) =>
          run(
            "g++",
            [
              ...compiler,
              ...warnings,
              ...definitions,
              ...system,
              "-isystemobj",
              "-c",
              bench,
              "-o",
              join(home, "bench.o"),
            ],
            directory,
          ),
      );
      const objects = [join(side, "bench.o"), "dut.o", ...runtimeParts.map((name) => join(runtime, `${name}.o`))];
      await run("g++", [...objects, "-o", "bench"], directory);
    },
  );
  return join(home, "bench");
}

async function run(command: string, options: string[], cwd: string, env: Record<string, string> = {}): Promise<void> {
  const result = await execa(command, options, { cwd, env, all: true, reject: false });
  if (result.failed) throw new Error(`${command} failed:\n${result.all ?? result.message}`);
}

/** The directory that `build` fills, kept for the next time that `key` is the same. */
async function cached(name: string, key: unknown, build: (directory: string) => Promise<void>): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 32);
  const cache = process.env.BFQ_CACHE ?? join(homedir(), ".cache", "bfq");
  const home = join(cache, `${name}-${hash}`);
  if (await stat(home).catch(() => undefined)) return home;

  // Built beside and then renamed, so that a broken or concurrent build never looks finished.
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, "building-"));
  try {
    await build(scratch);
    // Where another process was faster, its copy is the same.
    await rename(scratch, home).catch(() => undefined);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return home;
}
