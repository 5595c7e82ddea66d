import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { type GeneratedFile, renderTemplate } from "../../src/emit/emitter.ts";
import { printedPackages } from "../../src/emit/packages.ts";
import { derivedParameters, type Envelope } from "../../src/plan/parameters.ts";
import { cachedBuild } from "../../src/sim/build.ts";
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
  /** With counters of lines and toggles. */
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
  ...{ TRITS: 0, TABLE_ROWS: 0 },
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

/** Runs a bench and gives what its counters say (coverage.hpp): a text of Verilator's for each model in it. @throws where it fails */
export async function coverBench(bench: Bench): Promise<string[]> {
  const executable = await buildBench({ ...bench, coverage: true, defines: { ...bench.defines, VM_COVERAGE: 1 } });
  const folder = await mkdtemp(join(tmpdir(), "bfq-coverage-"));
  try {
    const env = { BFQ_COVERAGE: join(folder, "counts") }; // and not BFQ_LONG: a bench's usual run is what is asked about
    await execa(executable, { env, extendEnv: false, all: true });
    return await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Compiling is most of a bench's time, and -O2 runs no faster. */
const compiler = ["-std=c++17", "-O1", "-ffp-contract=off"];
const warnings = ["-Wall", "-Wextra", "-Werror"];

/** What every bench and model includes, compiled once. */
const common = "common.hpp";
const commonText = ["algorithm", "array", "deque", "functional", "map", "memory", "string", "vector"]
  .map((header) => `#include <${header}>\n`)
  .concat('#include "verilated.h"\n')
  .join("");

/** Where Verilator's headers are. Asked once: each call of the command takes longer than a module's translation. */
let root: Promise<string> | undefined;
const askRoot = async () => (await execa("verilator", ["--getenv", "VERILATOR_ROOT"])).stdout;

/** In four steps, each kept by itself: Verilator's own part, the model, the bench's side of it, the program. */
async function buildBench(bench: Bench, mutation?: Mutation): Promise<string> {
  root ??= askRoot();
  const home = await root;
  // Verilator's headers are not held to our warnings: -isystem.
  const flags = [...compiler, "-isystem", `${home}/include`, "-isystem", `${home}/include/vltstd`];
  const runtime = dirname(await buildRuntime(home, flags));
  const model = await buildModel(bench, [...flags, "-include", join(runtime, common)], mutation);
  const ports = await readFile(join(dirname(model), "obj/Vdut.h"), "utf8");
  const side = await buildSide(bench, [...flags, "-include", join(runtime, common)], ports);
  const objects = [side, model, ...runtimeParts.map((name) => join(runtime, `${name}.o`))];
  const link = { tool: "g++", args: [...objects, "-o", "bench"] };
  return cachedBuild({ files: [], commands: [link], product: "bench" });
}

const runtimeParts = ["verilated", "verilated_threads", "verilated_cov"];

function buildRuntime(home: string, flags: string[]): Promise<string> {
  const compile = (args: string[]) => ({ tool: "g++", args: [...flags, ...args] });
  return cachedBuild({
    files: [{ path: common, text: commonText }],
    commands: [
      ...runtimeParts.map((name) => compile(["-c", `${home}/include/${name}.cpp`, "-o", `${name}.o`])),
      compile(["-x", "c++-header", common, "-o", `${common}.gch`]),
    ],
    product: `${common}.gch`,
  });
}

/** The module as C++, compiled. */
async function buildModel(
  { top, parameters = {}, primitives = false, coverage = false }: Bench,
  flags: string[],
  mutation?: Mutation,
): Promise<string> {
  const modules = await moduleSources(top, parameters, mutation);
  if (primitives) modules.set("DSP48E2.sv", await readFile(join(benchDirectory, "DSP48E2.sv"), "utf8"));
  // A mutant need not be clean; the module itself must be.
  const lint = mutation ? "-Wno-lint" : "-Wall";
  const verilate = ["--cc", lint, "--assert", "--prefix", "Vdut", "--Mdir", "obj", "--top-module", top];
  verilate.push(...verilatorDoubts);
  // The model reads its parameters' strings, has ports that no chain uses, and a cascade of it looks like a loop.
  const allowed = ["DECLFILENAME", "UNUSED", "WIDTH", "PINCONNECTEMPTY", "UNOPTFLAT"].map((name) => `-Wno-${name}`);
  if (primitives) verilate.push("-DBFQ_DSP48E2", ...allowed);
  if (coverage) verilate.push("--coverage-line", "--coverage-toggle");
  const own = ownParameters(modules.get(`${top}.sv`)!, parameters);
  verilate.push(...own.map(([name, value]) => `-G${name}=${value}`), ...modules.keys());
  return cachedBuild({
    files: asFiles(modules),
    commands: [
      { tool: "verilator", args: verilate },
      { tool: "bash", args: ["-c", 'for f in obj/*.cpp; do echo "#include \\"$f\\""; done > all.cpp'] },
      { tool: "g++", args: [...flags, "-c", "all.cpp", "-o", "dut.o"] },
    ],
    product: "dut.o",
  });
}

/** The bench, compiled against the model's ports: a mutant has those of its module, so that its bench is there already. */
async function buildSide({ bench, parameters, defines }: Bench, flags: string[], ports: string): Promise<string> {
  const definitions = Object.entries({ ...parameters, ...defines }).map(([name, value]) => `-D${name}=${value}`);
  const args = [...flags, ...warnings, ...definitions, "-isystemobj", "-c", bench, "-o", "bench.o"];
  const files = [...asFiles(await benchSources(bench)), { path: "obj/Vdut.h", text: ports }];
  return cachedBuild({ files, commands: [{ tool: "g++", args }], product: "bench.o" });
}

const asFiles = (texts: ReadonlyMap<string, string>): GeneratedFile[] =>
  [...texts].map(([path, text]) => ({ path, text }));
