import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";

/** A Slurm cluster of this machine alone: munged, slurmctld and slurmd on loopback, all their files in a folder of its own. As root. */
export class Cluster {
  private readonly daemons = new Map<string, ChildProcess>();

  private constructor(
    readonly folder: string,
    /** For sbatch and the like. */
    readonly env: Record<string, string>,
  ) {}

  static async start(cpus: number): Promise<Cluster> {
    const folder = mkdtempSync(`${tmpdir()}/bfq-slurm-`);
    chmodSync(folder, 0o755); // munged refuses a socket that others can't reach
    for (const name of ["state", "spool"]) mkdirSync(`${folder}/${name}`);
    writeFileSync(`${folder}/munge.key`, randomBytes(1024), { mode: 0o400 });
    writeFileSync(`${folder}/slurm.conf`, configuration(folder, cpus, await freePort(), await freePort()));
    const cluster = new Cluster(folder, { SLURM_CONF: `${folder}/slurm.conf` });
    const file = (option: string, name: string) => `--${option}=${folder}/${name}`;
    const munge = [file("key-file", "munge.key"), file("socket", "munge.socket"), file("pid-file", "munge.pid")];
    cluster.spawn("munged", [
      "--foreground",
      "--force",
      ...munge,
      file("log-file", "munge.log"),
      file("seed-file", "munge.seed"),
    ]);
    await setTimeout(500);
    cluster.startController();
    cluster.spawn("slurmd", ["-D", "-N", hostname(), "-f", `${folder}/slurm.conf`]);
    await cluster.answering();
    return cluster;
  }

  startController(): void {
    this.spawn("slurmctld", ["-D", "-f", `${this.folder}/slurm.conf`]);
  }

  /** Ends a daemon, as a crash would. */
  async kill(name: string): Promise<void> {
    const daemon = this.daemons.get(name)!;
    this.daemons.delete(name);
    if (daemon.exitCode !== null) return;
    daemon.kill("SIGKILL");
    await once(daemon, "exit");
  }

  async answering(): Promise<void> {
    for (let tries = 0; tries < 120; tries++) {
      const { stdout } = await execa("sinfo", ["--noheader", "--format=%T"], { env: this.env, reject: false });
      if (/^(idle|mixed|allocated)/m.test(String(stdout))) return;
      await setTimeout(500);
    }
    throw new Error(`slurm does not answer: see ${this.folder}`);
  }

  async stop(): Promise<void> {
    await execa("scancel", ["--user=root"], { env: this.env, reject: false });
    for (const name of ["slurmd", "slurmctld", "munged"]) await this.kill(name);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private spawn(name: string, args: string[]): void {
    this.daemons.set(name, spawn(`/usr/sbin/${name}`, args, { stdio: "ignore", env: { ...process.env, ...this.env } }));
  }
}

const configuration = (folder: string, cpus: number, controllerPort: number, nodePort: number) => `
ClusterName=bfq
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.socket
CredType=cred/munge
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=30
MessageTimeout=30
NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=${cpus} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address() as { port: number };
      server.close(() => done(address.port));
    });
  });
}
