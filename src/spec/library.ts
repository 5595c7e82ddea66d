import { readdir } from "node:fs/promises";
import { specsFolder } from "../paths.ts";
import { userError } from "../problem.ts";
import { type Format, readFormat } from "./format.ts";
import { nearest } from "./nearest.ts";

/** All formats of `specs/formats`, by name. */
export async function readLibrary(folder = `${specsFolder}/formats`): Promise<Map<string, Format>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  const formats = await Promise.all(files.map((file) => readFormat(`${folder}/${file}`)));
  return new Map(formats.map((format) => [format.name, format]));
}

/** One format by name. @throws UserError that names the nearest known one. */
export function findFormat(formats: ReadonlyMap<string, Format>, name: string): Format {
  const format = formats.get(name);
  if (format) return format;
  const names = [...formats.keys()];
  const guess = nearest(name, names);
  throw userError("unknown-format", `no format named '${name.slice(0, 64)}'`, {
    fix: guess ? `did you mean '${guess}'?` : `known formats: ${names.join(", ")}`,
  });
}
