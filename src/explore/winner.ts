import { dirname, join, relative, resolve } from "node:path";
import { stringify } from "yaml";
import { packageRoot } from "../paths.ts";
import { besideSpec, isPath } from "../spec/reference.ts";
import type { Found } from "./front.ts";
import { type Space, valuesOf } from "./space.ts";
import { keySchemas } from "./space-schema.ts";

/** The spec of a space's winner, to lie in `folder`. */
export function winnerSpec(space: Space, { n, point }: Found, folder: string): string {
  const { base, baseFile, file, name, model } = space;
  const given = base.source.value as Record<string, unknown>;
  const own = fromHere(valuesOf(space, n), file, folder);
  const others = fromHere(
    Object.fromEntries(Object.keys(keySchemas).map((key) => [key, given[key]])),
    baseFile,
    folder,
  );
  const keys = { bfq: 1, name, ...others, ...own };
  const known = Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
  const schema = relative(resolve(folder), join(packageRoot, "schemas/accelerator.schema.json"));
  const figures = `${point.tokensPerSecond.toFixed(2)} tok/s, prompt ${point.promptTokensPerSecond.toFixed(1)} tok/s in MatMuls, ${point.lut} LUT`;
  return [
    `# yaml-language-server: $schema=${schema}`,
    `# Point ${n} of the space ${name}: ${model.name} ${model.mix}, by estimate ${figures}`,
    stringify(known, { flowCollectionPadding: false, collectionStyle: "any", lineWidth: 120 }),
  ].join("\n");
}

/** Paths of a spec are relative to it. */
function fromHere(values: Record<string, unknown>, spec: string, folder: string): Record<string, unknown> {
  const path = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(path);
    if (typeof value !== "string" || !isPath(value)) return value;
    return relative(resolve(folder), resolve(dirname(spec), besideSpec("", value)));
  };
  const moved = ["formats", "board"].filter((key) => values[key] !== undefined).map((key) => [key, path(values[key])]);
  return { ...values, ...Object.fromEntries(moved) };
}
