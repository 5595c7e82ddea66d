import { readdirSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import Handlebars from "handlebars";
import { datapaths } from "../datapath/datapaths.ts";
import { packageRoot, templatesFolder } from "../paths.ts";
import type { Plan } from "../plan/plan.ts";
import type { Problem } from "../problem.ts";

export interface GeneratedFile {
  /** Relative to the variant's folder, with '/'. */
  path: string;
  text: string;
}

/** One kind of output. It says first what it can't do for a plan; writing, hashing and `--check` are not its business. */
export interface Emitter {
  name: string;
  refuses(plan: Plan): Problem[];
  files(plan: Plan): GeneratedFile[];
}

/** The text of a file under templates/ that is copied as it is. */
export function copyTemplate(path: string): string {
  return readFileSync(`${templatesFolder}/${path}`, "utf8");
}

/** All files of a folder under templates/ but its Handlebars templates, copied as they are. */
export function copyFolder(folder: string): GeneratedFile[] {
  return readdirSync(`${templatesFolder}/${folder}`)
    .filter((name) => !name.endsWith(".hbs"))
    .sort()
    .map((name) => ({ path: `${folder}/${name}`, text: copyTemplate(`${folder}/${name}`) }));
}

/** As `copyFolder`, with the sources of one datapath and of no other. */
export function withDatapath(folder: "rtl" | "hls", sources: readonly string[]): GeneratedFile[] {
  const parts = new Set(datapaths.flatMap(({ files }) => files[folder]).map((path) => basename(path)));
  return [
    ...copyFolder(folder).filter(({ path }) => !parts.has(basename(path))),
    ...sources.map((path) => ({
      path: `${folder}/${basename(path)}`,
      text: readFileSync(resolve(packageRoot, path), "utf8"),
    })),
  ];
}

/** Prints a Handlebars template under templates/ from a flat view of final strings and numbers; an unknown name is an error. */
export function renderTemplate(path: string, view: Record<string, unknown>): string {
  const render = Handlebars.compile(copyTemplate(path), { noEscape: true, strict: true, knownHelpersOnly: true });
  return render(view);
}
