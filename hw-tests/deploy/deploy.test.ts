import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../../src/cli/testing/bfq.ts";
import { FakeBoard } from "./fake-board.ts";
import { basePackage, type Changes, changedPackage } from "./package.ts";
import { boardVariant, buildSelftest } from "./selftest.ts";

// What no Linux in QEMU has: port widths, xmutil's texts, the power sensor, other boards. The real scripts through a real ssh and
// sshd; the board around them is made up from docs/board-facts.md. hw-tests/linux has all the rest.
const variant = await boardVariant();
const app = "f-bfq";
let board: FakeBoard;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-deploy-"));
  await basePackage(join(folder, "base"), variant, await buildSelftest(variant));
  board = await FakeBoard.start();
});
afterAll(async () => {
  await board?.stop();
  await rm(folder, { recursive: true, force: true });
});

const makePackage = (version: number, changes: Changes = {}) =>
  changedPackage(join(folder, "base"), join(folder, "package"), {
    ...changes,
    files: { [`${app}.bit.bin`]: `bitstream ${version} `.repeat(1000) },
  });
const deploy = (args: string[], host = FakeBoard.host) => bfq(["deploy", "--host", host, ...args], board.env);
const doctor = (args: string[] = []) => bfq(["doctor", "--board", FakeBoard.host, ...args], board.env);

const power = { idle: 3.81, busy: 6.2 };
const widths = ["0xfd360000", "0xfd360014", "0xfd380000", "0xfd380014"];

describe("a board that is well", () => {
  it("gets port widths and the app, and is measured: speed, power, energy; a second deploy changes nothing", async () => {
    await board.reset();
    const path = await makePackage(1);
    const first = await deploy([path, "--json", "--model", "tinyllama-1.1b", "--mix", "Q2_K"]);
    expect(first.stderr).not.toContain("error");
    expect(first.exitCode).toBe(0);
    const { ok, host, benchmarks, tokens, record } = JSON.parse(first.stdout);
    expect({ ok, host }).toEqual({ ok: true, host: FakeBoard.host });
    expect(benchmarks).toHaveLength(1);
    const [{ format, gbPerSecond, joulesPerGB }] = benchmarks;
    expect(format).toBe("q2_K");
    expect(gbPerSecond).toBeCloseTo(11.01);
    expect(joulesPerGB * gbPerSecond).toBeCloseTo(power.busy);
    expect(tokens.tokensPerSecond * tokens.joulesPerToken).toBeCloseTo(power.busy);
    expect(tokens.notCounted).toContain("q6_K");
    expect(record).toMatchObject({
      board: "ZynqMP SMK-K26 Rev1/B/A, KV260 rev1",
      system: "Ubuntu 22.04.4 LTS, 5.15.0-1027-xilinx-zynqmp",
      app,
      configHash: `0x${variant.plan.parameters.CONFIG_HASH.toString(16).padStart(8, "0")}`,
      clockMHz: 249.997498,
      watts: power,
      formats: [{ format: "q2_K", gbPerSecond, watts: power.busy }],
      tokens,
    });
    expect(await board.read("fake/loaded")).toBe(app);
    for (const address of widths) expect(await board.read(`fake/registers/${address}`)).toBe("0x000003B0\n");

    const after = await board.state();
    const second = await deploy([path]);
    expect(second.stderr).toMatch(/^copy .* it is there already$/m);
    expect(second.stdout).toMatch(
      /^\| ZynqMP SMK-K26 .* \| Ubuntu .* \| f-bfq 0x\w{8} \| 250\.0 \| q2_K 11\.01 \| 3\.81, 6\.20 \| - \| - \| - \|$/m,
    );
    expect(second.exitCode).toBe(0);
    expect(await board.state()).toEqual(after);
    await board.save("deployed");
  });

  it("steps afifm and power can be run again alone", async () => {
    await board.reset("deployed");
    const before = await board.state();
    expect((await deploy([await makePackage(1), "--step", "afifm"])).stderr).toMatch(/^afifm .* 4 registers right$/m);
    expect((await deploy([await makePackage(1), "--step", "power"])).stderr).toMatch(/^power .* 3\.81 W$/m);
    expect(await board.state()).toEqual(before);
  });

  it("without a sensor there is no power, and all the rest", async () => {
    await board.reset("deployed");
    await rm(join(board.root, "sys/class/hwmon"), { recursive: true });
    const { stderr, exitCode } = await deploy([await makePackage(1), "--step", "power"]);
    expect(stderr).toMatch(/^power .* no INA260 answers$/m);
    expect(exitCode).toBe(0);
  });

  it("is told of by doctor, which changes nothing", async () => {
    await board.reset();
    const before = await board.state();
    const { exitCode, stdout } = await doctor(["--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      board: { model: "ZynqMP SMK-K26 Rev1/B/A, KV260 rev1", app: "k26-starter-kits", cma_free_kb: "1010000" },
    });
    expect(await board.state()).toEqual(before);
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
    const { exitCode, stdout } = await doctor();
    expect(stdout).toMatch(/^generic_uio +yes$/m);
    expect(exitCode).toBe(0);
  });
});

interface Fault {
  name: string;
  /** Switches of the made-up board. */
  faults?: string[];
  /** Its files. */
  files?: Record<string, string>;
  manifest?: Changes["manifest"];
  host?: string;
  /** Else on one that has an older version of the app loaded. */
  isFresh?: boolean;
  exitCode: number;
  /** What, why and fix; the rule is first. */
  says: (string | RegExp)[];
}

const faults: Fault[] = [
  {
    name: "AFIFM registers that can't be set",
    faults: ["afifm"],
    isFresh: true,
    exitCode: 4,
    says: ["error[afifm-not-set]", "the register 0xfd380000 stays 0x000003B1", "128 bit wide, or data is lost"],
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
    name: "stale app that can't be unloaded",
    faults: ["unload"],
    isFresh: true,
    exitCode: 4,
    says: ["error[unload-failed]", "could not unload k26-starter-kits", "-1 (Error)", "fuser"],
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
    name: "user who may not load firmware",
    faults: ["not-root"],
    exitCode: 1,
    says: ["error[not-root]", "a password is required", "docs/kria.md"],
  },
  {
    name: "board with another processor",
    faults: ["machine"],
    exitCode: 1,
    says: ["error[wrong-machine]", "the board's processor is x86_64"],
  },
  {
    name: "board that is no Kria",
    files: { "proc/device-tree/model": "Raspberry Pi 4 Model B\0" },
    exitCode: 1,
    says: ["error[not-a-kria]", "'Raspberry Pi 4 Model B'"],
  },
  {
    name: "package for the other carrier",
    manifest: { board: "kr260" },
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
  it.each(faults.map((fault) => [fault.name, fault] as const))("%s", async (_, fault) => {
    await board.reset(fault.isFresh ? undefined : "deployed");
    for (const [path, text] of Object.entries(fault.files ?? {})) await board.write(path, text);
    await board.faults(fault.faults ?? []);
    const before = await board.state();
    const path = await makePackage(2, fault.manifest ? { manifest: fault.manifest } : {});
    const { exitCode, stderr, stdout } = await deploy([path], fault.host);
    for (const text of fault.says) expect(stderr).toMatch(text);
    expect(stderr).toMatch(/^ {2}fix: /m);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: fault.exitCode });
    expect(await board.state()).toEqual(before);
  });

  it("the app that was loaded can't be loaded again: it says so; under --json the problems are one object", async () => {
    await board.reset();
    await board.faults(["xmutil"]);
    await board.write("lib/firmware/xilinx/k26-starter-kits/k26-starter-kits.dtbo", "");
    const { exitCode, stdout, stderr } = await deploy([await makePackage(2), "--json"]);
    expect(stderr).not.toContain("the board is as it was");
    expect(exitCode).toBe(4);
    const { ok, problems } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(problems).toMatchObject([
      { rule: "load-failed", file: FakeBoard.host },
      { rule: "not-restored", what: "'k26-starter-kits' was loaded before and could not be loaded again" },
    ]);
  });
});
