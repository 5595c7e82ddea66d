import { join } from "node:path";
import { goldenVectors, type VectorFile } from "../../src/kria/package/vectors.ts";
import type { Variant } from "../../src/plan/plan.ts";
import { variant } from "../../src/testing/variant.ts";
import { buildDriver } from "../driver/build.ts";

/** F-BFQ's formats on one lane: a simulator that is built in half a minute. */
export const boardVariant = () => variant("f-bfq", { lanes: 1, "max-k": 512 });

/** CMake's flags for the board's processor. */
export const cross = [
  "-DCMAKE_SYSTEM_NAME=Linux",
  "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
  "-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++",
];

/** The self-test for aarch64, as users build it. @returns its path */
export const buildSelftest = async (variant: Variant): Promise<string> =>
  join(await buildDriver(variant, { defines: cross, targets: ["bfq-selftest"] }), "bfq-selftest");

/** The self-test for this machine, on the simulated kernel, and beside it libbfq.so. @returns its path */
export const buildSimulatedSelftest = async (variant: Variant): Promise<string> =>
  join(
    await buildDriver(variant, { defines: ["-DBFQ_SIM=ON"], targets: ["bfq_shared", "bfq-selftest"] }),
    "bfq-selftest",
  );

export const boardVectors = ({ accelerator }: Variant): VectorFile[] =>
  goldenVectors(accelerator.formats, accelerator.maxK);
