import { outsideEnvelope } from "../plan/envelope.ts";
import { planFormat, refuseFormat } from "../plan/format-plan.ts";
import type { Parameters } from "../plan/parameters.ts";
import { UserError } from "../problem.ts";
import { type Format, readFormat } from "../spec/format.ts";

/** A format that a built machine never heard of. @throws UserError that says what of it the machine can't do */
export async function readLateFormat(file: string, parameters: Parameters, variant: string): Promise<Format> {
  const format = await readFormat(file);
  const refused = refuseFormat(format);
  if (refused.length > 0) throw new UserError(refused.map((problem) => ({ ...problem, file })));
  const fix = `add the format to ${variant} and generate a new variant`;
  const outside = outsideEnvelope(planFormat(format), parameters);
  if (outside.length > 0) throw new UserError(outside.map((problem) => ({ ...problem, file, fix })));
  return format;
}
