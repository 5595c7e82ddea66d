import { access, constants, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import type { GeneratedFile } from "../../emit/emitter.ts";
import { generateVariant, type Origin, sha256 } from "../../emit/variant.ts";
import { writeFailed } from "../../output/file.ts";
import { OutputFolder } from "../../output/folder.ts";
import { onInterrupt } from "../../output/interrupt.ts";
import type { Plan } from "../../plan/plan.ts";
import { ExitCode, UserError, userError } from "../../problem.ts";
import type { Accelerator } from "../../spec/accelerator.ts";
import { toolVersion } from "../../version.ts";
import { type Deployment, planDeployment, refuseDeployment } from "../deployment.ts";
import { workFiles } from "../emitter.ts";
import { layDebian, writePackage } from "../package/write.ts";
import { checkBitstream } from "./bitstream.ts";
import {
  archiveSteps,
  type BuildStep,
  debianFolder,
  kriaSteps,
  type Llama,
  vitisSteps,
  vivadoSteps,
} from "./build-steps.ts";
import { parseTiming, parseUtilisation, refuseSlow, type Timing, type Utilisation } from "./reports.ts";
import { Runner, type StepRun } from "./run.ts";
import { testBenchVectors } from "./test-bench.ts";
import { findToolchain, type Toolchain } from "./tools.ts";

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
  llama?: Llama;
  /** Whether files of an earlier build go that were changed since. */
  force: boolean;
  /** Told which step begins. */
  say(line: string): void;
}

/** What a build made; names are those in `folder`. */
export interface Built {
  folder: string;
  app: string;
  releases: Toolchain["releases"];
  steps: BuildStep[];
  runs: StepRun[];
  timing?: Timing;
  utilisation?: Utilisation;
  package: { folder: string; tar: string; deb: string; sha256: { tar: string; deb: string } };
}

/** bfq's record in the folder; says at the end what was built. */
const record = "build.json";

/** From a variant to a Kria application. @throws UserError, exit code 3 where a tool is missing, 4 where one fails */
export async function buildKria(options: BuildOptions): Promise<Built> {
  const { accelerator, plan, origin, tool, platform, llama, say } = options;
  const deployment = deploymentOf(plan);
  const { app } = deployment;
  const folder = resolve(options.out);
  const work = join(folder, "work");
  // Read before the folder is cleared: it may lie inside.
  const bitstream = options.bitstream === undefined ? undefined : await readFile(options.bitstream);
  if (bitstream) checkBitstream(bitstream, plan.board.part, options.bitstream!);
  const toolchain: Toolchain = tool ? await findToolchain(tool, platform !== undefined) : { releases: {} };
  const vendor = vendorSteps(options, toolchain);
  const names = { folder: `${app}-kria`, tar: `${app}-kria.tar`, deb: `${app}_${toolVersion}_arm64.deb` };
  const archive = archiveSteps(app, names);
  const kria = kriaSteps(plan, llama);
  await needTools([...kria, ...archive]);

  const variant = generateVariant(plan, origin);
  const ownPaths = [...variant.map(({ path }) => `variant/${path}`), names.tar, names.deb];
  const output = await OutputFolder.claim(folder, { record, writes: ownPaths, force: options.force });
  const fresh = ["work", "logs", names.folder];
  const list = (more: object) => output.list([...ownPaths, ...fresh], { version: toolVersion, ...more });
  // Whatever ends it, the record lists what there is, for the next build to clear.
  const forget = onInterrupt(() => list({}));
  let built: Built | undefined;
  try {
    for (const [from, to] of output.clear(fresh)) say(`${from} held files that bfq did not write: they are in ${to}`);
    built = await runBuild();
    return built;
  } catch (error) {
    throw error instanceof Error && "syscall" in error ? writeFailed(folder, error) : error;
  } finally {
    forget();
    list({ ...built });
    await output.release();
  }

  async function runBuild(): Promise<Built> {
    await writeFiles(join(folder, "variant"), variant);
    await mkdir(join(folder, "logs"), { recursive: true });
    await mkdir(work);
    if (tool) await prepareWork(work, folder, variant, accelerator, plan);
    const runner = new Runner({ work, logs: join(folder, "logs") }, say);
    if (bitstream) await writeFile(join(work, `${app}.bit`), bitstream);
    await runner.run(vendor);
    const reports: Pick<Built, "timing" | "utilisation"> = bitstream ? {} : await readReports(work);
    if (reports.timing) refuseSlow(reports.timing, join(work, "timing.rpt"));
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

function deploymentOf(plan: Plan): Deployment {
  const refused = refuseDeployment(plan);
  if (refused) throw new UserError([refused]);
  const deployment = planDeployment(plan)!;
  if (deployment.app.length < 2) {
    throw userError("app-name", `the variant's name ${plan.name} is too short`, {
      why: "it becomes the name of a Debian package, which has two characters or more",
    });
  }
  return deployment;
}

function vendorSteps({ plan, tool, cosim, platform }: BuildOptions, { flow }: Toolchain): BuildStep[] {
  if (!tool) return [];
  return tool === "vivado" ? vivadoSteps(plan) : vitisSteps(plan, { flow: flow!, cosim, platform });
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

async function writeFiles(folder: string, files: readonly GeneratedFile[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** An IP does not carry the macros of the project that packed it, so each source sets its own. */
const dspMacro = "`ifndef BFQ_DSP48E2\n`define BFQ_DSP48E2\n`endif\n";

/** What tools find in the folder that they run in. */
async function prepareWork(
  work: string,
  folder: string,
  variant: readonly GeneratedFile[],
  { formats }: Accelerator,
  plan: Plan,
) {
  const rtl = variant.filter(({ path }) => /^rtl\/.*\.sv$/.test(path));
  await writeFiles(
    work,
    rtl.map(({ path, text }) => ({ path: path.replace(/^rtl/, workFiles.rtl), text: dspMacro + text })),
  );
  await copyFile(join(folder, "variant/deploy/vitis/hls_ip.cfg"), join(work, "hls_ip.cfg"));
  await writeFile(join(work, workFiles.vectors), testBenchVectors(formats, plan));
}

async function readReports(work: string): Promise<{ timing: Timing; utilisation: Utilisation }> {
  const read = (name: string) => readFile(join(work, name), "utf8");
  return {
    timing: parseTiming(await read("timing.rpt")),
    utilisation: parseUtilisation(await read("utilization.rpt")),
  };
}
