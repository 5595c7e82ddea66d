import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot, specsFolder } from "../../src/paths.ts";
import { isLong } from "../../src/testing/run.ts";
import { Cluster } from "./cluster.ts";

const space = `${specsFolder}/spaces/kv260-tinyllama.yaml`;
const command = `${packageRoot}dist/cli/main.js`;

// Truth: Debian's Slurm, started here on loopback; and the front of a sweep without it.
describe.runIf(isLong)("explore on a real Slurm", () => {
  let cluster: Cluster;
  let folder: string;
  let front: string;

  beforeAll(async () => {
    await execa(`${packageRoot}scripts/install-missing`, ["slurmctld", "slurmd", "slurm-client", "munge"]);
    cluster = await Cluster.start(2);
    folder = await mkdtemp(`${tmpdir()}/bfq-sweep-`);
    await execa(process.execPath, [command, "explore", space, "-o", `${folder}/local`]);
    front = readFileSync(`${folder}/local/front.json`, "utf8");
  });
  afterAll(async () => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const sweep = (out: string) =>
    spawn(process.execPath, [command, "explore", space, "-o", out, "--executor", "slurm", "--tasks", "4"], {
      env: { ...process.env, ...cluster.env },
      stdio: ["ignore", "ignore", "inherit"],
    });

  /** Nothing lost, nothing twice, the same front. */
  function expectWhole(out: string) {
    expect(readFileSync(`${out}/front.json`, "utf8")).toBe(front);
    const lines = readFileSync(`${out}/journal.jsonl`, "utf8").trim().split("\n").slice(1);
    const numbers = lines.map((line) => JSON.parse(line).n);
    expect(numbers).toHaveLength(3936);
    expect(new Set(numbers).size).toBe(3936);
  }

  const records = (out: string) => {
    if (!existsSync(`${out}/parts`)) return 0;
    const parts = readdirSync(`${out}/parts`).filter((name) => name.endsWith(".jsonl"));
    return parts.reduce((sum, name) => sum + readFileSync(`${out}/parts/${name}`, "utf8").split("\n").length, 0);
  };

  async function reach(out: string, count: number) {
    while (records(out) < count) await setTimeout(20);
  }

  /** Tasks at work for a folder. */
  const tasks = (out: string) =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
          return words.includes(out) && words.includes("--part");
        } catch {
          return false; // it has just ended
        }
      })
      .map(Number);

  it("gives the front of a local sweep", async () => {
    const out = `${folder}/slurm`;
    const [code] = await once(sweep(out), "exit");
    expect(code).toBe(0);
    expectWhole(out);
  });

  it("tasks killed and slurmctld restarted in mid-run: nothing lost, nothing twice", async () => {
    const out = `${folder}/killed`;
    const run = sweep(out);
    const exit = once(run, "exit");
    await reach(out, 300);
    const killed = tasks(out);
    for (const pid of killed) process.kill(pid, "SIGKILL");
    await cluster.kill("slurmctld");
    await setTimeout(3000);
    cluster.startController();
    const [code] = await exit;
    expect(killed.length).toBeGreaterThan(0);
    expect(code).toBe(0);
    expectWhole(out);
  });

  it("the command killed in mid-run goes on with the job that is at work", async () => {
    const out = `${folder}/again`;
    const run = sweep(out);
    await reach(out, 200);
    run.kill("SIGKILL");
    await once(run, "exit");
    const job = readFileSync(`${out}/parts/job.json`, "utf8");
    const [code] = await once(sweep(out), "exit");
    expect(code).toBe(0);
    expectWhole(out);
    expect(readFileSync(`${out}/parts/job.json`, "utf8"), "no second job").toBe(job);
  });
});
