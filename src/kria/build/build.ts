import { access, constants, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { generateVariant, type Origin, sha256 } from "../../emit/variant.ts";
import type { Plan } from "../../plan/plan.ts";
import { ExitCode, UserError } from "../../problem.ts";
import type { Accelerator } from "../../spec/accelerator.ts";
import { toolVersion } from "../../version.ts";
import { deployable } from "../deployment.ts";
import { workFiles } from "../emitter.ts";
import { layDebian, writePackage } from "../package/write.ts";
import { readBrought } from "./brought.ts";
import { inBuildFolder, writeFiles } from "./build-folder.ts";
import {
  archiveSteps,
  type BuildStep,
  debianFolder,
  kriaSteps,
  type Llama,
  vitisSteps,
  vivadoSteps,
} from "./build-steps.ts";
import { findTrees } from "./device-trees.ts";
import { type Reports, readReports } from "./read-reports.ts";
import { Runner, type StepRun } from "./run.ts";
import type { Implementation } from "./strategies.ts";
import { testBenchVectors } from "./test-bench.ts";
import { findToolchain, type Toolchain } from "./tools.ts";
import { rtlForVivado } from "./work-files.ts";

export interface BuildOptions {
  accelerator: Accelerator;
  plan: Plan;
  origin: Origin;
  /** Where everything goes. */
  out: string;
  /** What makes the bitstream; nothing where `bitstream` names one. */
  tool?: "vivado" | "vitis";
  bitstream?: string;
  platform?: string;
  cosim: boolean;
  implementation: Implementation;
  llama?: Llama;
  /** A folder with the K26's own device trees, else those of this machine's kernel packages. */
  deviceTrees?: string;
  /** Whether files of an earlier build go that were changed since. */
  force: boolean;
  /** Told which step begins. */
  say(line: string): void;
}

/** What a build made; names are those in `folder`. */
export interface Built extends Reports {
  folder: string;
  app: string;
  releases: Toolchain["releases"];
  steps: BuildStep[];
  runs: StepRun[];
  package: { folder: string; tar: string; deb: string; sha256: { tar: string; deb: string } };
}

/** From a variant to a Kria application. @throws UserError, exit code 3 where a tool is missing, 4 where one fails */
export async function buildKria(options: BuildOptions): Promise<Built> {
  const { accelerator, plan, origin, tool, platform, llama, force, say } = options;
  const deployment = deployable(plan);
  const { app } = deployment;
  const folder = resolve(options.out);
  const work = join(folder, "work");
  // Read before the folder is cleared: it may lie inside.
  const brought = options.bitstream === undefined ? undefined : await readBrought(options.bitstream, plan);
  const toolchain: Toolchain = tool ? await findToolchain(tool, platform !== undefined) : { releases: {} };
  const vendor = vendorSteps(options, toolchain);
  const names = { folder: `${app}-kria`, tar: `${app}-kria.tar`, deb: `${app}_${toolVersion}_arm64.deb` };
  const archive = archiveSteps(app, names);
  const trees = await findTrees(options.deviceTrees);
  if (trees.length === 0)
    say("no device tree of a K26 is installed here: the overlay is not tried on one (--device-trees FOLDER)");
  const kria = kriaSteps(plan, trees, llama);
  await needTools([...kria, ...archive]);

  const variant = generateVariant(plan, origin);
  const ownPaths = [...variant.map(({ path }) => `variant/${path}`), names.tar, names.deb];
  const fresh = ["work", "logs", names.folder];
  return inBuildFolder(folder, { writes: ownPaths, fresh, force, say }, runBuild);

  async function runBuild(): Promise<Built> {
    await writeFiles(join(folder, "variant"), variant);
    await mkdir(join(folder, "logs"), { recursive: true });
    await mkdir(work);
    if (tool === "vivado") await writeFiles(work, rtlForVivado(variant));
    if (tool === "vitis") await prepareHls(work, folder, accelerator, plan);
    const runner = new Runner({ work, logs: join(folder, "logs") }, say);
    if (brought) await writeFile(join(work, `${app}.bit`), brought.bitstream);
    await runner.run(vendor);
    const reports = brought ? brought.reports : await readReports(work);
    await runner.run(kria);
    const made = {
      ...(llama && { "lib/libggml-bfq.so": "plug-in/libggml-bfq.so" }),
      ...(platform !== undefined && { [`${app}.xclbin`]: `${app}.xclbin` }),
    };
    await writePackage(join(folder, names.folder), work, { accelerator, plan, deployment, made });
    await layDebian(join(work, debianFolder), join(folder, names.folder), deployment, plan.board.name);
    await runner.run(archive);
    const hash = async (name: string) => sha256(await readFile(join(folder, name)));
    return {
      folder,
      app,
      releases: toolchain.releases,
      steps: [...vendor, ...kria, ...archive],
      runs: runner.runs,
      ...reports,
      package: { ...names, sha256: { tar: await hash(names.tar), deb: await hash(names.deb) } },
    };
  }
}

function vendorSteps({ plan, tool, cosim, platform, implementation }: BuildOptions, { flow }: Toolchain): BuildStep[] {
  if (!tool) return [];
  if (tool === "vivado") return vivadoSteps(plan, implementation);
  return vitisSteps(plan, { flow: flow!, cosim, platform, ...implementation });
}

/** Checked before any step: a missing packer must not surface after an hour of synthesis. */
async function needTools(steps: readonly BuildStep[]): Promise<void> {
  const tools = new Map(steps.map(({ tool, get }) => [tool, get]));
  tools.set("aarch64-linux-gnu-g++", "apt install g++-aarch64-linux-gnu");
  const missing: [string, string][] = [];
  for (const [tool, get] of tools) if (!(await onPath(tool))) missing.push([tool, get]);
  if (missing.length === 0) return;
  const problems = missing.map(([tool, fix]) => ({
    rule: "tool-missing",
    what: `${tool} is not installed, or not on the PATH`,
    fix,
  }));
  throw new UserError(problems, ExitCode.toolMissing);
}

async function onPath(tool: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const found = await access(join(folder, tool), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** What the tools for HLS find in the folder that they run in. */
async function prepareHls(work: string, folder: string, { formats }: Accelerator, plan: Plan) {
  await copyFile(join(folder, "variant/deploy/vitis/hls_ip.cfg"), join(work, "hls_ip.cfg"));
  await writeFile(join(work, workFiles.vectors), testBenchVectors(formats, plan));
}
