import { copyTemplate, type GeneratedFile } from "../emit/emitter.ts";
import { type Command, cachedBuild } from "./build.ts";

/** `-fno-dfg`: Verilator 5.006 miscomputes some netlists with it. The rest is for speed. */
const speed = ["-fno-dfg", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert"];
const warnings = "-Wall -Wextra -Werror";

/** What templates/sim/rtl/main.cpp includes of the other engine's. */
const shared = "sim/host.hpp";

/**
 * Builds the simulator of the SystemVerilog kernel.
 * @param files of the RTL emitter
 * @param options.trace with waveforms: the file that BFQ_TRACE names, for the runs that option 9 switches on; slow
 * @returns path of the executable
 */
export async function buildRtl(files: readonly GeneratedFile[], options: { trace?: boolean } = {}): Promise<string> {
  const product = "obj/Vbfq_kernel";
  const verilate: Command = {
    tool: "verilator",
    package: "verilator",
    args: [
      ...["--cc", "--exe", "--prefix", "Vbfq_kernel", "--top-module", "bfq_kernel", "--Mdir", "obj", ...speed],
      ...(options.trace ? ["--trace"] : []),
      ...["-CFLAGS", `-std=c++17 -march=native ${warnings}`],
      ...sourcesInOrder(files),
      ...["sim/rtl/bfq_probe.sv", "../sim/rtl/main.cpp"],
    ],
  };
  const compile: Command = {
    tool: "make",
    package: "make",
    args: ["-j2", "-C", "obj", "-f", "Vbfq_kernel.mk", "OPT_FAST=-O2", "OPT_SLOW=-O0", "OPT_GLOBAL=-O2"],
  };
  return cachedBuild({ files: withShared(files), commands: [verilate, compile], product });
}

/** The SystemVerilog of `rtl/`, packages before what uses them. */
export function sourcesInOrder(files: readonly GeneratedFile[]): string[] {
  const sources = files.filter(({ path }) => path.startsWith("rtl/") && path.endsWith(".sv"));
  const isPackage = ({ text }: GeneratedFile) => /^package /m.test(text);
  const ordered = [...sources.filter(isPackage), ...sources.filter((file) => !isPackage(file))];
  return ordered.map(({ path }) => path);
}

function withShared(files: readonly GeneratedFile[]): readonly GeneratedFile[] {
  if (files.some(({ path }) => path === shared)) return files;
  return [...files, { path: shared, text: copyTemplate(shared) }];
}
