import type { Problem } from "../problem.ts";
import { codebookEntries, type FormatPlan } from "./format-plan.ts";
import { scaleTypeCode } from "./interface.ts";
import type { MachineParameters } from "./parameters.ts";

/** Why a format can't run on a machine that is already built; empty where a new format descriptor is all it needs. */
export function outsideEnvelope(format: FormatPlan, parameters: MachineParameters): Problem[] {
  const { fields, widths } = format;
  const most: [keyof MachineParameters, string, number][] = [
    ["CODE_BITS", "bits of a code", fields.code_bits],
    ["LEVEL_BITS", "bits of a level", widths.level],
    ["CODEBOOK", "codebook entries", codebookEntries(format)],
    ["SCALE_BITS", "stored bits of a scale", fields.scale_bits],
    ["SCALE_WIDTH", "bits of a signed scale", widths.scale],
    ["HAS_MIN", "mins", fields.min_mode === 0 ? 0 : 1],
    ["MIN_BITS", "stored bits of a min", fields.min_bits],
    ["MIN_WIDTH", "bits of a signed min", fields.min_mode === 0 ? 0 : widths.min],
    ["ISUM_BITS", "bits of isum", widths.isum],
    ["MSUM_BITS", "bits of msum", fields.min_mode === 0 ? 0 : widths.msum],
  ];
  const problems = most
    .filter(([parameter, , need]) => need > parameters[parameter])
    .map(([parameter, meaning, need]): Problem => {
      const what = `${format.name} needs ${need} ${meaning}; the machine has ${parameters[parameter]} (${parameter})`;
      return { rule: "outside-envelope", what };
    });
  if (fields.step_log2 < parameters.MIN_STEP_LOG2) {
    const what = `${format.name} has steps of ${2 ** fields.step_log2}; the machine's shortest is ${2 ** parameters.MIN_STEP_LOG2} (MIN_STEP_LOG2)`;
    problems.push({ rule: "outside-envelope", what });
  }
  if (((parameters.D_TYPES >> fields.d_type) & 1) === 0) {
    const name = Object.entries(scaleTypeCode).find(([, code]) => code === fields.d_type)?.[0];
    problems.push({
      rule: "outside-envelope",
      what: `${format.name} has ${name} block scales, which the machine does not convert (D_TYPES)`,
    });
  }
  return problems;
}
