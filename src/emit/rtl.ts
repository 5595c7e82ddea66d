import type { Plan } from "../plan/plan.ts";
import { copyFolder, type Emitter, type GeneratedFile, renderTemplate } from "./emitter.ts";

/**
 * SystemVerilog under `rtl/`: the modules as they are, the parameter package, and the kernel that names the ports.
 * Under `sim/rtl/` what Verilator needs to run it, together with `sim/host.hpp`; under `sim/icarus/` a bench for Icarus.
 */
export const rtlEmitter: Emitter = {
  name: "rtl",
  refuses: () => [],
  files({ parameters }: Plan): GeneratedFile[] {
    const lanes = Array.from({ length: parameters.LANES }, (_, lane) => lane);
    const printed = (path: string, view: Record<string, unknown>) => ({
      path,
      text: renderTemplate(`${path}.hbs`, view),
    });
    return [
      ...copyFolder("rtl"),
      printed("rtl/bfq_params.sv", { ...parameters }),
      printed("rtl/bfq_kernel.sv", { lanes }),
      ...copyFolder("sim/rtl"),
      ...copyFolder("sim/icarus"),
      printed("sim/rtl/ports.hpp", { lanes }),
    ];
  },
};

/** The SystemVerilog of `rtl/`, packages before what uses them. */
export function sourcesInOrder(files: readonly GeneratedFile[]): string[] {
  const sources = files.filter(({ path }) => path.startsWith("rtl/") && path.endsWith(".sv"));
  const isPackage = ({ text }: GeneratedFile) => /^package /m.test(text);
  const ordered = [...sources.filter(isPackage), ...sources.filter((file) => !isPackage(file))];
  return ordered.map(({ path }) => path);
}
