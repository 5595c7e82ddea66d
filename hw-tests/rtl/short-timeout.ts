import type { GeneratedFile } from "../../src/emit/emitter.ts";
import { mutate } from "./verilate.ts";

const timeoutLog2 = 12;
const quietLog2 = 9;

/** Cycles of a run whose memory gives no answers: until the timeout, then while it drains, then before it gives up what is open. */
export const silentCycles = 2 * 2 ** timeoutLog2 + 2 ** quietLog2;

/** The same kernel with a timeout, and a silence after a reset, that a simulation can wait for. */
export function withShortTimeout(files: readonly GeneratedFile[]): GeneratedFile[] {
  const short = [
    { file: "rtl/bfq_kernel.sv", from: "TIMEOUT_LOG2 = 24", to: `TIMEOUT_LOG2 = ${timeoutLog2}` },
    { file: "rtl/bfq_kernel.sv", from: "QUIET_LOG2   = 12", to: `QUIET_LOG2   = ${quietLog2}` },
  ];
  return files.map(({ path, text }) => ({
    path,
    text: short.filter(({ file }) => file === path).reduce(mutate, text),
  }));
}
