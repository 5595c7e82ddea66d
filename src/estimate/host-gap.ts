import { userError } from "../problem.ts";
import type { Board } from "../spec/board.ts";

/** Microseconds that the host needs from the end of a run to the next start. */
export function hostGap({ name, "host-gap": gap }: Board): number {
  if (gap !== undefined) return gap;
  throw userError("no-host-gap", `board ${name} has no host-gap`, {
    fix: "add it to its YAML file, as specs/modules/k26.yaml has it",
  });
}
