import { basename, relative, resolve } from "node:path";
import type { Argv } from "yargs";
import type { GeneratedFile } from "../emit/emitter.ts";
import { generateVariant, sha256 } from "../emit/variant.ts";
import { compareVariant, writeVariant } from "../emit/variant-folder.ts";
import { verdictWarnings } from "../estimate/verdict.ts";
import { refuseDeployment } from "../kria/deployment.ts";
import { packageRoot } from "../paths.ts";
import type { Plan } from "../plan/plan.ts";
import { readInput } from "./files.ts";
import { type CommonOptions, report } from "./outcome.ts";
import { readVariant } from "./variant-options.ts";

interface Options extends CommonOptions {
  spec: string;
  out?: string | undefined;
  check: boolean;
  force: boolean;
}

export const forceDescription = "replace files of bfq's that were changed since it wrote them";

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
    })
    .option("force", { type: "boolean", default: false, describe: forceDescription });

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
    await writeVariant(folder, files, options.force);
    return {
      ok: true,
      json: { folder, files: files.map(({ path }) => path) },
      warnings: [...verdictWarnings(verdict), ...deploymentWarning(plan)],
      text: `${files.length} files in ${folder}`,
    };
  });

function deploymentWarning(plan: Plan): string[] {
  const refused = refuseDeployment(plan);
  return refused ? [`deploy/ is left out: ${refused.what}`] : [];
}

/** The spec's path for banners: inside the package relative to it, elsewhere the bare name. */
export function specName(path: string): string {
  const inside = relative(packageRoot, resolve(path));
  return inside.startsWith("..") ? basename(path) : inside;
}

async function compare(folder: string, files: GeneratedFile[], repair: string) {
  const stale = await compareVariant(folder, files);
  if (stale.length === 0)
    return { ok: true, json: { folder, stale }, text: `${folder} is fresh: ${files.length} files` };
  const text = [`${folder} is stale:`, ...stale.map((line) => `  ${line}`), `make it again: ${repair}`].join("\n");
  return { ok: false, json: { folder, stale, repair }, text };
}
