import { resolve } from "node:path";
import type { GeneratedFile } from "../../emit/emitter.ts";
import { generateVariant, type Origin } from "../../emit/variant.ts";
import type { Plan } from "../../plan/plan.ts";
import { toolVersion } from "../../version.ts";
import { deployable } from "../deployment.ts";
import { inBuildFolder, writeFiles } from "./build-folder.ts";
import { type BuildStep, vivadoSteps } from "./build-steps.ts";
import { reportFiles } from "./read-reports.ts";
import type { Implementation } from "./strategies.ts";
import { rtlForVivado } from "./work-files.ts";

export interface PrepareOptions {
  plan: Plan;
  origin: Origin;
  out: string;
  implementation: Implementation;
  force: boolean;
  say(line: string): void;
}

/** What was written for a machine with Vivado. */
export interface Prepared {
  folder: string;
  app: string;
  /** The calls of build.sh. */
  steps: BuildStep[];
  /** What to bring back: paths in the folder. */
  results: string[];
}

/** Writes all that Vivado needs elsewhere. @throws UserError where the variant can't be built, or the folder isn't bfq's */
export async function prepareBuild({ plan, origin, out, implementation, force, say }: PrepareOptions) {
  const { app } = deployable(plan);
  const steps = vivadoSteps(plan, implementation);
  const results = [`${app}.bit`, ...reportFiles].map((name) => `work/${name}`);
  const variant = generateVariant(plan, origin);
  const files = [
    ...variant.map(({ path, text }) => ({ path: `variant/${path}`, text })),
    ...rtlForVivado(variant).map(({ path, text }) => ({ path: `work/${path}`, text })),
    { path: "build.sh", text: script(steps) },
    { path: "README.md", text: readMe(plan, app, steps, results) },
  ] satisfies GeneratedFile[];
  const folder = resolve(out);
  const writes = files.map(({ path }) => path).filter((path) => !path.startsWith("work/"));
  return inBuildFolder(folder, { writes, fresh: ["work", "logs", `${app}-kria`], force, say }, async () => {
    await writeFiles(folder, files);
    return { folder, app, steps, results } satisfies Prepared;
  });
}

/** A call as a shell takes it. Steps are made of names in lists and of numbers: nothing in them needs quotes. */
function shellLine({ tool, args }: BuildStep): string {
  const words = [tool, ...args];
  const unsafe = words.find((word) => !/^[\w./+-]+$/.test(word));
  if (unsafe !== undefined) throw new Error(`${unsafe} in a shell script`);
  return words.join(" ");
}

const script = (steps: readonly BuildStep[]) =>
  [
    "#!/bin/sh",
    "# What `bfq build` would call; written by `bfq build --prepare`. README.md beside it says what it needs.",
    "set -e",
    'cd "$(dirname "$0")/work"',
    ...steps.map(shellLine),
    "",
  ].join("\n");

const readMe = (
  { name, board }: Plan,
  app: string,
  steps: readonly BuildStep[],
  results: readonly string[],
) => `# ${name}: a bitstream for ${board.name}

Written by bfq ${toolVersion}. This folder has all that Vivado needs: the SystemVerilog (work/rtl), its Tcl
(variant/deploy/vivado). Copy it to the machine that has Vivado 2021.1 or later with the part ${board.part}.

## There

    . .../settings64.sh
    sh build.sh

Where there is no sh, run these in the folder work:

${steps.map((step) => `    ${shellLine(step)}`).join("\n")}

An hour or more. A step that fails says why; Vivado's project is work/project/${app}.xpr.

## Bring back, into this folder

${results.map((path) => `    ${path}`).join("\n")}

## Here

    bfq build SPEC --bitstream work/${app}.bit

SPEC is the accelerator's YAML file. bfq looks whether the bitstream is of that accelerator, reads the reports that lie beside it
(timing that is not met ends it), and makes the package for the board in build/${name}-bitstream.
`;
