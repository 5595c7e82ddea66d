import { copyFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { deployEmitter } from "../../src/kria/emitter.ts";
import { packageRoot } from "../../src/paths.ts";
import type { Variant } from "../../src/plan/plan.ts";
import { cachedBuild } from "../../src/sim/build.ts";
import { boardVariant, buildSimulatedSelftest } from "../deploy/selftest.ts";
import { until, within } from "../waiting.ts";

/** Starts a program beside the test; how it ends is seen where somebody waits for it. */
const launch = (program: string, args: string[]) => execa(program, args, { reject: false });
type Running = ReturnType<typeof launch>;

const own = join(packageRoot, "hw-tests/linux");

/** Guest-physical memory is one file from here on; Linux gets its first part, the rest is what it takes for hardware. */
const memory = { base: 0x40000000, bytes: 3200 * 2 ** 20, linux: "768M", cma: "200M" };
export const registerBase = 0xa0000000;
const interrupt = 89;
/** The line of the machine's GPIO controller that stands for pl_resetn0. */
export const resetLine = 5;

export const isDebian = /^ID=debian$/m.test(await readFile("/etc/os-release", "utf8").catch(() => ""));

/** Memory that the guest has. */
export async function linuxVariant(): Promise<Variant> {
  const { accelerator, plan } = await boardVariant();
  const { board } = plan;
  return {
    accelerator,
    plan: { ...plan, board: { ...board, kria: { ...board.kria!, "shared-bytes": 96 * 2 ** 20 } } },
  };
}

/** Where a build lies that one of the scripts here makes of these files. */
async function built(script: string, names: readonly string[]): Promise<string> {
  const file = async (path: string) => ({ path, text: await readFile(join(own, path), "utf8") });
  const product = await cachedBuild({
    files: await Promise.all([script, ...names].map(file)),
    commands: [{ tool: "bash", args: [script] }],
    product: "release",
  });
  return dirname(product);
}

const modules = ["modules/Kbuild", "modules/bfq_fabric.c", "modules/bfq_dma_memory.c"];

/** Debian's kernel with the modules it lacks, a userland and the K26's device trees. @returns the folder */
export const linuxParts = () => built("prepare.sh", modules);

/** A kernel that takes overlays at run time, and its modules. @returns the folder */
const ownKernel = () => built("own-kernel/build.sh", ["own-kernel/config", ...modules]);

export interface MachineOptions {
  /** Whether its kernel takes overlays at run time; it is built in about 8 minutes of CPU. Else Debian's. */
  takesOverlays?: boolean;
}

/** A Kria's Linux without a Kria: a real aarch64 kernel in QEMU, and the Verilated kernel on the guest's own memory. */
export class LinuxMachine {
  /** As ssh knows it. */
  static readonly host = "kria-in-qemu";
  private connection?: Running;

  private constructor(
    private readonly folder: string,
    private readonly file: string,
    private readonly qemu: Running,
    private readonly fabric: Running,
    private readonly answers: AsyncIterableIterator<string>,
  ) {}

  static async start(variant: Variant, { takesOverlays = false }: MachineOptions = {}): Promise<LinuxMachine> {
    const parts = await linuxParts();
    const kernel = takesOverlays ? await ownKernel() : parts;
    const simulated = dirname(await buildSimulatedSelftest(variant));
    const folder = await mkdtemp(join(tmpdir(), "bfq-linux-"));
    const path = (name: string) => join(folder, name);
    // Where there is room, memory that is memory.
    const file = join((await hasRoom("/dev/shm")) ? "/dev/shm" : folder, `bfq-linux-${process.pid}`);
    let qemu: Running | undefined;
    try {
      const port = await freePort();
      await makeKeys(folder, port);
      await makeTree(folder, variant, takesOverlays);
      await makeInitrd(folder, [join(parts, "userland.cpio.gz"), join(kernel, "modules.cpio.gz")]);
      await writeFile(file, "");
      await truncate(file, memory.bytes);
      const release = (await readFile(join(kernel, "release"), "utf8")).trim();
      qemu = startQemu({ folder, file, port, kernel: join(kernel, "vmlinuz") });
      const { gic, gpio } = await devicePaths(path("qmp.sock"), qemu);
      const program = await buildFabric(folder, simulated);
      const device = `sim:file=${file},base=${memory.base}`;
      const lines = [gic, gpio, String(resetLine), String(interrupt)];
      const fabric = launch(program, [device, String(registerBase), path("qtest.sock"), ...lines]);
      const answers = createInterface({ input: fabric.stdout! })[Symbol.asyncIterator]();
      const machine = new LinuxMachine(folder, file, qemu, fabric, answers);
      await machine.answer(); // that it is ready
      await machine.login(release);
      machine.connect();
      return machine;
    } catch (error) {
      qemu?.kill("SIGKILL");
      await rm(file, { force: true });
      const serial = await readFile(path("serial.log"), "utf8").catch(() => "");
      throw new Error(`the machine did not come up; it said:\n${serial.slice(-2000)}`, { cause: error });
    }
  }

  /** For the command: its ssh finds the board. */
  get env(): Record<string, string> {
    return { PATH: `${join(this.folder, "client")}:${process.env.PATH}` };
  }

  /** Runs a shell command on the board. @throws Error where it fails */
  async do(command: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(command);
    if (exitCode !== 0) throw new Error(`${command}\nended with ${exitCode} on the board: ${stderr}`);
    return stdout;
  }

  /** Runs a shell command on the board, whatever it ends with. @throws Error where it does not end in time */
  async run(command: string, seconds = 120) {
    const { exitCode, stdout, stderr, timedOut } = await execa(
      join(this.folder, "client/ssh"),
      [LinuxMachine.host, command],
      { reject: false, stdin: "ignore", timeout: seconds * 1000 },
    );
    if (timedOut) throw new Error(`${command}\ndid not end on the board within ${seconds} s; ${await this.console()}`);
    return { exitCode, stdout, stderr };
  }

  /** Copies a folder of this machine to a new one on the board. */
  async send(from: string, to: string): Promise<void> {
    const tar = execa("tar", ["-c", "-C", from, "-f", "-", "."], { encoding: "buffer", timeout: 60_000 });
    const args = [LinuxMachine.host, `mkdir ${to} && tar -x -f - -C ${to}`];
    await tar.pipe(join(this.folder, "client/ssh"), args, { timeout: 300_000 });
  }

  /** Runs never end any more, until the board resets the fabric. */
  async hang(): Promise<void> {
    await this.ask("hang");
  }

  /** The memory takes its time as the board's does, from here on. Between two runs. */
  async useBoardMemory(): Promise<void> {
    await this.ask("board");
  }

  /** How often the board has reset the fabric. */
  async resets(): Promise<number> {
    return Number(await this.ask("resets"));
  }

  /** Of all runs that the fabric was asked for. */
  async cycles(): Promise<number> {
    return Number(await this.ask("cycles"));
  }

  async stop(): Promise<void> {
    this.qemu.kill("SIGKILL");
    this.connection?.kill();
    await Promise.all([this.qemu, this.fabric, this.connection]);
    await rm(this.file, { force: true });
    await rm(this.folder, { recursive: true, force: true });
  }

  private ask(text: string): Promise<string> {
    this.fabric.stdin!.write(`${text}\n`);
    return this.answer();
  }

  /** It answers between two runs. */
  private async answer(): Promise<string> {
    const { value, done } = await within(120, "the fabric's answer", this.answers.next());
    if (done) throw new Error(`the fabric ended: ${(await this.fabric).stderr}`);
    return value;
  }

  /** One connection for all commands: under emulation its keys take seconds. Where it is gone, each has its own. */
  private connect(): void {
    this.connection = launch(join(this.folder, "client/ssh"), ["-M", "-N", LinuxMachine.host]);
  }

  private login(release: string): Promise<void> {
    const answers = async () => {
      if (this.qemu.exitCode != null) throw new Error(`QEMU ended: ${(await this.qemu).stderr}`);
      const { exitCode, stdout } = await this.run("uname -r");
      return exitCode === 0 && stdout.trim() === release;
    };
    return until(300, `ssh to Linux ${release}`, answers);
  }

  /** What Linux said last. */
  private async console(): Promise<string> {
    const text = await readFile(join(this.folder, "serial.log"), "utf8").catch(() => "");
    return `its console's end:\n${text.slice(-2000)}`;
  }
}

async function hasRoom(folder: string): Promise<boolean> {
  const { stdout, exitCode } = await execa("df", ["-k", "--output=avail", folder], { reject: false });
  return exitCode === 0 && Number(stdout.split("\n")[1]) * 1024 > 1.5 * 2 ** 30;
}

async function makeKeys(folder: string, port: number): Promise<void> {
  const path = (name: string) => join(folder, name);
  await mkdir(path("guest/etc/ssh"), { recursive: true });
  await mkdir(path("guest/root/.ssh"), { recursive: true });
  await mkdir(path("client"));
  for (const key of ["guest/etc/ssh/host_key", "user_key"])
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path(key)]);
  await copyFile(path("user_key.pub"), path("guest/root/.ssh/authorized_keys"));
  const hostKey = await readFile(path("guest/etc/ssh/host_key.pub"), "utf8");
  await writeFile(path("known_hosts"), `[127.0.0.1]:${port} ${hostKey}`);
  const options = [
    `Host ${LinuxMachine.host}`,
    "  HostName 127.0.0.1",
    `  Port ${port}`,
    "  User root",
    `  IdentityFile ${path("user_key")}`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile ${path("known_hosts")}`,
    "  GlobalKnownHostsFile /dev/null",
    "  LogLevel ERROR",
    "  ConnectTimeout 30",
    `  ControlPath ${path("control")}`,
  ];
  await writeFile(path("ssh_config"), options.join("\n"));
  await writeFile(path("client/ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F '${path("ssh_config")}' "$@"\n`, {
    mode: 0o755,
  });
}

/** The machine's own tree, what stands for a Kria's, and the app's overlay where the kernel can't take it at run time. */
async function makeTree(folder: string, { plan }: Variant, takesOverlays: boolean): Promise<void> {
  const path = (name: string) => join(folder, name);
  await execa("qemu-system-aarch64", [
    "-M",
    `virt,dumpdtb=${path("virt.dtb")}`,
    ...processor,
    "-display",
    "none",
    "-nic",
    "none",
  ]);
  const { stdout } = await execa("dtc", ["-q", "-I", "dtb", "-O", "dts", path("virt.dtb")]);
  await writeFile(path("base.dts"), `${stdout}\n${await readFile(join(own, "board.dts"), "utf8")}`);
  const overlay = deployEmitter.files(plan).find(({ path }) => path.endsWith(".dts"))!;
  await writeFile(path("overlay.dts"), overlay.text);
  const compile = (name: string) =>
    execa("dtc", ["-q", "-@", "-I", "dts", "-O", "dtb", "-o", path(`${name}.dtb`), path(`${name}.dts`)]);
  await compile("base");
  if (takesOverlays) return copyFile(path("base.dtb"), path("board.dtb"));
  await compile("overlay");
  await execa("fdtoverlay", ["-i", path("base.dtb"), "-o", path("board.dtb"), path("overlay.dtb")]);
}

/** Linux takes archives one after the other: those that all runs share, and what is ours, with this run's keys. */
async function makeInitrd(folder: string, shared: readonly string[]): Promise<void> {
  await mkdir(join(folder, "guest/usr/local/bin"), { recursive: true });
  await copyFile(join(own, "guest/init"), join(folder, "guest/init"));
  for (const name of ["xmutil", "held"])
    await copyFile(join(own, "guest", name), join(folder, "guest/usr/local/bin", name));
  const script = `cat ${shared.map((path) => `'${path}'`).join(" ")} >initrd && cd guest && find . | cpio -o -H newc -R 0:0 2>/dev/null | gzip -1 >>../initrd`;
  await execa("sh", ["-c", script], { cwd: folder });
}

const processor = ["-cpu", "cortex-a53", "-smp", "1", "-m", String(memory.bytes / 2 ** 20)];

interface Start {
  folder: string;
  file: string;
  port: number;
  kernel: string;
}

function startQemu({ folder, file, port, kernel }: Start): Running {
  const path = (name: string) => join(folder, name);
  const line = [
    "console=ttyAMA0 quiet",
    `mem=${memory.linux} cma=${memory.cma}`,
    "uio_pdrv_genirq.of_id=generic-uio",
    "fw_devlink=permissive", // clocks and resets of the overlay have no driver here
  ];
  const args = [
    ["-M", "virt,memory-backend=ram", ...processor],
    ["-object", `memory-backend-file,id=ram,size=${memory.bytes},mem-path=${file},share=on`],
    ["-netdev", `user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`, "-device", "virtio-net-device,netdev=n"],
    ["-display", "none", "-serial", `file:${path("serial.log")}`, "-monitor", "none", "-no-reboot"],
    ["-qmp", `unix:${path("qmp.sock")},server=on,wait=off`],
    ["-qtest-log", "none", "-qtest", `unix:${path("qtest.sock")},server=on,wait=off`],
    ["-dtb", path("board.dtb"), "-kernel", kernel, "-initrd", path("initrd"), "-append", line.join(" ")],
  ];
  return launch("qemu-system-aarch64", args.flat());
}

/** Where QEMU keeps the interrupt and GPIO controllers: qtest aborts it on a wrong path. */
async function devicePaths(socketPath: string, qemu: Running): Promise<{ gic: string; gpio: string }> {
  const ask = { execute: "qom-list", arguments: { path: "/machine/unattached" } };
  const devices = (await qmp(socketPath, qemu, ask)) as { name: string; type: string }[];
  const find = (type: string) =>
    `/machine/unattached/${devices.find((device) => device.type === `child<${type}>`)!.name}`;
  return { gic: find("arm_gic"), gpio: find("pl061") };
}

async function qmp(socketPath: string, qemu: Running, command: object): Promise<unknown> {
  let socket: Socket | undefined;
  await until(60, "QEMU's control socket", async () => {
    if (qemu.exitCode != null) throw new Error(`QEMU ended: ${(await qemu).stderr}`);
    const tried = connect(socketPath);
    const opened = await new Promise<boolean>((resolve) => {
      tried.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    if (opened) socket = tried;
    return opened;
  });
  const lines = createInterface({ input: socket! })[Symbol.asyncIterator]();
  const next = async () => (await within(60, "QEMU's answer", lines.next())).value;
  await next(); // its greeting
  socket!.write(`${JSON.stringify({ execute: "qmp_capabilities" })}\n`);
  await next();
  socket!.write(`${JSON.stringify(command)}\n`);
  const answer = await next();
  socket!.destroy();
  return JSON.parse(answer).return;
}

async function buildFabric(folder: string, driver: string): Promise<string> {
  const program = join(folder, "fabric");
  const sources = join(dirname(driver), "driver");
  const flags = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-I", sources];
  const library = join(driver, "libbfq.so");
  await execa("g++", [...flags, join(own, "fabric.cpp"), library, `-Wl,-rpath,${driver}`, "-o", program]);
  return program;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
