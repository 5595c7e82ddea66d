import { z } from "zod";
import { spaceSchema } from "../explore/space-schema.ts";
import { modelSchema } from "../model/model-spec.ts";
import { acceleratorSchema } from "./accelerator.ts";
import { activationSchema } from "./activations.ts";
import { boardFileSchema, moduleSchema } from "./board.ts";
import { formatSchema } from "./format-schema.ts";

/** JSON Schemas for editors, made from the schemas that judge the specs. Spec files name theirs in their first line. */
export function jsonSchemas(): { path: string; text: string }[] {
  const schemas = {
    format: formatSchema,
    activation: activationSchema,
    accelerator: acceleratorSchema,
    board: boardFileSchema,
    module: moduleSchema,
    model: modelSchema,
    space: spaceSchema,
  };
  return Object.entries(schemas).map(([name, schema]) => {
    const json = { title: `bfq ${name}`, ...z.toJSONSchema(schema, { io: "input" }) };
    return { path: `schemas/${name}.schema.json`, text: `${JSON.stringify(json, null, 2)}\n` };
  });
}
