import type { GeneratedFile } from "../../src/emit/emitter.ts";
import { mutate } from "./verilate.ts";

/** The same kernel with a timeout, and a silence after a reset, that a simulation can wait for. */
export function withShortTimeout(files: readonly GeneratedFile[]): GeneratedFile[] {
  const short = [
    { file: "rtl/bfq_kernel.sv", from: "TIMEOUT_LOG2 = 24", to: "TIMEOUT_LOG2 = 12" },
    { file: "rtl/bfq_kernel.sv", from: "QUIET_LOG2   = 12", to: "QUIET_LOG2   = 9" },
  ];
  return files.map(({ path, text }) => ({
    path,
    text: short.filter(({ file }) => file === path).reduce(mutate, text),
  }));
}
