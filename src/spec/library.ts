import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { nearest } from "../nearest.ts";
import { specsFolder } from "../paths.ts";
import { printable } from "../printable.ts";
import { type Problem, UserError } from "../problem.ts";
import { type Format, readFormat } from "./format.ts";

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

export function unknownFormat(formats: ReadonlyMap<string, Format>, name: string): Problem {
  const names = [...formats.keys()];
  const guess = nearest(name, names);
  return {
    rule: "unknown-format",
    what: `no format named '${printable(name)}'`,
    fix: guess ? `did you mean '${guess}'?` : `known formats: ${names.join(", ")}`,
  };
}
