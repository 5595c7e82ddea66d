import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, relative, resolve } from "node:path";
import type { Argv } from "yargs";
import type { GeneratedFile } from "../emit/emitter.ts";
import { generateVariant, sha256 } from "../emit/variant.ts";
import { verdictWarnings } from "../estimate/verdict.ts";
import { packageRoot } from "../paths.ts";
import { userError } from "../problem.ts";
import { readInput } from "./files.ts";
import { type CommonOptions, report } from "./outcome.ts";
import { readVariant } from "./variant-options.ts";

interface Options extends CommonOptions {
  spec: string;
  out?: string | undefined;
  check: boolean;
}

export const command = "generate <spec>";
export const describe = "write the generated variant, or compare it with --check";

export const builder = (yargs: Argv) =>
  yargs
    .positional("spec", { type: "string", demandOption: true, describe: "a file of specs/accelerators" })
    .option("out", { alias: "o", type: "string", describe: "folder (default generated/NAME)" })
    .option("check", {
      type: "boolean",
      default: false,
      describe: "compare, write nothing; exit 1 where a file is stale",
    });

export const handler = (options: Options) =>
  report(options, async () => {
    const { accelerator, plan, verdict } = await readVariant(options.spec);
    const spec = specName(options.spec);
    const files = generateVariant(plan, {
      spec,
      specHash: sha256(await readInput(options.spec)),
    });
    const folder = options.out ?? `generated/${accelerator.name}`;
    if (options.check)
      return compare(folder, files, `bfq generate ${spec}${options.out === undefined ? "" : ` -o ${options.out}`}`);
    await replaceFolder(folder, files);
    return {
      ok: true,
      json: { folder, files: files.map(({ path }) => path) },
      warnings: verdictWarnings(verdict),
      text: `${files.length} files in ${folder}`,
    };
  });

/** The spec's path for banners: inside the package relative to it, elsewhere the bare name. */
export function specName(path: string): string {
  const inside = relative(packageRoot, resolve(path));
  return inside.startsWith("..") ? basename(path) : inside;
}

async function compare(folder: string, files: GeneratedFile[], repair: string) {
  const present = await listFiles(folder);
  const stale: string[] = [];
  for (const { path, text } of files) {
    if (!present.includes(path)) stale.push(`${path} is missing`);
    else if ((await readFile(`${folder}/${path}`, "utf8")) !== text) stale.push(`${path} differs`);
  }
  const wanted = new Set(files.map(({ path }) => path));
  for (const path of present) if (!wanted.has(path)) stale.push(`${path} is not generated any more`);
  if (stale.length === 0)
    return { ok: true, json: { folder, stale }, text: `${folder} is fresh: ${files.length} files` };
  const text = [`${folder} is stale:`, ...stale.map((line) => `  ${line}`), `make it again: ${repair}`].join("\n");
  return { ok: false, json: { folder, stale, repair }, text };
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, `${entry.parentPath}/${entry.name}`));
}

/** Writes a new folder beside and swaps it in; a folder that bfq did not make is never replaced. */
async function replaceFolder(folder: string, files: GeneratedFile[]): Promise<void> {
  const present = await listFiles(folder);
  if (present.length > 0 && !present.includes("manifest.json")) {
    throw userError("foreign-folder", `${folder} holds files but no manifest.json of bfq`, {
      fix: "name an empty folder with -o",
    });
  }
  const beside = `${folder}.${randomUUID()}`;
  try {
    for (const { path, text } of files) {
      await mkdir(dirname(`${beside}/${path}`), { recursive: true });
      await writeFile(`${beside}/${path}`, text);
    }
    await rm(folder, { recursive: true, force: true });
    await mkdir(dirname(resolve(folder)), { recursive: true });
    await rename(beside, folder);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw userError("write-failed", `cannot write ${folder} (${(error as NodeJS.ErrnoException).code})`);
  }
}
