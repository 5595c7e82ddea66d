import { dirname, join } from "node:path";
import { driverEmitter } from "../../src/emit/driver.ts";
import { rtlEmitter } from "../../src/emit/rtl.ts";
import { specsFolder } from "../../src/paths.ts";
import { type Plan, planAccelerator } from "../../src/plan/plan.ts";
import { bankBytes, bankPeriod } from "../../src/repack/image.ts";
import { cachedBuild } from "../../src/sim/build.ts";
import { readAccelerator } from "../../src/spec/accelerator.ts";
import type { Format } from "../../src/spec/format.ts";

export interface Variant {
  plan: Plan;
  formats: Format[];
}

/** Every format of `everything`, on a machine that a simulator is built of in a minute. */
export async function smallVariant(): Promise<Variant> {
  const accelerator = await readAccelerator(join(specsFolder, "accelerators", "everything.yaml"));
  const small = { ...accelerator, name: "small", lanes: 2, columns: 1, maxK: 2048 };
  return { plan: planAccelerator(small), formats: small.formats };
}

interface Options {
  /** Flags of CMake. */
  defines?: string[];
  target?: string;
}

/** Builds the driver of a variant as users do. @returns the build folder */
export async function buildDriver({ plan }: Variant, { defines = [], target = "bfq_shared" }: Options = {}) {
  const configure = ["-S", "driver", "-B", "build", ...defines];
  const product = await cachedBuild({
    files: [...driverEmitter.files(plan), ...rtlEmitter.files(plan)],
    commands: [
      { tool: "cmake", package: "cmake", args: configure },
      { tool: "cmake", package: "cmake", args: ["--build", "build", "-j2", "--target", target] },
    ],
    product: "build/CMakeCache.txt",
  });
  return dirname(product);
}

/** The shared library with the simulator inside. */
export const buildSimulated = async (variant: Variant) =>
  join(await buildDriver(variant, { defines: ["-DBFQ_SIM=ON"] }), "libbfq.so");

/** From one lane's tiles to the next lane's, as src/repack/image.ts lays them out. */
export const laneStride = (laneBytes: number) => Math.ceil(laneBytes / bankPeriod) * bankPeriod + bankBytes;
