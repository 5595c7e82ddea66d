import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../../src/cli/testing/bfq.ts";
import { findTrees } from "../../src/kria/build/device-trees.ts";
import { deployEmitter } from "../../src/kria/emitter.ts";
import { packageRoot } from "../../src/paths.ts";
import { registers } from "../../src/plan/interface.ts";
import type { Variant } from "../../src/plan/plan.ts";
import { variant } from "../../src/testing/variant.ts";
import { basePackage, type Changes, changedPackage } from "../deploy/package.ts";
import { boardVectors, buildSelftest } from "../deploy/selftest.ts";
import { until, within } from "../waiting.ts";
import { isDebian, LinuxMachine, linuxParts, linuxVariant, registerBase, resetLine } from "./machine.ts";

// Truth: a real aarch64 Linux (Debian's kernel, UIO, CMA, sshd) runs what a Kria runs, on the Verilated kernel in its own memory.
if (!isDebian) console.log("hw-tests/linux runs on Debian only: its kernel is built from Debian's packages");

const app = "f-bfq";
const starter = "k26-starter-kits";

// Truth: the K26's device trees as Debian's kernel package has them (it has none of the KR260's carrier).
describe.runIf(isDebian)("the overlay applies to Debian's own K26 trees", () => {
  it.each(["kv260", "kr260"])("of %s", async (board) => {
    const folder = await mkdtemp(join(tmpdir(), "bfq-overlay-"));
    const trees = await findTrees(join(await linuxParts(), "dtb"));
    expect(trees.some((tree) => tree.includes("kv-g"))).toBe(true);
    const { plan } = await variant("f-bfq", { board });
    const overlay = deployEmitter.files(plan).find(({ path }) => path.endsWith(".dts"))!;
    const [source, compiled] = [join(folder, "overlay.dts"), join(folder, "overlay.dtbo")];
    await writeFile(source, overlay.text);
    await execa("dtc", ["-q", "-@", "-I", "dts", "-O", "dtb", "-o", compiled, source]);
    const merged = join(folder, "merged.dtb");
    for (const tree of trees) {
      await execa("fdtoverlay", ["-i", tree, "-o", merged, compiled]);
      const { stdout } = await execa("dtc", ["-q", "-I", "dtb", "-O", "dts", merged]);
      expect(stdout).toContain("bfq@a0000000");
      expect(stdout).toContain('firmware-name = "f-bfq.bit.bin"');
    }
    await rm(folder, { recursive: true });
  });
});

describe.runIf(isDebian)("a real aarch64 Linux", () => {
  let small: Variant;
  let folder: string;
  let machine: LinuxMachine;

  beforeAll(async () => {
    small = await linuxVariant();
    folder = await mkdtemp(join(tmpdir(), "bfq-linux-test-"));
    await basePackage(join(folder, "base"), small, await buildSelftest(small));
    machine = await LinuxMachine.start(small);
  });
  afterAll(async () => {
    await machine?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const makePackage = (version: number, changes: Changes = {}) =>
    changedPackage(join(folder, "base"), join(folder, "package"), {
      ...changes,
      files: { [`${app}.bit.bin`]: `bitstream ${version} `.repeat(1000), ...changes.files },
    });
  const deploy = (args: string[]) =>
    within(300, `bfq deploy ${args.join(" ")}`, bfq(["deploy", "--host", LinuxMachine.host, ...args], machine.env));
  const selftest = `/opt/bfq/${app}/bin/bfq-selftest`;
  const device = `uio:registers=/dev/uio0,memory=udmabuf0,reset=/dev/gpiochip0:${resetLine}`;
  const test = `${selftest} ${device} test /opt/bfq/${app}/vectors`;
  const activeApp = async () => (await machine.do("xmutil listapps")).match(/^\s*(\S+).* 0,$/m)?.[1];
  const expectRight = async () => expect(await machine.do(test)).toMatch(/"outputs":4\d\d,"differing":0}$/);

  /** What a deploy may change, and has to put back. Files may come and go while it is looked at. */
  const state = async () => {
    const files = "find /opt/bfq /lib/firmware -type f | sort | xargs sha256sum";
    return `${await activeApp()}\n${(await machine.run(files)).stdout}`;
  };
  const untilStateIs = (wanted: string) =>
    until(200, "the board puts itself back", async () => (await state()) === wanted, state);

  /** Starts a program that keeps the kernel at work, and waits until it has the lock. */
  async function occupy(): Promise<void> {
    await machine.do(
      `(${selftest} ${device} bench 64 512 600 >/tmp/bench 2>&1; echo ended >>/tmp/bench) >/dev/null 2>&1 &`,
    );
    // Not by flock: that would have the lock itself for a moment, and the program be refused.
    const hasLock = 'pid=$(pidof bfq-selftest) && grep -q "FLOCK .* $pid " /proc/locks';
    const isTaken = async () => (await machine.run(hasLock)).exitCode === 0;
    await until(60, "bfq-selftest's lock on /dev/uio0", isTaken, () => machine.do("cat /tmp/bench"));
  }
  async function kill(name: string): Promise<void> {
    await machine.do(`killall -9 ${name}`);
    const isGone = async () => (await machine.run(`killall -0 ${name}`)).exitCode !== 0;
    await until(60, `the end of ${name}`, isGone);
  }

  /** A deploy that stands before its self-test, until `release`. */
  async function holdDeploy(path: string) {
    await machine.do("rm -f /tmp/held; touch /tmp/hold");
    const command = [`${packageRoot}dist/cli/main.js`, "deploy", "--host", LinuxMachine.host, path];
    const client = execa(process.execPath, command, { env: machine.env, reject: false, stdin: "ignore" });
    const isHeld = async () => (await machine.run("ls /tmp/held")).exitCode === 0;
    await until(200, "a deploy that comes to its self-test", isHeld);
    return { client, release: () => machine.do("rm /tmp/hold") };
  }

  it("doctor finds it fit for an app, and changes nothing", async () => {
    const before = await state();
    const { stdout, exitCode } = await bfq(["doctor", "--board", LinuxMachine.host], machine.env);
    expect(stdout).toMatch(/^model +ZynqMP SMK-K26/m);
    expect(stdout).not.toContain("error[");
    expect(exitCode).toBe(0);
    expect(await state()).toBe(before);
  });

  describe("as it booted", () => {
    const faults: Fault[] = [
      {
        name: "step load without the steps before it",
        step: "load",
        exitCode: 1,
        says: ["error[no-package]", "copy and install"],
      },
      {
        name: "kernel that makes no UIO devices",
        spoil: "echo root=/dev/mmcblk1p2 >/tmp/line; mount -o bind /tmp/line /proc/cmdline",
        mend: "umount /proc/cmdline",
        step: "preflight",
        exitCode: 1,
        says: ["error[no-uio]", "uio_pdrv_genirq.of_id=generic-uio"],
      },
      {
        name: "no u-dma-buf",
        spoil: "rmmod bfq_dma_memory",
        mend: `insmod /modules/bfq_dma_memory.ko; xmutil loadapp ${starter}`,
        step: "preflight",
        exitCode: 3,
        says: ["error[no-u-dma-buf]", "docs/kria.md"],
      },
      {
        name: "more memory wanted than there is",
        manifest: { dmaBytes: 2 ** 31 },
        step: "preflight",
        exitCode: 1,
        says: ["error[no-cma]", "KB of contiguous memory are free, the app needs 2097152", "cma=1000M"],
      },
    ];
    it.each(faults.map((fault) => [fault.name, fault] as const))("%s", (_, fault) => expectFault(fault));
  });

  it("deploy puts itself back where the client is killed in the middle", async () => {
    const before = await state();
    const { client, release } = await holdDeploy(await makePackage(1));
    expect(await activeApp()).toBe(app);
    client.kill("SIGKILL");
    expect((await client).signal).toBe("SIGKILL");
    await release();
    await untilStateIs(before);
  });

  it("step by step, and the whole deploy then finds all there; each bit is as the golden model has it", async () => {
    const path = await makePackage(1);
    for (const step of ["copy", "unload", "unload", "install", "load"]) {
      const { stderr, exitCode } = await deploy([path, "--step", step]);
      expect(stderr).toMatch(new RegExp(`^${step} +[\\d.]+ s  .*$`));
      expect(exitCode).toBe(0);
    }
    const before = await state();
    const tar = join(folder, 'it\'s "$(touch owned)"; kria:`touch owned` #\n x.tar');
    await execa("tar", ["-c", "--force-local", "-C", path, "-f", tar, "."]);
    const { stdout, stderr, exitCode } = await deploy([tar, "--json"]);
    expect(stderr).not.toContain("error");
    expect(stderr).toMatch(/^copy .* it is there already$/m);
    expect(stderr).toMatch(/^install .* it is there already$/m);
    expect(exitCode, stdout).toBe(0);
    const { ok, selftest, benchmarks, record } = JSON.parse(stdout);
    expect(ok).toBe(true);
    expect(selftest).toMatchObject({ differing: 0 });
    expect(selftest.outputs).toBeGreaterThan(400);
    expect(benchmarks.map(({ format }: { format: string }) => format)).toEqual(["q2_K", "q3_K"]);
    expect(record).toMatchObject({ clockMHz: 250, watts: { idle: null, busy: null } });
    expect(record.cpuBusyPercent).toBeGreaterThan(0);
    expect((await machine.do("cat /sys/class/fpga_manager/fpga0/state")).trim()).toBe("operating");
    expect(await state()).toBe(before);
    expect(await activeApp()).toBe(app);
  });

  it("a second process is refused while one is at work", async () => {
    await occupy();
    const { stderr, exitCode } = await machine.run(test);
    expect(stderr).toContain("/dev/uio0 is in use by another process");
    expect(exitCode).toBe(4);
    await kill("bfq-selftest");
  });

  it("unloading is refused while a program uses the app", async () => {
    await occupy();
    const { stderr, exitCode } = await deploy([await makePackage(1), "--step", "unload"]);
    expect(stderr).toMatch(
      /error\[app-in-use\]: a program uses f-bfq: it has .*\/dev\/uio0\n {2}why: .*\n {2}fix: .*fuser/,
    );
    expect(exitCode).toBe(1);
    expect(await activeApp()).toBe(app);
    await kill("bfq-selftest");
    await expectRight();
  });

  it("without unload's check the app would be taken away under the program: the test above would see it", async () => {
    await machine.do("flock -n /dev/uio0 sleep 777 >/dev/null 2>&1 &");
    const scripts = "cp -r scripts /tmp/mutant && sed -i '/app-in-use/d' /tmp/mutant/unload.sh";
    await machine.do(`cd /opt/bfq/${app} && ${scripts} && sh /tmp/mutant/unload.sh`);
    expect(await activeApp()).toBeUndefined();
    await machine.do(`kill $(ps | awk '/[s]leep 777/ { print $1 }'); xmutil loadapp ${app}`);
    await expectRight();
  });

  it("a kernel that hangs is reset through the GPIO line, and the next run is right", async () => {
    const before = await machine.resets();
    await machine.hang();
    const { stderr, exitCode } = await machine.run(test);
    expect(stderr).toContain("the run did not end within 10000 ms; the accelerator was reset");
    expect(exitCode).toBe(4);
    expect(await machine.resets()).toBe(before + 1);
    await expectRight();
  });

  it("a program that is killed in mid-run leaves nothing: the next run is right", async () => {
    await occupy();
    await kill("bfq-selftest");
    await expectRight();
  });

  it("the kernel's interrupt wakes a program that reads /dev/uio0", async () => {
    const enable = "busybox devmem 0xa0000004 32 1; busybox devmem 0xa0000008 32 1";
    const wait = "printf '\\001\\000\\000\\000' >&3; dd bs=4 count=1 <&3 2>/dev/null | od -An -tu4 >/tmp/interrupt";
    await machine.do(`${enable}; exec 3<>/dev/uio0; (${wait}) & ${test} >/dev/null 3>&-; wait; cat /tmp/interrupt`);
    expect(Number(await machine.do("cat /tmp/interrupt"))).toBeGreaterThan(0);
    await machine.do("busybox devmem 0xa0000004 32 0; busybox devmem 0xa0000008 32 0; busybox devmem 0xa000000c 32 0");
  });

  it("a second deploy at once is refused, and the first ends well; the old version comes back without a rest of the new", async () => {
    const before = await state();
    const path = await makePackage(2);
    const { client, release } = await holdDeploy(path);
    const second = await deploy([path]);
    expect(second.stderr).toMatch(
      /error\[busy\]: another deploy is at work on this board\n {2}why: since .*\n {2}fix: wait/,
    );
    expect(second.exitCode).toBe(1);
    await release();
    expect((await within(300, "the first deploy", client)).exitCode).toBe(0);
    expect(await machine.do(`cat /lib/firmware/xilinx/${app}/${app}.bit.bin`)).toContain("bitstream 2");
    expect((await deploy([await makePackage(1)])).exitCode).toBe(0);
    expect(await state()).toBe(before);
  });

  it("a program takes the new version before a later step fails: it stays, and bfq says so", async () => {
    const { client, release } = await holdDeploy(await makePackage(2));
    await machine.do("flock -n /dev/uio0 sleep 777 >/dev/null 2>&1 &");
    await release();
    const { exitCode, stderr } = await within(300, "the deploy", client);
    expect(stderr).toMatch(/error\[device-failed\](.|\n)*error\[not-restored\]: a program uses f-bfq: it has .*uio0/);
    expect(exitCode).toBe(4);
    expect(await activeApp()).toBe(app);
    await machine.do("kill $(ps | awk '/[s]leep 777/ { print $1 }')");
    expect((await deploy([await makePackage(1)])).exitCode).toBe(0);
  });

  describe("with the app", () => {
    const hash = registerBase + registers.find(({ name }) => name === "config_hash")!.offset;
    const firmware = `/lib/firmware/xilinx/${app}`;
    const fill = (path: string, kilobytes: number) =>
      `used=$(df -k ${path} | awk 'NR == 2 { print $3 }'); mount -t tmpfs -o remount,size=$((used + ${kilobytes}))k tmpfs ${path}`;
    const empty = (path: string) => `mount -t tmpfs -o remount,size=200m tmpfs ${path}`;
    /** Does what tar does, and then something with the package that it unpacked to $folder. */
    const tarThat = (does: string) =>
      `cat >/usr/local/bin/tar <<'END'\n#!/bin/sh\nfor folder; do :; done\n${does}\nEND\nchmod +x /usr/local/bin/tar`;
    const faults: Fault[] = [
      {
        name: "wrong clock",
        spoil: `echo 99999001 >/sys/module/bfq_fabric/parameters/hertz; xmutil unloadapp; xmutil loadapp ${app}`,
        mend: `echo 0 >/sys/module/bfq_fabric/parameters/hertz; xmutil unloadapp; xmutil loadapp ${app}`,
        step: "clock",
        exitCode: 1,
        says: [
          "error[wrong-clock]",
          "99999001 Hz, the app was built for 250 MHz",
          "slower is slow without an error",
          "--any-clock",
        ],
      },
      {
        name: "another app is loaded where only the step load runs",
        spoil: `xmutil loadapp ${starter}`,
        mend: `xmutil loadapp ${app}`,
        step: "load",
        exitCode: 1,
        says: ["error[other-app]", "k26-starter-kits is loaded", "unload first"],
      },
      {
        name: "shell.json that dfx-mgr would not take",
        spoil: `echo '{}' >${firmware}/shell.json`,
        mend: `cp /opt/bfq/${app}/shell.json ${firmware}/`,
        step: "load",
        exitCode: 1,
        says: ["error[bad-shell-json]", "shell.json names no shell_type"],
      },
      {
        name: "disk full before anything is sent",
        spoil: fill("/lib/firmware", 100),
        mend: empty("/lib/firmware"),
        step: "preflight",
        exitCode: 1,
        says: ["error[disk-full]", "100 KB are free below /lib/firmware"],
      },
      {
        name: "disk full while the package arrives",
        spoil: fill("/opt", 100),
        mend: empty("/opt"),
        step: "copy",
        exitCode: 4,
        says: ["error[copy-broken]", "No space left on device", "free room"],
      },
      {
        name: "disk full while the firmware is installed",
        spoil: `cp -r /opt/bfq/${app} /opt/bfq/${app}.new; ${fill("/lib/firmware", 8)}`,
        mend: `rm -r /opt/bfq/${app}.new; ${empty("/lib/firmware")}`,
        step: "install",
        exitCode: 1,
        says: ["error[disk-full]", "No space left on device", "free room"],
      },
      {
        name: "hash mismatch on the way",
        spoil: tarThat('busybox tar "$@" && if [ -e "$folder/manifest.json" ]; then echo x >>"$folder/shell.json"; fi'),
        mend: "rm /usr/local/bin/tar",
        step: "copy",
        exitCode: 1,
        says: ["error[hash-mismatch]", "arrived changed: shell.json", "deploy again"],
      },
      {
        name: "bitstream of another variant",
        spoil: `busybox devmem ${hash} >/tmp/hash; busybox devmem ${hash} 32 0x12345678`,
        mend: `busybox devmem ${hash} 32 $(cat /tmp/hash)`,
        step: "selftest",
        exitCode: 4,
        says: ["error[device-failed]", "Load the variant's own bitstream"],
      },
      {
        name: "vectors that are not whole",
        spoil: `head -c 500 /dev/zero >/opt/bfq/${app}/vectors/bad.bfqv`,
        mend: `rm /opt/bfq/${app}/vectors/bad.bfqv`,
        step: "selftest",
        exitCode: 2,
        says: ["error[bad-vectors]", "not a vector file of this version"],
      },
      {
        name: "a bitstream that the FPGA manager refuses",
        files: () => ({ [`${app}.bit.bin`]: "refuse me" }),
        exitCode: 4,
        says: [
          "error[load-failed]",
          /xmutil loadapp f-bfq failed: .*f-bfq: error: 1/,
          "Error while writing image data to FPGA",
        ],
      },
      {
        name: "results that differ by one bit, after all is loaded",
        files: wrongVector,
        exitCode: 1,
        says: ["error[bits-differ]", /q3_K-1\.bfqv, row 66, column 2: 0x\w{8}, golden 0x\w{8}/, "timing report"],
      },
      {
        // The last: it takes our own connection, too.
        name: "the connection ends in mid-copy",
        spoil: tarThat(
          `case $folder in /opt/*) head -c 200000 >/dev/null; kill -9 $(ps | awk '/sshd: [r]oot@/ { print $1 }') ;; *) busybox tar "$@" ;; esac`,
        ),
        mend: "rm /usr/local/bin/tar",
        step: "copy",
        exitCode: 4,
        says: ["error[connection]", "ssh lost the board"],
      },
    ];
    it.each(faults.map((fault) => [fault.name, fault] as const))("%s", (_, fault) => expectFault(fault));

    it("a clock that the user has seen is taken with --any-clock", async () => {
      await machine.do(
        `echo 99999001 >/sys/module/bfq_fabric/parameters/hertz; xmutil unloadapp; xmutil loadapp ${app}`,
      );
      const { exitCode, stdout } = await deploy([await makePackage(1), "--step", "clock", "--any-clock", "--json"]);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout).steps[0].facts.pl0_hz).toBe("99999001");
    });
  });

  interface Fault {
    name: string;
    /** Shell on the board, before and after. */
    spoil?: string;
    mend?: string;
    files?: () => Changes["files"];
    manifest?: Changes["manifest"];
    /** Else all. */
    step?: string;
    exitCode: number;
    /** What, why and fix; the rule is first. */
    says: (string | RegExp)[];
  }

  /** It is named, with a way to mend it, and the board stays as it was. */
  async function expectFault({ spoil = ":", mend = ":", files, manifest, step, exitCode, says }: Fault): Promise<void> {
    await machine.do(spoil);
    const before = await state();
    const changes = { ...(files && { files: files() }), ...(manifest && { manifest }) };
    const path = await makePackage(2, changes as Changes);
    const run = await deploy([path, ...(step === undefined ? [] : ["--step", step])]);
    for (const text of says) expect(run.stderr).toMatch(text);
    expect(run.stderr).toMatch(/^ {2}fix: /m);
    expect({ stdout: run.stdout, exitCode: run.exitCode }).toEqual({ stdout: "", exitCode });
    await untilStateIs(before);
    await machine.do(mend);
  }

  /** An expected bit of the last vector flipped, its checksum right. */
  function wrongVector(): Changes["files"] {
    const last = boardVectors(small).at(-1)!;
    const bytes = Buffer.from(last.bytes);
    bytes[bytes.length - 8] ^= 1;
    bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
    return { [last.path]: bytes };
  }
});
