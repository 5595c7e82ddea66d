import { join } from "node:path";
import { goldenVectors, type VectorFile } from "../../src/kria/package/vectors.ts";
import type { Variant } from "../../src/plan/plan.ts";
import { variant } from "../../src/testing/variant.ts";
import { buildDriver } from "../driver/build.ts";

/** F-BFQ's formats on one lane: a simulator that is built in half a minute and is quick enough under qemu. */
export const boardVariant = () => variant("f-bfq", { lanes: 1, "max-k": 512 });

const cross = [
  "-DCMAKE_SYSTEM_NAME=Linux",
  "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
  "-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++",
];

/** The self-test for aarch64, as users build it; for tests without a device with the simulator inside. @returns its path */
export async function buildSelftest(variant: Variant, { simulator }: { simulator: boolean }): Promise<string> {
  const defines = [...(simulator ? ["-DBFQ_SIM=ON"] : []), ...cross];
  return join(await buildDriver(variant, { defines, target: "bfq-selftest" }), "bfq-selftest");
}

export const boardVectors = ({ accelerator }: Variant): VectorFile[] =>
  goldenVectors(accelerator.formats, accelerator.maxK);
