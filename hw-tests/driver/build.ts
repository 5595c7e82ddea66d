import { dirname, join } from "node:path";
import { execa } from "execa";
import { driverEmitter } from "../../src/emit/driver.ts";
import { ggmlEmitter } from "../../src/emit/ggml.ts";
import { rtlEmitter } from "../../src/emit/rtl.ts";
import { packageRoot, specsFolder } from "../../src/paths.ts";
import { planAccelerator, type Variant } from "../../src/plan/plan.ts";
import { cachedBuild } from "../../src/sim/build.ts";
import { readAccelerator } from "../../src/spec/accelerator.ts";

/** The formats of `everything` and of `grids`, for tests of the host's part. */
export async function everyFormat(): Promise<Variant> {
  const read = (name: string) => readAccelerator(join(specsFolder, "accelerators", `${name}.yaml`));
  const [everything, grids] = [await read("everything"), await read("grids")];
  const all = { ...everything, name: "all", lanes: 2, formats: [...everything.formats, ...grids.formats] };
  return { accelerator: all, plan: planAccelerator(all) };
}

/** Every format of `everything` but one, on a machine that a simulator is built of in a minute. */
export async function smallVariant(without?: string): Promise<Variant> {
  const accelerator = await readAccelerator(join(specsFolder, "accelerators", "everything.yaml"));
  const formats = accelerator.formats.filter(({ name }) => name !== without);
  const small = { ...accelerator, name: "small", lanes: 2, columns: 1, maxK: 2048, formats };
  return { accelerator: small, plan: planAccelerator(small) };
}

interface Options {
  /** Flags of CMake. */
  defines?: string[];
  targets?: string[];
}

/** Builds the driver of a variant as users do. @returns the build folder */
export async function buildDriver({ plan }: Variant, { defines = [], targets = ["bfq_shared"] }: Options = {}) {
  const configure = ["-S", "driver", "-B", "build", ...defines];
  const product = await cachedBuild({
    files: [...driverEmitter.files(plan), ...rtlEmitter.files(plan)],
    commands: [
      { tool: "cmake", args: configure },
      { tool: "cmake", args: ["--build", "build", "-j2", "--target", ...targets] },
    ],
    product: "build/CMakeCache.txt",
  });
  return dirname(product);
}

/** The shared library with the simulator inside. */
export const buildSimulated = async (variant: Variant) =>
  join(await buildDriver(variant, { defines: ["-DBFQ_SIM=ON"] }), "libbfq.so");

/** llama.cpp from npm: its libraries, and its source, which scripts/fetch-llama gets once. */
export const llamaLibraries = join(packageRoot, "node_modules/@node-llama-cpp/linux-x64/bins/linux-x64");
export const llamaSource = async () => (await execa(join(packageRoot, "scripts/fetch-llama"))).stdout;

export const pluginFiles = ({ plan }: Variant) => [
  ...driverEmitter.files(plan),
  ...rtlEmitter.files(plan),
  ...ggmlEmitter.files(plan),
];

/** The plug-in, with the simulator inside where not told otherwise. @returns its path */
export async function buildPlugin(
  variant: Variant,
  { defines = ["-DBFQ_SIM=ON"], libraries = llamaLibraries }: { defines?: string[]; libraries?: string } = {},
): Promise<string> {
  const ggml = ["libggml.v0.5.0.so", "libggml-base.so"].map((name) => join(libraries, name));
  const llama = [`-DLLAMA_CPP_DIR=${await llamaSource()}`, `-DGGML_LIBRARIES=${ggml.join(";")}`];
  return cachedBuild({
    files: pluginFiles(variant),
    commands: [
      { tool: "cmake", args: ["-S", "ggml", "-B", "build", ...defines, ...llama] },
      { tool: "cmake", args: ["--build", "build", "-j2", "--target", "ggml-bfq"] },
    ],
    product: "build/libggml-bfq.so",
  });
}
