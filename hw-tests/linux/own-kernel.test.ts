import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../../src/cli/testing/bfq.ts";
import { isLong } from "../../src/testing/run.ts";
import { basePackage, changedPackage } from "../deploy/package.ts";
import { buildSelftest } from "../deploy/selftest.ts";

import { within } from "../waiting.ts";
import { isDebian, LinuxMachine, linuxVariant, resetLine } from "./machine.ts";

const app = "f-bfq";

// Truth: Linux' own overlays, FPGA regions and contiguous memory, as a Kria's kernel has them. The kernel is built here: minutes.
describe.runIf(isDebian && isLong)("a Linux that takes overlays at run time", () => {
  let folder: string;
  let machine: LinuxMachine;

  beforeAll(async () => {
    const small = await linuxVariant();
    folder = await mkdtemp(join(tmpdir(), "bfq-linux-own-"));
    await basePackage(join(folder, "base"), small, await buildSelftest(small));
    machine = await LinuxMachine.start(small, { takesOverlays: true });
  }, 3_600_000);
  afterAll(async () => {
    await machine?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const deploy = async (bitstream: string) => {
    const files = { [`${app}.bit.bin`]: bitstream.repeat(1000) };
    const path = await changedPackage(join(folder, "base"), join(folder, "package"), { files });
    return within(300, "bfq deploy", bfq(["deploy", "--host", LinuxMachine.host, path], machine.env));
  };
  const device = `uio:registers=/dev/uio0,memory=udmabuf0,reset=/dev/gpiochip0:${resetLine}`;
  const test = `/opt/bfq/${app}/bin/bfq-selftest ${device} test /opt/bfq/${app}/vectors`;
  const expectRight = async () => expect(await machine.do(test)).toMatch(/"differing":0}$/);
  const freeKilobytes = async () => Number(await machine.do("awk '/^CmaFree/ { print $2 }' /proc/meminfo"));
  const nodes = () => machine.do("ls /sys/bus/platform/devices /dev | grep -E 'bfq|uio|udmabuf|clocking' || :");

  it("boots without a node of the app, and a deploy brings them: overlay, region, manager, UIO, memory, every bit right", async () => {
    expect(await nodes()).toBe("");
    const { stderr, exitCode } = await deploy("bitstream 1 ");
    expect(stderr).not.toContain("error");
    expect(exitCode).toBe(0);
    expect(await nodes()).toMatch(/a0000000\.bfq(.|\n)*udmabuf0/);
    expect(await machine.do("dmesg")).toMatch(/fpga_manager fpga0: writing f-bfq\.bit\.bin/);
  });

  it("unloading frees the memory and takes the devices away, and loading takes it again, each time", async () => {
    // Of 96 MB; Linux' own movable pages come and go in what is free.
    const most = 90 * 1024;
    for (let round = 0; round < 3; round++) {
      const before = await freeKilobytes();
      await machine.do("xmutil unloadapp");
      expect(await nodes()).toBe("");
      const unloaded = await freeKilobytes();
      expect(unloaded - before).toBeGreaterThan(most);
      await machine.do(`xmutil loadapp ${app}`);
      expect(unloaded - (await freeKilobytes())).toBeGreaterThan(most);
      await expectRight();
    }
  });

  it("a bitstream that the FPGA manager refuses: the old version is loaded again, and right", async () => {
    const { stderr, exitCode } = await deploy("refuse me ");
    expect(stderr).toMatch(/error\[load-failed\]: xmutil loadapp f-bfq failed: .*f-bfq: error: 1/);
    expect(stderr).toContain("the board is as it was: f-bfq is loaded");
    expect(exitCode).toBe(4);
    expect(await machine.do(`cat /lib/firmware/xilinx/${app}/${app}.bit.bin`)).toContain("bitstream 1");
    await expectRight();
  });
});
