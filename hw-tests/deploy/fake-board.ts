import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { packageRoot } from "../../src/paths.ts";

const boardFolder = join(packageRoot, "hw-tests/deploy/board");
const sshd = "/usr/sbin/sshd";

/** Files of a KV260 with Ubuntu, its starter app loaded, and port widths as its boot design has them. */
const pristine: Record<string, string> = {
  "etc/os-release": 'NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 22.04.4 LTS"\n',
  "proc/device-tree/model": "ZynqMP SMK-K26 Rev1/B/A, KV260 rev1\0",
  "proc/meminfo": "MemTotal:        4028856 kB\nCmaTotal:        1024000 kB\nCmaFree:         1010000 kB\n",
  "proc/modules": "u_dma_buf 28672 0 - Live 0x0000000000000000 (O)\n",
  "proc/cmdline": "root=/dev/mmcblk1p2 cma=1000M uio_pdrv_genirq.of_id=generic-uio\n",
  "sys/class/fpga_manager/fpga0/state": "operating\n",
  "sys/class/hwmon/hwmon1/name": "ina260_u14\n",
  "sys/class/hwmon/hwmon1/power1_input": "3810000\n",
  "sys/class/uio/uio0/name": "axi-pmon\n",
  "sys/kernel/debug/clk/clk_summary": " pl0_ref  1  1  0  99999001  0  0  50000\n",
  "lib/firmware/xilinx/k26-starter-kits/k26-starter-kits.bit.bin": "starter",
  "lib/firmware/xilinx/k26-starter-kits/k26-starter-kits.dtbo": "k26-starter-kits.bit.bin\0",
  "lib/firmware/xilinx/k26-starter-kits/shell.json": '{ "shell_type": "XRT_FLAT" }\n',
  "fake/loaded": "k26-starter-kits",
  "fake/dmesg": "[    0.0] Booting Linux\n",
  "home/.keep": "",
  ...Object.fromEntries(
    ["0xfd360000", "0xfd360014", "0xfd380000", "0xfd380014"].map((address) => [
      `fake/registers/${address}`,
      "0x000003B1\n",
    ]),
  ),
};

/** Not the board's state: the log, and a deploy's lock. */
const volatile = /^(fault|run|fake\/dmesg)(\/|$)/;

/** A made-up Kria: an sshd on the loopback, whose commands see the tools and files of a board. */
export class FakeBoard {
  /** As ~/.ssh/config knows it. */
  static readonly host = "fake-kria";

  private constructor(
    private readonly folder: string,
    private readonly server: ReturnType<typeof serve>,
  ) {}

  static async start(): Promise<FakeBoard> {
    const folder = await mkdtemp(join(tmpdir(), "bfq-board-"));
    const path = (name: string) => join(folder, name);
    const port = await freePort();
    for (const key of ["host_key", "user_key"])
      await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path(key)]);
    const [hostKey, userKey] = await Promise.all(
      ["host_key.pub", "user_key.pub"].map((key) => readFile(path(key), "utf8")),
    );
    const { username } = userInfo();
    await write(folder, {
      authorized_keys: userKey,
      known_hosts: `[127.0.0.1]:${port} ${hostKey}`,
      sshd_config: [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${path("host_key")}`,
        `AuthorizedKeysFile ${path("authorized_keys")}`,
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        "PidFile none",
        `ForceCommand ${join(boardFolder, "login")}`,
        `SetEnv BFQ_ROOT=${path("root")} BOARD_BIN=${join(boardFolder, "bin")}`,
      ].join("\n"),
      ssh_config: [
        `Host ${FakeBoard.host}`,
        "  HostName 127.0.0.1",
        `  Port ${port}`,
        "Host stranger",
        "  HostName 127.0.0.1",
        `  Port ${port}`,
        "  HostKeyAlias nobody",
        "Host switched-off",
        "  HostName 127.0.0.1",
        "  Port 1",
        "Host *",
        `  User ${username}`,
        `  IdentityFile ${path("user_key")}`,
        "  IdentitiesOnly yes",
        `  UserKnownHostsFile ${path("known_hosts")}`,
        "  GlobalKnownHostsFile /dev/null",
      ].join("\n"),
      // ssh reads its configuration from the account's home, whatever HOME says.
      "client/ssh": `#!/bin/sh\nexec /usr/bin/ssh -F '${path("ssh_config")}' "$@"\n`,
    });
    await execa("chmod", ["+x", path("client/ssh")]);
    // sshd refuses to start as root without the folder that its package makes at boot.
    if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    const board = new FakeBoard(folder, serve(path("sshd_config")));
    await board.reset();
    await board.answer();
    return board;
  }

  get root(): string {
    return join(this.folder, "root");
  }

  /** For the command: its ssh finds the board. */
  get env(): Record<string, string> {
    return { PATH: `${join(this.folder, "client")}:${process.env.PATH}` };
  }

  /** The board as it is after its first boot, or as it was when it was saved. */
  async reset(saved?: string): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
    if (saved) await cp(join(this.folder, saved), this.root, { recursive: true });
    else await write(this.root, pristine);
  }

  async save(name: string): Promise<void> {
    await cp(this.root, join(this.folder, name), { recursive: true });
  }

  write(path: string, text: string): Promise<void> {
    return write(this.root, { [path]: text });
  }

  read(path: string): Promise<string> {
    return readFile(join(this.root, path), "utf8");
  }

  /** Switches faults of board/bin on. */
  async faults(names: readonly string[]): Promise<void> {
    await rm(join(this.root, "fault"), { recursive: true, force: true });
    for (const name of names) await this.write(`fault/${name}`, "");
  }

  /** SHA-256 of every file, by path. */
  async state(): Promise<Record<string, string>> {
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.root.length + 1))
      .filter((path) => !volatile.test(path))
      .sort();
    const hash = async (path: string) =>
      createHash("sha256")
        .update(await readFile(join(this.root, path)))
        .digest("hex");
    return Object.fromEntries(await Promise.all(files.map(async (path) => [path, await hash(path)])));
  }

  async stop(): Promise<void> {
    this.server.kill();
    await this.server;
    await rm(this.folder, { recursive: true, force: true });
  }

  private async answer(): Promise<void> {
    for (let tries = 0; tries < 2400 && this.server.exitCode === null; tries++) {
      const { exitCode } = await execa(join(this.folder, "client/ssh"), [FakeBoard.host, "true"], { reject: false });
      if (exitCode === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.server.kill();
    throw new Error(`sshd does not answer: ${(await this.server).stderr}`);
  }
}

const serve = (config: string) => execa(sshd, ["-D", "-e", "-f", config], { reject: false, stdin: "ignore" });

async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { mode: 0o600 });
  }
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
