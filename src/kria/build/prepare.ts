import { resolve } from "node:path";
import type { GeneratedFile } from "../../emit/emitter.ts";
import { generateVariant, type Origin, sha256 } from "../../emit/variant.ts";
import { OutputFolder } from "../../output/folder.ts";
import type { Plan } from "../../plan/plan.ts";
import { toolVersion } from "../../version.ts";
import { needDeployment } from "../deployment.ts";
import { type VivadoOptions, vivadoSteps } from "./build-steps.ts";
import { firstVivado } from "./tools.ts";
import { buildRecord, vivadoSources } from "./work.ts";

export interface PrepareOptions {
  plan: Plan;
  origin: Origin;
  out: string;
  vivado: VivadoOptions;
  /** Whether files of an earlier run go that were changed since. */
  force: boolean;
}

export interface Prepared {
  folder: string;
  app: string;
  /** Calls to make in the folder `work`, in this order. */
  commands: string[];
  files: string[];
}

const howTo = "HOW-TO.md";

/** Writes what Vivado needs on another machine, in the folders that a build has, and runs nothing. @throws UserError */
export async function prepareVivado({ plan, origin, out, vivado, force }: PrepareOptions): Promise<Prepared> {
  const { app } = needDeployment(plan);
  const steps = vivadoSteps(plan, vivado);
  const commands = steps.map(({ tool, args }) => [tool, ...args].join(" "));
  const variant = generateVariant(plan, origin);
  const files: GeneratedFile[] = [
    ...variant.map(({ path, text }) => ({ path: `variant/${path}`, text })),
    ...vivadoSources(variant).map(({ path, text }) => ({ path: `work/${path}`, text })),
    { path: howTo, text: describeSteps(app, plan, commands, steps.at(-1)!.outputs) },
  ];
  const record = {
    tool: "bfq",
    version: toolVersion,
    prepared: commands,
    files: Object.fromEntries(files.map(({ path, text }) => [path, sha256(text)])),
  };
  const paths = files.map(({ path }) => path);
  const folder = resolve(out);
  const output = await OutputFolder.claim(folder, { record: buildRecord, writes: paths, force });
  try {
    output.replace([...files, { path: buildRecord, text: `${JSON.stringify(record, null, 2)}\n` }]);
  } finally {
    await output.release();
  }
  return { folder, app, commands, files: [...paths, buildRecord] };
}

function describeSteps(app: string, plan: Plan, commands: readonly string[], outputs: readonly string[]): string {
  return [
    `# ${app} on ${plan.board.name}: the bitstream, made on another machine`,
    "",
    `Copy this folder to where Vivado ${firstVivado} or later is. There, after \`source .../settings64.sh\`, in this folder:`,
    "",
    "```sh",
    "cd work",
    ...commands,
    "```",
    "",
    `It writes into \`work\`: ${outputs.map((name) => `\`${name}\``).join(", ")}. Look into \`timing.rpt\` first: a design that`,
    `misses its ${plan.clockMHz} MHz gives wrong answers. Take \`work/${app}.bit\` back to where bfq is and package it:`,
    "",
    "```sh",
    `bfq build SPEC --bitstream ${app}.bit`,
    "```",
    "",
  ].join("\n");
}
