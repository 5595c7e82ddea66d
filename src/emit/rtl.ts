import { readdirSync } from "node:fs";
import { templatesFolder } from "../paths.ts";
import type { Plan } from "../plan/plan.ts";
import { copyTemplate, type Emitter, type GeneratedFile, renderTemplate } from "./emitter.ts";

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
      ...copied("rtl", [".sv"]),
      printed("rtl/bfq_params.sv", { ...parameters }),
      printed("rtl/bfq_kernel.sv", { lanes }),
      ...copied("sim/rtl", [".cpp", ".hpp", ".sv"]),
      ...copied("sim/icarus", [".sv"]),
      printed("sim/rtl/ports.hpp", { lanes }),
    ];
  },
};

function copied(folder: string, extensions: string[]): GeneratedFile[] {
  return readdirSync(`${templatesFolder}/${folder}`)
    .filter((name) => extensions.some((extension) => name.endsWith(extension)))
    .sort()
    .map((name) => ({ path: `${folder}/${name}`, text: copyTemplate(`${folder}/${name}`) }));
}
