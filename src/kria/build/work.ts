import type { GeneratedFile } from "../../emit/emitter.ts";
import { workFiles } from "../emitter.ts";

/** bfq's record in the folder of a build; says at the end what was built. */
export const buildRecord = "build.json";

/** An IP does not carry the macros of the project that packed it, so each source sets its own. */
const dspMacro = "`ifndef BFQ_DSP48E2\n`define BFQ_DSP48E2\n`endif\n";

/** The SystemVerilog of a variant as Vivado gets it, relative to the folder that it runs in. */
export function vivadoSources(variant: readonly GeneratedFile[]): GeneratedFile[] {
  return variant
    .filter(({ path }) => /^rtl\/.*\.sv$/.test(path))
    .map(({ path, text }) => ({ path: path.replace(/^rtl/, workFiles.rtl), text: dspMacro + text }));
}
