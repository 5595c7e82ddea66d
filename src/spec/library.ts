import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { nearest } from "../nearest.ts";
import { specsFolder } from "../paths.ts";
import { printable } from "../printable.ts";
import { type Problem, UserError } from "../problem.ts";
import type { Format } from "./format.ts";
import { readFormat } from "./parse-format.ts";
import { isPath } from "./reference.ts";

let ownFormats: Promise<ReadonlyMap<string, Format>> | undefined;

/** All formats of `specs/formats`, by name; read once. @throws UserError with the problems of all files */
export function readLibrary(): Promise<ReadonlyMap<string, Format>> {
  ownFormats ??= readFormats(`${specsFolder}/formats`);
  return ownFormats;
}

/** All formats of a folder, by name. @throws UserError with the problems of all files */
export async function readFormats(folder: string): Promise<Map<string, Format>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  const problems: Problem[] = [];
  const formats = new Map<string, Format>();
  const results = await Promise.allSettled(files.map((file) => readFormat(`${folder}/${file}`)));
  for (const [index, result] of results.entries()) {
    if (result.status === "rejected") {
      if (!(result.reason instanceof UserError)) throw result.reason;
      problems.push(...result.reason.problems);
      continue;
    }
    const format = result.value;
    const stem = basename(files[index], ".yaml");
    if (format.name !== stem) {
      const what = `the file is named ${stem} and the format ${format.name}`;
      problems.push({ rule: "file-name", what, file: `${folder}/${files[index]}`, fix: `name it ${format.name}.yaml` });
    }
    formats.set(format.name, format);
  }
  if (problems.length > 0) throw new UserError(problems);
  return formats;
}

/** One format by name. @throws UserError that names the nearest known one. */
export function findFormat(formats: ReadonlyMap<string, Format>, name: string): Format {
  const format = formats.get(name);
  if (!format) throw new UserError([unknownFormat(formats, name)]);
  return format;
}

/** A format of `specs/formats` by its name, or any by the path of its YAML file. @throws UserError */
export async function chooseFormat(reference: string): Promise<Format> {
  return isPath(reference) ? readFormat(reference) : findFormat(await readLibrary(), reference);
}

/** The library with a user's formats beside bfq's own. @throws UserError where one has another's name */
export function withFormats(
  library: ReadonlyMap<string, Format>,
  formats: readonly Format[],
): ReadonlyMap<string, Format> {
  const all = new Map(library);
  for (const format of formats) {
    const problem = takenName(all, format);
    if (problem) throw new UserError([problem]);
    all.set(format.name, format);
  }
  return all;
}

/** The problem with a format that has the name of another one; the very same format is none. */
export function takenName(formats: ReadonlyMap<string, Format>, format: Format): Problem | undefined {
  const known = formats.get(format.name);
  if (!known || isDeepStrictEqual({ ...known, description: "" }, { ...format, description: "" })) return undefined;
  const what = `${format.name} is the name of another format`;
  return { rule: "format-name", what, fix: "give yours a name of its own" };
}

export function unknownFormat(formats: ReadonlyMap<string, Format>, name: string): Problem {
  const names = [...formats.keys()];
  const guess = nearest(name, names);
  return {
    rule: "unknown-format",
    what: `no format named '${printable(name)}'`,
    fix: guess ? `did you mean '${guess}'?` : `known formats: ${names.join(", ")}; or the path of a .yaml file`,
  };
}
