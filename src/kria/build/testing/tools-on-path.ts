import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../../paths.ts";
import { madeUpBitstream } from "./bitstream.ts";
import { crossingsReport, methodologyReport, powerReport, timingReport, utilisationReport } from "./reports.ts";

/** The real ones that a build calls, beside the made-up ones of AMD. */
const real = [
  "bootgen",
  "dtc",
  "fdtoverlay",
  "dpkg-deb",
  "tar",
  "gzip",
  "tclsh",
  "cmake",
  "make",
  "sh",
  "aarch64-linux-gnu-g++",
  "aarch64-linux-gnu-ar",
  "aarch64-linux-gnu-ranlib",
];

export interface ToolFolder {
  /** For the command's process: PATH is this folder alone. */
  env: Record<string, string>;
  folder: string;
}

/**
 * A folder with the tools of a build and nothing else.
 * @param fake names that stand for AMD's tools, or for cmake
 * @param without real tools that are left out
 */
export async function toolFolder(
  folder: string,
  fake: readonly string[],
  without: readonly string[] = [],
): Promise<ToolFolder> {
  await mkdir(folder, { recursive: true });
  const script = `${packageRoot}src/kria/build/testing/fake-tools.mjs`;
  for (const name of fake) {
    await writeFile(
      join(folder, name),
      `#!/bin/sh\nexec "${process.execPath}" -e 'process.argv.splice(1, 0, "${name}"); import("${script}")' -- "$@"\n`,
    );
    await chmod(join(folder, name), 0o755);
  }
  for (const name of real.filter((tool) => !fake.includes(tool) && !without.includes(tool))) {
    await symlink(`/usr/bin/${name}`, join(folder, name));
  }
  const write = async (name: string, data: string | Uint8Array) => {
    await writeFile(join(folder, name), data);
    return join(folder, name);
  };
  return {
    folder,
    env: {
      PATH: folder,
      FAKE_BITSTREAM: await write("made-up.bit", madeUpBitstream()),
      FAKE_TIMING: await write("timing.rpt", timingReport(true)),
      FAKE_UTILISATION: await write("utilization.rpt", utilisationReport()),
      FAKE_POWER: await write("power.rpt", powerReport()),
      FAKE_METHODOLOGY: await write(
        "methodology.rpt",
        methodologyReport([["TIMING-18", "Warning", "Missing input or output delay", 3]]),
      ),
      FAKE_CROSSINGS: await write("cdc.rpt", crossingsReport(false)),
    },
  };
}
