import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../../src/cli/testing/bfq.ts";
import { packageRoot } from "../../src/paths.ts";
import { FakeBoard } from "./fake-board.ts";
import { basePackage, type Changes, changedPackage } from "./package.ts";
import { boardVariant, boardVectors } from "./selftest.ts";

// The real scripts and the real aarch64 self-test, through a real ssh and sshd; the board around them is made up from docs/board-facts.md.
const variant = await boardVariant();
const app = "f-bfq";
let board: FakeBoard;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-deploy-"));
  await basePackage(join(folder, "base"), variant);
  board = await FakeBoard.start();
});
afterAll(async () => {
  await board?.stop();
  await rm(folder, { recursive: true, force: true });
});

const bitstream = (version: number) => ({ [`${app}.bit.bin`]: `bitstream ${version} `.repeat(1000) });
const makePackage = (version: number, changes: Changes = {}) =>
  changedPackage(join(folder, "base"), join(folder, "package"), {
    ...changes,
    files: { ...bitstream(version), ...changes.files },
  });
const deploy = (args: string[], host = FakeBoard.host) => bfq(["deploy", "--host", host, ...args], board.env);

/** Waits for what the board does by itself. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 3000; tries++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the board did not do it within 5 minutes");
}

/** A program that has the app's device, as the driver takes it. */
function useDevice() {
  const device = join(board.root, "dev/uio4");
  const child = execa("flock", ["-n", device, "cat"], { reject: false });
  return {
    has: () => until(async () => (await execa("flock", ["-n", device, "true"], { reject: false })).exitCode === 1),
    async end() {
      child.stdin.end();
      await child;
    },
  };
}

/** Files may come and go while it is looked at. */
const isAsBefore = (before: Record<string, string>) => () =>
  board.state().then(
    (state) => JSON.stringify(state) === JSON.stringify(before),
    () => false,
  );

describe("a board that is well", () => {
  it("gets the app, which is proved bit-exact and measured; a second deploy changes nothing", async () => {
    await board.reset();
    const path = await makePackage(1);
    const first = await deploy([path, "--json", "--model", "tinyllama-1.1b", "--mix", "Q2_K"]);
    expect(first.stderr).not.toContain("error");
    expect(first.exitCode).toBe(0);
    const result = JSON.parse(first.stdout);
    expect(result).toMatchObject({ ok: true, app, host: FakeBoard.host, watts: { idle: 3.81, busy: 3.81 } });
    const hash = `0x${variant.plan.parameters.CONFIG_HASH.toString(16).padStart(8, "0")}`;
    expect(result.selftest).toMatchObject({ differing: 0, config_hash: hash });
    expect(result.selftest.outputs).toBeGreaterThan(400);
    expect(result.benchmarks.map(({ format }: { format: string }) => format)).toEqual(["q2_K", "q3_K"]);
    for (const { cycles, gbPerSecond, joulesPerGB } of result.benchmarks) {
      expect(cycles).toBeGreaterThan(0);
      expect(joulesPerGB * gbPerSecond).toBeCloseTo(3.81);
    }
    const { tokensPerSecond, joulesPerToken, notCounted } = result.tokens;
    expect(tokensPerSecond * joulesPerToken).toBeCloseTo(3.81);
    expect(notCounted).toContain("q6_K");
    expect(await board.read("fake/loaded")).toBe(app);
    for (const address of ["0xfd360000", "0xfd360014", "0xfd380000", "0xfd380014"])
      expect(await board.read(`fake/registers/${address}`)).toBe("0x000003B0\n");
    const after = await board.state();
    const second = await deploy([path]);
    expect(second.stderr).toMatch(/^copy .* it is there already$/m);
    expect(second.stderr).toMatch(/^install .* it is there already$/m);
    expect(second.stdout).toContain("power: 3.81 W at rest, 3.81 W at work");
    expect(second.exitCode).toBe(0);
    expect(await board.state()).toEqual(after);
    await board.save("deployed");
  });

  it("takes a tar, a new version over an old one, and leaves nothing of the old", async () => {
    await board.reset("deployed");
    const before = await board.state();
    const path = await makePackage(2);
    const tar = join(folder, `${app}-kria.tar`);
    await execa("tar", ["-c", "-C", path, "-f", tar, "."]);
    const { exitCode, stderr } = await deploy([tar]);
    expect(stderr).not.toContain("error");
    expect(exitCode).toBe(0);
    const after = await board.state();
    expect(Object.keys(after)).toEqual(Object.keys(before));
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(changed).toEqual([
      `lib/firmware/xilinx/${app}/${app}.bit.bin`,
      `opt/bfq/${app}/${app}.bit.bin`,
      `opt/bfq/${app}/manifest.json`,
    ]);
  });

  it.each(["preflight", "install", "load", "afifm", "clock", "selftest", "power"])(
    "runs step %s alone, and again on what is done",
    async (step) => {
      await board.reset("deployed");
      const before = await board.state();
      const { exitCode, stderr } = await deploy([await makePackage(1), "--step", step]);
      expect(stderr).toMatch(new RegExp(`^${step} +[\\d.]+ s  .*$`));
      expect(exitCode).toBe(0);
      expect(await board.state()).toEqual(before);
    },
  );

  it("takes a package from a folder and a tar with hostile names", async () => {
    await board.reset("deployed");
    const before = await board.state();
    const path = join(folder, 'it\'s "$(touch owned)"; kria:`touch owned` #\n x');
    await changedPackage(join(folder, "base"), path, { files: bitstream(2) });
    const tar = `${path}.tar`;
    await execa("tar", ["-c", "--force-local", "-C", path, "-f", tar, "."]);
    expect((await deploy([path, "--step", "copy"])).stderr).toMatch(/^copy .* kB$/);
    expect((await deploy([tar, "--step", "copy"])).stderr).toMatch(/^copy .* it is there already$/);
    const after = await board.state();
    const added = Object.keys(after).filter((file) => !(file in before));
    for (const file of added) expect(file).toMatch(new RegExp(`^opt/bfq/${app}\\.new/`));
  });

  it("step by step ends as in one go", async () => {
    const path = await makePackage(1);
    await board.reset("deployed");
    const want = await board.state();
    await board.reset();
    for (const step of ["copy", "unload", "unload", "install", "load", "afifm"])
      expect((await deploy([path, "--step", step])).exitCode).toBe(0);
    expect(await board.state()).toEqual(want);
  });

  it("that is not fit is told of by doctor with all that is wrong", async () => {
    await board.reset();
    await board.write("proc/cmdline", "root=/dev/mmcblk1p2\n");
    await board.write("proc/meminfo", "MemTotal:        4028856 kB\n");
    const { exitCode, stdout } = await bfq(["doctor", "--board", FakeBoard.host], board.env);
    expect(stdout).toMatch(/^model +ZynqMP SMK-K26/m);
    expect(stdout).toContain("error[no-cma]");
    expect(stdout).toContain("error[no-uio]");
    expect(exitCode).toBe(1);
  });

  it.each([
    ["modprobe's settings", "etc/modprobe.d/uio.conf", "options uio_pdrv_genirq of_id=generic-uio\n"],
    [
      "a device that has it",
      "sys/bus/platform/drivers/uio_pdrv_genirq/a0000000.bfq/of_node/compatible",
      "generic-uio\0",
    ],
  ])("UIO for generic-uio is seen from %s, too", async (_, path, text) => {
    await board.reset();
    await board.write("proc/cmdline", "root=/dev/mmcblk1p2\n");
    await board.write(path, text);
    const { exitCode, stdout } = await bfq(["doctor", "--board", FakeBoard.host], board.env);
    expect(stdout).toMatch(/^generic_uio +yes$/m);
    expect(exitCode).toBe(0);
  });

  it("is told of by doctor, which changes nothing", async () => {
    await board.reset();
    const before = await board.state();
    const { exitCode, stdout } = await bfq(["doctor", "--board", FakeBoard.host, "--json"], board.env);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      board: { model: "ZynqMP SMK-K26 Rev1/B/A, KV260 rev1", app: "k26-starter-kits", cma_free_kb: "1010000" },
    });
    expect(await board.state()).toEqual(before);
  });
});

interface Fault {
  name: string;
  /** Switches of the made-up board. */
  faults?: string[];
  /** Its files. */
  files?: Record<string, string>;
  package?: () => Promise<Changes> | Changes;
  /** What is done to the package after it was made. */
  spoil?: (path: string) => Promise<void>;
  args?: string[];
  host?: string;
  /** Boards that it is tried on: first boot, or an older version of the app loaded. */
  on?: ("fresh" | "deployed")[];
  exitCode: number;
  /** What, why and fix; the rule is first. */
  says: (string | RegExp)[];
}

/** An expected bit of the last vector flipped, its checksum right. */
function wrongVector(): Changes {
  const last = boardVectors(variant).at(-1)!;
  const bytes = Buffer.from(last.bytes);
  bytes[bytes.length - 8] ^= 1;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return { files: { [last.path]: bytes } };
}

const model = (text: string) => ({ "proc/device-tree/model": `${text}\0` });
const withoutCma = { "proc/meminfo": "MemTotal:        4028856 kB\n" };

const faults: Fault[] = [
  {
    name: "wrong clock",
    faults: ["wrong-clock"],
    exitCode: 1,
    says: [
      "error[wrong-clock]",
      "99999001 Hz, the app was built for 250 MHz",
      "slower is slow without an error",
      "--any-clock",
    ],
  },
  {
    name: "AFIFM registers that can't be set",
    faults: ["afifm"],
    on: ["fresh"],
    exitCode: 4,
    says: ["error[afifm-not-set]", "the register 0xfd380000 stays 0x000003B1", "128 bit wide, or data is lost"],
  },
  {
    name: "missing dtbo in the package",
    package: () => ({ files: { [`${app}.dtbo`]: null } }),
    exitCode: 2,
    says: ["error[missing-file]", `the manifest has no ${app}.dtbo`, "bfq build"],
  },
  {
    name: "dtbo that vanished after the manifest was written",
    spoil: (path) => rm(join(path, `${app}.dtbo`)),
    exitCode: 2,
    says: [/f-bfq\.dtbo: error\[missing-file\]/, "bfq build"],
  },
  {
    name: "stem mismatch: the bitstream's name",
    package: () => ({ files: { [`${app}.bit.bin`]: null, "other.bit.bin": "bits" } }),
    exitCode: 2,
    says: ["error[stem-mismatch]", "a file is called other.bit.bin", "one stem"],
  },
  {
    name: "stem mismatch: the overlay's firmware-name",
    package: () => ({ files: { [`${app}.dtbo`]: "overlay\0other.bit.bin\0" } }),
    exitCode: 2,
    says: ["error[stem-mismatch]", `the firmware-name in ${app}.dtbo is not ${app}.bit.bin`, "would load no bitstream"],
  },
  {
    name: "xmutil error 1",
    faults: ["xmutil"],
    exitCode: 4,
    says: [
      "error[load-failed]",
      `xmutil loadapp ${app} failed: ${app}: error: 1`,
      "Error while writing image data",
      "dmesg",
    ],
  },
  {
    name: "shell.json that dfx-mgr would not take",
    package: () => ({ files: { "shell.json": "{}\n" } }),
    exitCode: 1,
    says: ["error[bad-shell-json]", "shell.json names no shell_type"],
  },
  {
    name: "no CMA",
    files: withoutCma,
    on: ["fresh"],
    exitCode: 1,
    says: ["error[no-cma]", "0 KB of contiguous memory are free, the app needs 917504", "cma=1000M"],
  },
  {
    name: "stale app that can't be unloaded",
    faults: ["unload"],
    on: ["fresh"],
    exitCode: 4,
    says: ["error[unload-failed]", "could not unload k26-starter-kits", "-1 (Error)", "fuser"],
  },
  {
    name: "stale app loaded where only the step load runs",
    files: { "fake/loaded": "k26-starter-kits" },
    args: ["--step", "load"],
    exitCode: 1,
    says: ["error[other-app]", "k26-starter-kits is loaded", "unload first"],
  },
  {
    name: "step load without the steps before it",
    args: ["--step", "load"],
    on: ["fresh"],
    exitCode: 1,
    says: ["error[no-package]", "copy and install"],
  },
  {
    name: "disk full before anything is sent",
    faults: ["full"],
    exitCode: 1,
    says: ["error[disk-full]", "100 KB are free below /lib/firmware"],
  },
  {
    name: "disk full while the package arrives",
    faults: ["full-copy"],
    exitCode: 4,
    says: ["error[copy-broken]", "Wrote only 4096", "free room"],
  },
  {
    name: "disk full while the firmware is installed",
    faults: ["full-install"],
    on: ["fresh", "deployed"],
    exitCode: 1,
    says: ["error[disk-full]", "No space left on device", "free room"],
  },
  {
    name: "package for another processor",
    package: async () => ({ files: { "bin/bfq-selftest": await readFile(process.execPath) } }),
    exitCode: 2,
    says: ["error[wrong-architecture]", "bin/bfq-selftest is not built for aarch64"],
  },
  {
    name: "board with another processor",
    faults: ["machine"],
    exitCode: 1,
    says: ["error[wrong-machine]", "the board's processor is x86_64"],
  },
  {
    name: "hash mismatch in the package",
    spoil: (path) => writeFile(join(path, "shell.json"), "{ }"),
    exitCode: 2,
    says: [/shell\.json: error\[hash-mismatch\]/, "its SHA-256 is not the manifest's"],
  },
  {
    name: "hash mismatch on the way",
    faults: ["corrupt"],
    exitCode: 1,
    says: ["error[hash-mismatch]", "arrived changed: shell.json", "deploy again"],
  },
  {
    name: "results that differ by one bit",
    package: wrongVector,
    exitCode: 1,
    says: ["error[bits-differ]", /q3_K-1\.bfqv, row 66, column 2: 0x\w{8}, golden 0x\w{8}/, "timing report"],
  },
  {
    name: "bitstream of another variant",
    faults: ["wrong-bitstream=hash"],
    exitCode: 4,
    says: ["error[device-failed]", "Load the variant's own bitstream"],
  },
  {
    name: "vectors that are not whole",
    package: () => ({ files: { "vectors/bad.bfqv": new Uint8Array(500) } }),
    exitCode: 2,
    says: ["error[bad-vectors]", "not a vector file of this version"],
  },
  {
    name: "no right to load firmware",
    faults: ["not-root"],
    exitCode: 1,
    says: ["error[not-root]", "a password is required", "docs/kria.md"],
  },
  {
    name: "no u-dma-buf",
    faults: ["no-u-dma-buf"],
    files: { "proc/modules": "" },
    on: ["fresh"],
    exitCode: 3,
    says: ["error[no-u-dma-buf]", "docs/kria.md"],
  },
  {
    name: "kernel that makes no UIO devices",
    files: { "proc/cmdline": "root=/dev/mmcblk1p2\n" },
    exitCode: 1,
    says: ["error[no-uio]", "uio_pdrv_genirq.of_id=generic-uio"],
  },
  {
    name: "overlay without UIO device",
    faults: ["no-uio"],
    exitCode: 4,
    says: ["error[no-uio]", "no UIO device named bfq"],
  },
  {
    name: "overlay without memory",
    faults: ["no-dma"],
    exitCode: 4,
    says: ["error[no-dma-memory]", "no u-dma-buf device named udmabuf0"],
  },
  {
    name: "bitstream that the FPGA does not take",
    faults: ["fpga-state"],
    exitCode: 4,
    says: ["error[fpga-state]", "the FPGA is 'write error' after loading", "xck26"],
  },
  {
    name: "board that is no Kria",
    files: model("Raspberry Pi 4 Model B"),
    exitCode: 1,
    says: ["error[not-a-kria]", "'Raspberry Pi 4 Model B'"],
  },
  {
    name: "package for the other carrier",
    package: () => ({ manifest: { board: "kr260" } }),
    exitCode: 1,
    says: ["error[wrong-board]", "the package is for kr260"],
  },
  {
    name: "board that is switched off",
    host: "switched-off",
    exitCode: 4,
    says: ["error[connection]", "Connection refused", "does `ssh switched-off` work?"],
  },
  {
    name: "host key that nobody has vouched for",
    host: "stranger",
    exitCode: 4,
    says: ["error[connection]", "Host key verification failed"],
  },
];

describe("what goes wrong is named, and the board stays as it was", () => {
  const cases = faults.flatMap((fault) => (fault.on ?? ["deployed"]).map((start) => ({ ...fault, start })));
  it.each(cases.map((fault) => [`${fault.name} (${fault.start})`, fault] as const))("%s", async (_, fault) => {
    await board.reset(fault.start === "deployed" ? "deployed" : undefined);
    for (const [path, text] of Object.entries(fault.files ?? {})) await board.write(path, text);
    await board.faults(fault.faults ?? []);
    const before = await board.state();
    const path = await makePackage(2, await fault.package?.());
    await fault.spoil?.(path);
    const { exitCode, stderr, stdout } = await deploy([path, ...(fault.args ?? [])], fault.host);
    for (const text of fault.says) expect(stderr).toMatch(text);
    expect(stderr).toMatch(/^ {2}fix: /m);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: fault.exitCode });
    expect(await board.state()).toEqual(before);
  });

  it("ssh drops in mid-copy: the board puts itself back", async () => {
    await board.reset("deployed");
    await board.faults(["drop"]);
    const before = await board.state();
    const { exitCode, stderr } = await deploy([await makePackage(2)]);
    expect(stderr).toContain("error[connection]");
    expect(stderr).toContain("ssh lost the board");
    expect(exitCode).toBe(4);
    await until(isAsBefore(before));
    await board.faults([]);
    expect((await deploy([await makePackage(2), "--step", "copy"])).exitCode).toBe(0);
  });

  it("bfq is killed in the middle: the board puts itself back", async () => {
    await board.reset("deployed");
    await board.faults(["slow"]);
    const before = await board.state();
    const path = await makePackage(2);
    const command = [`${packageRoot}dist/cli/main.js`, "deploy", "--host", FakeBoard.host, path];
    const killed = execa(process.execPath, command, { env: board.env, reject: false, stdin: "ignore" });
    await until(() =>
      board.read("fake/running").then(
        () => true,
        () => false,
      ),
    );
    expect(await board.state()).not.toEqual(before);
    killed.kill("SIGKILL");
    await killed;
    await board.faults([]);
    await until(isAsBefore(before));
  });

  it("a second deploy at once is refused, and the first ends well", async () => {
    await board.reset("deployed");
    await board.faults(["slow"]);
    const path = await makePackage(2);
    const first = deploy([path]);
    await until(() =>
      board.read("fake/running").then(
        () => true,
        () => false,
      ),
    );
    const second = await deploy([path]);
    expect(second.stderr).toMatch(
      /error\[busy\]: another deploy is at work on this board\n {2}why: since .*\n {2}fix: wait/,
    );
    expect(second.exitCode).toBe(1);
    await board.faults([]);
    expect((await first).exitCode).toBe(0);
    expect(await board.read(`lib/firmware/xilinx/${app}/${app}.bit.bin`)).toContain("bitstream 2");
  });

  it("says so where the app that was loaded can't be loaded again", async () => {
    await board.reset();
    await board.faults(["xmutil"]);
    await board.write("lib/firmware/xilinx/k26-starter-kits/k26-starter-kits.dtbo", "");
    const { exitCode, stderr } = await deploy([await makePackage(2)]);
    expect(stderr).toMatch(/error\[load-failed\](.|\n)*error\[not-restored\]: 'k26-starter-kits' was loaded before/);
    expect(stderr).not.toContain("the board is as it was");
    expect(exitCode).toBe(4);
  });

  it("a program uses the app: nothing is unloaded under it, and after its end all goes well", async () => {
    await board.reset("deployed");
    const before = await board.state();
    const path = await makePackage(2);
    const program = useDevice();
    await program.has();
    const refused = await deploy([path]);
    expect(refused.stderr).toMatch(
      /error\[app-in-use\]: a program uses f-bfq: it has .*\/dev\/uio4\n {2}why: .*\n {2}fix: .*fuser/,
    );
    expect(refused.exitCode).toBe(1);
    expect(await board.state()).toEqual(before);
    await program.end();
    expect((await deploy([path, "--step", "unload"])).exitCode).toBe(0);
    expect(await board.read("fake/loaded")).toBe("");
  });

  it("a program takes the new version before a later step fails: it stays, and bfq says so", async () => {
    await board.reset("deployed");
    await board.faults(["slow", "wrong-bitstream=hash"]);
    const deploying = deploy([await makePackage(2)]);
    await until(() =>
      board.read("fake/running").then(
        () => true,
        () => false,
      ),
    );
    const program = useDevice();
    await program.has();
    await rm(join(board.root, "fault/slow"));
    const { exitCode, stderr } = await deploying;
    await program.end();
    expect(stderr).toMatch(/error\[device-failed\](.|\n)*error\[not-restored\]: a program uses f-bfq: it has .*uio4/);
    expect(exitCode).toBe(4);
    expect(await board.read("fake/loaded")).toBe(app);
    expect(await board.read("fake/registers/0xfd360000")).toBe("0x000003B0\n");
  });

  it("a clock that the user has seen is taken with --any-clock", async () => {
    await board.reset("deployed");
    await board.faults(["wrong-clock"]);
    const { exitCode, stdout } = await deploy([await makePackage(2), "--any-clock", "--json"]);
    expect(exitCode).toBe(0);
    const { steps } = JSON.parse(stdout);
    expect(steps.find(({ name }: { name: string }) => name === "clock").facts.pl0_hz).toBe("99999001");
  });

  it("under --json the problems are one object", async () => {
    await board.reset();
    await board.faults(["xmutil"]);
    const { exitCode, stdout } = await deploy([await makePackage(2), "--json"]);
    expect(exitCode).toBe(4);
    const { ok, problems } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ rule: "load-failed", file: FakeBoard.host });
  });
});
