import { z } from "zod";
import { packageRoot } from "../paths.ts";
import { UserError } from "../problem.ts";
import { SpecSource } from "../spec/source.ts";

const testSchema = z.strictObject({
  file: z.string().regex(/^(src|hw-tests)\/[\w./-]+\.test\.ts$/, "a test's file"),
  name: z.string().min(1).max(200).describe("a part of the title of a test or group in it"),
});

/** Shape of docs/testplan.yaml. */
const planSchema = z.array(
  z.strictObject({
    part: z.string().min(1).max(200).describe("as in the README's table"),
    truth: z
      .enum(["outside", "agreement", "self"])
      .describe("another program, standard or formula; two of our own; a property of one"),
    by: z.string().min(1).max(200),
    tests: z.array(testSchema).min(1),
    figure: z.string().min(1).max(200).optional(),
    when: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}$/, "a day")
      .optional(),
  }),
);

export type TestName = z.infer<typeof testSchema>;
export type Claim = z.infer<typeof planSchema>[number];

/** What is claimed, and the tests that hold it. */
export async function readTestplan(): Promise<Claim[]> {
  const shape = (await SpecSource.read(`${packageRoot}docs/testplan.yaml`)).check(planSchema);
  if ("problems" in shape) throw new UserError(shape.problems);
  return shape.value;
}
