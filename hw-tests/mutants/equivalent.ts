import { dirname, join } from "node:path";
import { execa } from "execa";
import type { Mutant, Mutated } from "./build.ts";

/**
 * Whether Yosys proves that a mutant does what the design does: each register and output, from equal inputs and registers,
 * by SAT with induction over a few cycles. What depends on which states can be reached stays unproved.
 */
export async function isEquivalent({ executable }: Mutated, top: string, { command }: Mutant): Promise<boolean> {
  const mutate = command.replace(/ -ctrl mutant 16 \d+/, "").replace(` -module ${top} `, " -module gate ");
  const script = [
    "read_ilang design.il",
    ...[`rename ${top} gold`, "copy gold gate", mutate],
    "memory_collect; memory_map; dffunmap; opt_clean",
    "equiv_make gold gate equiv; hierarchy -top equiv; opt_clean",
    "equiv_struct; equiv_simple; equiv_induct -seq 3; equiv_status -assert",
  ];
  const cwd = join(dirname(executable), "..");
  return !(await execa("yosys", ["-q", "-p", script.join("; ")], { cwd, all: true, reject: false, timeout: 60_000 }))
    .failed;
}
