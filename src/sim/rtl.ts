import type { GeneratedFile } from "../emit/emitter.ts";
import { sourcesInOrder } from "../emit/rtl.ts";
import { simHeaders } from "../emit/sim.ts";
import { type AroundBuild, type Command, cachedBuild } from "./build.ts";

/** Optimisations with which Verilator 5.006 miscomputes some netlists. After -O3, which switches them on. */
export const verilatorDoubts = ["-fno-dfg", "-fno-const-bit-op-tree"];

const speed = ["-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert"];

/** Written here for Verilator. */
const hints = "sim/rtl/own_inputs.vlt";

/**
 * Builds the simulator of the SystemVerilog kernel.
 * @param files of the RTL emitter
 * @param options.trace with waveforms: the file that BFQ_TRACE names, for the runs that option 9 switches on; slow
 * @returns path of the executable
 */
export async function buildRtl(
  files: readonly GeneratedFile[],
  options: { trace?: boolean; around?: AroundBuild | undefined } = {},
): Promise<string> {
  const product = "obj/Vbfq_kernel";
  const verilate: Command = {
    tool: "verilator",
    args: [
      ...["--cc", "--exe", "--prefix", "Vbfq_kernel", "--top-module", "bfq_kernel", "--Mdir", "obj"],
      ...[...speed, ...verilatorDoubts],
      ...(options.trace ? ["--trace"] : []),
      ...["-CFLAGS", "-std=c++17 -march=native"],
      ...[hints, ...sourcesInOrder(files)],
      ...["sim/rtl/bfq_probe.sv", "../sim/rtl/main.cpp"],
    ],
  };
  const compile: Command = {
    tool: "make",
    args: ["-j2", "-C", "obj", "-f", "Vbfq_kernel.mk", "OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1"],
  };
  const inputs = [...withHeaders(files), { path: hints, text: ownInputs(files) }];
  return cachedBuild({ files: inputs, commands: [verilate, compile], product }, options.around);
}

/**
 * Verilator makes one function of the equal instances of a module that is not inlined, but only where the inputs are
 * variables of the instance, which public ones are. The code then fits the caches.
 */
function ownInputs(files: readonly GeneratedFile[]): string {
  const lines = files
    .filter(({ path, text }) => path.startsWith("rtl/") && text.includes("/*verilator no_inline_module*/"))
    .flatMap(({ path, text }) => {
      const module = path.slice("rtl/".length, -".sv".length);
      const inputs = [...text.matchAll(/^\s*input\s+wire(?:\s+logic)?\s*(?:\[[^\]]*\]\s*)?(\w+)/gm)];
      // A clock of its own would be one more trigger to look at in every cycle.
      const names = inputs.map(([, name]) => name).filter((name) => name !== "clk");
      return names.map((name) => `public_flat_rd -module "${module}" -var "${name}"`);
    });
  return ["`verilator_config", ...lines, ""].join("\n");
}

/** Files of the RTL emitter alone lack the headers shared with csim. */
function withHeaders(files: readonly GeneratedFile[]): readonly GeneratedFile[] {
  const present = new Set(files.map(({ path }) => path));
  return [...files, ...simHeaders().filter(({ path }) => !present.has(path))];
}
