import { outsideEnvelope } from "../plan/envelope.ts";
import { planFormat, refuseFormat } from "../plan/format-plan.ts";
import type { MachineParameters } from "../plan/parameters.ts";
import { UserError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { chooseFormat } from "../spec/library.ts";
import { isPath } from "../spec/reference.ts";

/** A format that a built machine never heard of. @throws UserError that says what of it the machine can't do */
export async function readLateFormat(
  reference: string,
  parameters: MachineParameters,
  variant: string,
): Promise<Format> {
  const format = await chooseFormat(reference);
  const file = isPath(reference) ? { file: reference } : {};
  const refused = refuseFormat(format);
  if (refused.length > 0) throw new UserError(refused.map((problem) => ({ ...problem, ...file })));
  const fix = `add the format to ${variant} and generate a new variant`;
  const outside = outsideEnvelope(planFormat(format), parameters);
  if (outside.length > 0) throw new UserError(outside.map((problem) => ({ ...problem, ...file, fix })));
  return format;
}
