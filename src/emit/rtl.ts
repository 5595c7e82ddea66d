import type { DatapathPlan } from "../datapath/datapath.ts";
import { capabilities } from "../plan/parameters.ts";
import type { Plan } from "../plan/plan.ts";
import { copyFolder, type Emitter, type GeneratedFile, renderTemplate, withDatapath } from "./emitter.ts";
import { kernelPorts } from "./kernel-ports.ts";
import { printedPackages } from "./packages.ts";

/**
 * SystemVerilog under `rtl/`: the modules as they are, the parameter package, and the kernel that names the ports.
 * Under `sim/rtl/` what Verilator needs to run it, together with `simHeaders`; under `sim/icarus/` a bench for Icarus.
 */
export const rtlEmitter: Emitter = {
  name: "rtl",
  refuses: () => [],
  files({ parameters, datapath }: Plan): GeneratedFile[] {
    const lanes = Array.from({ length: parameters.LANES }, (_, lane) => lane);
    const printed = (path: string, view: Record<string, unknown>) => ({
      path,
      text: renderTemplate(`${path}.hbs`, view),
    });
    return [
      ...withDatapath("rtl", datapath.files.rtl),
      ...printedPackages(parameters),
      printed("rtl/bfq_products.sv", productsView(datapath)),
      printed("rtl/bfq_kernel.sv", { lanes, ports: kernelPorts(parameters.LANES) }),
      ...copyFolder("sim/rtl"),
      ...copyFolder("sim/icarus"),
      printed("sim/rtl/ports.hpp", {
        lanes,
        configHash: parameters.CONFIG_HASH,
        interfaceVersion: parameters.INTERFACE_VERSION,
        capabilities: capabilities(parameters),
      }),
    ];
  },
};

/** What bfq_products.sv prints. */
export const productsView = ({ name, parameters }: Pick<DatapathPlan, "name" | "parameters">) => ({
  name,
  parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
});

/** The SystemVerilog of `rtl/`, packages before what uses them. */
export function sourcesInOrder(files: readonly GeneratedFile[]): string[] {
  const sources = files.filter(({ path }) => path.startsWith("rtl/") && path.endsWith(".sv"));
  const isPackage = ({ text }: GeneratedFile) => /^package /m.test(text);
  const ordered = [...sources.filter(isPackage), ...sources.filter((file) => !isPackage(file))];
  return ordered.map(({ path }) => path);
}
