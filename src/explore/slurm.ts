import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { z } from "zod";
import { makeFolder, writeOutput } from "../output/file.ts";
import { packageRoot } from "../paths.ts";
import { ExitCode, userError } from "../problem.ts";
import type { RunPoints } from "./explore.ts";
import { isInPart, readParts } from "./parts.ts";
import type { Space } from "./space.ts";

export interface SlurmOptions {
  /** The exploration's folder, on a file system that all nodes have. */
  out: string;
  /** Tasks of the job array. */
  tasks: number;
  say: (line: string) => void;
}

/** How often in a row a part's task may end without a new point. */
const mostFailures = 3;

const pollMilliseconds = 1000;

/** The job whose tasks are at work, for a run that goes on: it does not submit them twice. */
const jobSchema = z.object({ id: z.string().regex(/^\d{1,12}$/), tasks: z.int().min(1).max(100_000) });
type Job = z.infer<typeof jobSchema>;

/**
 * Evaluates points as a Slurm job array, a part each. Tasks whose node fails are queued again by Slurm, those that end before
 * their part is done by this. The tasks' own journals lie in the folder: nothing is lost where tasks, slurmctld or this process die.
 */
export function slurmExecutor({ out, tasks, say }: SlurmOptions): RunPoints {
  return async (space, numbers, onRecords) => {
    const missing = new Set(numbers);
    const folder = resolve(out);
    makeFolder(join(folder, "parts"));
    const take = () => {
      const fresh = readParts(space, folder).filter(({ n }) => missing.delete(n));
      if (fresh.length > 0) onRecords(fresh);
      return fresh.length;
    };
    take();
    let job = await runningJob(folder);
    let failures = 0;
    while (missing.size > 0) {
      job ??= await submit(space, folder, { tasks, missing }, say);
      const before = missing.size;
      await untilEnded(job.id, take, say);
      take();
      failures = missing.size < before ? 0 : failures + 1;
      if (failures === mostFailures) throw givenUp(folder, job.id, missing.size);
      job = undefined;
    }
  };
}

async function submit(
  space: Space,
  folder: string,
  { tasks, missing }: { tasks: number; missing: ReadonlySet<number> },
  say: (line: string) => void,
): Promise<Job> {
  const count = Math.min(tasks, space.size);
  const parts = Array.from({ length: count }, (_, part) => part).filter((part) =>
    [...missing].some((n) => isInPart(n, { part, of: count })),
  );
  const { stdout } = await slurm("sbatch", [
    "--parsable",
    "--requeue",
    `--job-name=bfq-${space.name}`,
    `--array=${ranges(parts)}`,
    "--open-mode=append",
    `--output=${join(folder, "parts", "task-%a.log")}`,
    `--chdir=${folder}`,
    `${packageRoot}templates/slurm/part.sh`,
    ...[process.execPath, `${packageRoot}dist/cli/main.js`, resolve(space.file), folder, String(count)],
  ]);
  const job = jobSchema.parse({ id: stdout.trim().split(";")[0], tasks: count });
  await writeOutput(jobFile(folder), `${JSON.stringify(job)}\n`);
  say(`job ${job.id}: ${parts.length} tasks`);
  return job;
}

const jobFile = (folder: string) => join(folder, "parts", "job.json");

/** 0-3,7: a long list would be more than sbatch takes. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** The job of a run that died, where its tasks are still queued or at work. */
async function runningJob(folder: string): Promise<Job | undefined> {
  if (!existsSync(jobFile(folder))) return undefined;
  const job = jobSchema.safeParse(parse(readFileSync(jobFile(folder), "utf8")));
  return job.success && (await queued(job.data.id)) !== 0 ? job.data : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function untilEnded(id: string, take: () => number, say: (line: string) => void): Promise<void> {
  for (;;) {
    const left = await queued(id);
    if (left === 0) return;
    if (left === undefined) say(`job ${id}: slurmctld does not answer; waiting for it`);
    await setTimeout(pollMilliseconds);
    take();
  }
}

/** Tasks of a job that wait or run; undefined where slurmctld does not answer, which a restart mends. */
async function queued(id: string): Promise<number | undefined> {
  const { stdout, stderr, exitCode } = await slurm(
    "squeue",
    ["--noheader", "--array", `--jobs=${id}`, "--format=%T"],
    true,
  );
  if (exitCode === 0) {
    const ended = /^(COMPLETED|FAILED|CANCELLED|TIMEOUT|OUT_OF_MEMORY|DEADLINE|BOOT_FAIL|NODE_FAIL)$/;
    return stdout.split("\n").filter((state) => state.trim() !== "" && !ended.test(state.trim())).length;
  }
  return /Invalid job id/i.test(stderr) ? 0 : undefined;
}

async function slurm(program: string, args: string[], mayFail = false) {
  const result = await execa(program, args, { reject: false, stdin: "ignore", timeout: 120_000 });
  if (result.code === "ENOENT") {
    throw userError(
      "tool-missing",
      `${program} is not installed, or not on the PATH`,
      { why: "--executor slurm hands tasks to Slurm", fix: "apt install slurm-client, on a machine of the cluster" },
      ExitCode.toolMissing,
    );
  }
  if (!mayFail && result.exitCode !== 0) {
    const what = `${program} failed: ${result.stderr.trim().split("\n").at(-1) ?? ""}`;
    const fix = "partition, account and time limit are Slurm's own: SBATCH_PARTITION, SBATCH_ACCOUNT, SBATCH_TIMELIMIT";
    throw userError("slurm", what, { fix }, ExitCode.toolFailed);
  }
  return { stdout: String(result.stdout), stderr: String(result.stderr), exitCode: result.exitCode };
}

const givenUp = (folder: string, id: string, missing: number) =>
  userError(
    "slurm",
    `job ${id} ended, and ${missing} points are missing: ${mostFailures} jobs in a row found none`,
    { why: `the tasks' words are in ${join(folder, "parts")}`, fix: "mend what they say, then start again" },
    ExitCode.toolFailed,
  );
