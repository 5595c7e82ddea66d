import type { GeneratedFile } from "../../emit/emitter.ts";
import { workFiles } from "../emitter.ts";

/** An IP does not carry the macros of the project that packed it, so each source sets its own. */
const dspMacro = "`ifndef BFQ_DSP48E2\n`define BFQ_DSP48E2\n`endif\n";

/** A variant's SystemVerilog as Vivado gets it, in the folder that it runs in. */
export const rtlForVivado = (variant: readonly GeneratedFile[]): GeneratedFile[] =>
  variant
    .filter(({ path }) => /^rtl\/.*\.sv$/.test(path))
    .map(({ path, text }) => ({ path: path.replace(/^rtl/, workFiles.rtl), text: dspMacro + text }));
