import { dirname, join } from "node:path";
import { execa } from "execa";
import type { Mutant, Mutated } from "./build.ts";

/** Whether the mutant's bit was what it is made anyway, or leads to no output: Yosys' optimiser drops the mutant. */
export async function changesNothing({ executable }: Mutated, top: string, { command }: Mutant): Promise<boolean> {
  return proves(executable, [
    "read_ilang design.il",
    command,
    "setattr -mod -unset keep_hierarchy *; flatten",
    ...["opt_expr", "simplemap", "opt_expr", "opt_clean", `cd ${top}`, "select -assert-none i:mutant %co1 c:* %i"],
  ]);
}

/**
 * Whether Yosys proves that a mutant does what the design does: each register and output, from equal inputs and registers,
 * by SAT with induction over a few cycles. What depends on which states can be reached stays unproved.
 */
export async function isEquivalent({ executable }: Mutated, top: string, { command }: Mutant): Promise<boolean> {
  const mutate = command.replace(/ -ctrl mutant 16 \d+/, "").replace(` -module ${top} `, " -module gate ");
  return proves(executable, [
    "read_ilang design.il",
    ...[`rename ${top} gold`, "copy gold gate", mutate],
    "memory_collect; memory_map; dffunmap; opt_clean",
    "equiv_make gold gate equiv; hierarchy -top equiv; opt_clean",
    "equiv_struct; equiv_simple; equiv_induct -seq 3; equiv_status -assert",
  ]);
}

async function proves(executable: string, script: readonly string[]): Promise<boolean> {
  const cwd = join(dirname(executable), "..");
  // 20 s of the processor: what is proved depends on no other process.
  const limited = ["-c", 'ulimit -t 20; exec yosys -q -p "$0"', script.join("; ")];
  return !(await execa("bash", limited, { cwd, all: true, reject: false })).failed;
}
