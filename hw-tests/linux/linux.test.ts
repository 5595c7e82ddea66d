import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../../src/cli/testing/bfq.ts";
import { deployEmitter } from "../../src/kria/emitter.ts";
import { packageRoot } from "../../src/paths.ts";
import { variant } from "../../src/testing/variant.ts";
import { basePackage } from "../deploy/package.ts";
import { boardVariant, buildSelftest } from "../deploy/selftest.ts";
import { LinuxMachine, linuxParts, resetLine } from "./machine.ts";

// Truth: a real aarch64 Linux (Debian's kernel, UIO, CMA, sshd) runs what a Kria runs, on the Verilated kernel in its own memory.
const isDebian = /^ID=debian$/m.test(await readFile("/etc/os-release", "utf8").catch(() => ""));
if (!isDebian) console.log("hw-tests/linux runs on Debian only: its kernel is built from Debian's packages");

const app = "f-bfq";

// Truth: the K26's device trees as Debian's kernel package has them (it has none of the KR260's carrier).
describe.runIf(isDebian)("the overlay applies to Debian's own K26 trees", () => {
  it.each(["kv260", "kr260"])("of %s", async (board) => {
    const folder = await mkdtemp(join(tmpdir(), "bfq-overlay-"));
    const trees = join(await linuxParts(), "dtb");
    const names = (await readdir(trees)).filter((name) => name.includes("k26"));
    expect(names.some((name) => name.includes("kv-g"))).toBe(true);
    const { plan } = await variant("f-bfq", { board });
    const overlay = deployEmitter.files(plan).find(({ path }) => path.endsWith(".dts"))!;
    const [source, compiled] = [join(folder, "overlay.dts"), join(folder, "overlay.dtbo")];
    await writeFile(source, overlay.text);
    await execa("dtc", ["-q", "-@", "-I", "dts", "-O", "dtb", "-o", compiled, source]);
    for (const name of names) {
      const merged = join(folder, name);
      await execa("fdtoverlay", ["-i", join(trees, name), "-o", merged, compiled]);
      const { stdout } = await execa("dtc", ["-q", "-I", "dtb", "-O", "dts", merged]);
      expect(stdout).toContain("bfq@a0000000");
      expect(stdout).toContain('firmware-name = "f-bfq.bit.bin"');
    }
    await rm(folder, { recursive: true });
  });
});

describe.runIf(isDebian)("a real aarch64 Linux", () => {
  let folder: string;
  let machine: LinuxMachine;
  let path: string;

  beforeAll(async () => {
    const { accelerator, plan } = await boardVariant();
    const { board } = plan;
    const small = {
      accelerator,
      formats: accelerator.formats,
      plan: { ...plan, board: { ...board, kria: { ...board.kria!, "shared-bytes": 96 * 2 ** 20 } } },
    };
    folder = await mkdtemp(join(tmpdir(), "bfq-linux-test-"));
    path = join(folder, "package");
    await basePackage(path, small, await buildSelftest(small, { simulator: false }));
    machine = await LinuxMachine.start(small);
  });
  afterAll(async () => {
    await machine?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const deploy = (args: string[] = []) => bfq(["deploy", "--host", LinuxMachine.host, path, ...args], machine.env);
  const selftest = `/opt/bfq/${app}/bin/bfq-selftest`;
  const device = `uio:registers=/dev/uio0,memory=udmabuf0,reset=/dev/gpiochip0:${resetLine}`;
  const test = `${selftest} ${device} test /opt/bfq/${app}/vectors`;
  const bench = (seconds: number) => `${selftest} ${device} bench 64 512 ${seconds}`;
  const activeApp = async () => (await machine.run("xmutil listapps")).stdout.match(/^\s*(\S+).* 0,$/m)?.[1];

  /** Starts a program that keeps the kernel at work, and waits until it has the lock. */
  async function occupy(): Promise<void> {
    await machine.run(
      `(${bench(600)} >/tmp/bench 2>&1; echo $? >/tmp/ended) >/dev/null 2>&1 & until ! flock -n /dev/uio0 true; do sleep 0.1; done`,
    );
  }
  const free = () =>
    machine.run("killall -9 bfq-selftest; while killall -0 bfq-selftest 2>/dev/null; do sleep 0.1; done");

  it("doctor finds it fit for an app", async () => {
    const { stdout, exitCode } = await bfq(["doctor", "--board", LinuxMachine.host], machine.env);
    expect(stdout).toMatch(/^model +ZynqMP SMK-K26/m);
    expect(stdout).not.toContain("error[");
    expect(exitCode).toBe(0);
  });

  it("deploy puts itself back where the client is killed in the middle", async () => {
    expect(await activeApp()).toBe("k26-starter-kits");
    const client = execa(
      process.execPath,
      [`${packageRoot}dist/cli/main.js`, "deploy", "--host", LinuxMachine.host, path],
      {
        env: machine.env,
        reject: false,
        stdin: "ignore",
      },
    );
    for await (const line of client.iterable({ from: "stderr" })) if (line.startsWith("load ")) client.kill("SIGKILL");
    expect((await client).signal).toBe("SIGKILL");
    while (
      (await activeApp()) !== "k26-starter-kits" ||
      (await machine.run("ls /opt/bfq; ls /run/bfq/started")).stdout !== ""
    )
      await new Promise((resolve) => setTimeout(resolve, 500));
  });

  it("deploy runs every step, and the self-test finds each bit as the golden model has it", async () => {
    const { stdout, stderr, exitCode } = await deploy(["--json"]);
    expect(stderr).not.toContain("error");
    expect(exitCode, stdout).toBe(0);
    const { ok, selftest } = JSON.parse(stdout);
    expect(ok).toBe(true);
    expect(selftest).toMatchObject({ differing: 0 });
    expect(selftest.outputs).toBeGreaterThan(400);
    expect(await activeApp()).toBe(app);
    expect((await machine.run("cat /sys/class/fpga_manager/fpga0/state")).stdout).toBe("operating");
  });

  it("a second process is refused while one is at work", async () => {
    await occupy();
    const { stderr, exitCode } = await machine.run(test);
    expect(stderr).toContain("/dev/uio0 is in use by another process");
    expect(exitCode).toBe(4);
    await free();
  });

  it("unloading is refused while a program uses the app", async () => {
    await occupy();
    const { stderr, exitCode } = await deploy(["--step", "unload"]);
    expect(stderr).toContain("error[app-in-use]");
    expect(exitCode).toBe(1);
    expect(await activeApp()).toBe(app);
    await free();
    expect((await machine.run(test)).exitCode).toBe(0);
  });

  it("a kernel that hangs is reset through the GPIO line, and the next run is right", async () => {
    await machine.hang();
    const { stderr, exitCode } = await machine.run(test);
    expect(stderr).toContain("the run did not end within 10000 ms; the accelerator was reset");
    expect(exitCode).toBe(4);
    await machine.answer("reset");
    const next = await machine.run(test);
    expect(next.stdout).toContain('"differing":0');
    expect(next.exitCode).toBe(0);
  });

  it("a program that is killed in mid-run leaves nothing: the next run is right", async () => {
    await occupy();
    await free();
    const { stdout, exitCode } = await machine.run(test);
    expect(stdout).toContain('"differing":0');
    expect(exitCode).toBe(0);
  });

  it("the kernel's interrupt wakes a program that reads /dev/uio0", async () => {
    const enable = "busybox devmem 0xa0000004 32 1; busybox devmem 0xa0000008 32 1";
    const wait = "printf '\\001\\000\\000\\000' >&3; dd bs=4 count=1 <&3 2>/dev/null | od -An -tu4 >/tmp/interrupt";
    const { exitCode } = await machine.run(
      `${enable}; exec 3<>/dev/uio0; (${wait}) & ${test} >/dev/null 3>&-; wait; cat /tmp/interrupt`,
    );
    expect(exitCode).toBe(0);
    expect(Number((await machine.run("cat /tmp/interrupt")).stdout)).toBeGreaterThan(0);
    await machine.run("busybox devmem 0xa0000004 32 0; busybox devmem 0xa0000008 32 0; busybox devmem 0xa000000c 32 0");
  });
});
