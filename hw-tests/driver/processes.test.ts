import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../src/paths.ts";
import { registers } from "../../src/plan/interface.ts";
import { buildSimulated, smallVariant } from "./build.ts";

const variant = await smallVariant();
const { parameters } = variant.plan;
/** 64 rows of 1024 ones times ones: 64 x 1024, but for the rounding of 1/127 to f16. */
const sum = 64 * 1024;
let folder: string;
let client: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-driver-"));
  client = join(folder, "client");
  const library = await buildSimulated(variant);
  const source = join(packageRoot, "hw-tests/driver/client.cpp");
  const include = ["-I", join(packageRoot, "templates/driver")];
  await execa("g++", ["-std=c++17", ...include, source, "-o", client, library, `-Wl,-rpath,${dirname(library)}`]);
});
afterAll(() => rm(folder, { recursive: true }));

const run = async (device: string) => {
  const { stdout } = await execa(client, [device], { reject: false });
  return stdout.split("\n");
};

/** A client that is in the middle of its runs. */
async function startRunning(device: string) {
  const child = execa(client, [device, "forever"], { reject: false });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (bytes: Uint8Array) => String(bytes).includes("running") && resolve());
    child.on("exit", () => reject(new Error("the client ended early")));
  });
  return { child };
}

describe("two processes (truth: one accelerator has one descriptor register)", () => {
  it("the second is refused; the lock ends with the first, even where it is killed", async () => {
    const device = `sim:memory=0x1000000,lock=${folder}/lock`;
    const { child: first } = await startRunning(device);
    expect(await run(device)).toEqual([`${folder}/lock is in use by another process`]);
    first.kill("SIGKILL");
    await first;
    const [open, result] = await run(device);
    expect(open).toBe("open");
    expect(Math.abs(Number(result) - sum)).toBeLessThan(sum / 500);
  });

  it("SIGINT in mid-run ends the process at once, and the device can be used again", async () => {
    const device = `sim:memory=0x1000000,lock=${folder}/lock`;
    const { child: first } = await startRunning(device);
    first.kill("SIGINT");
    const { signal } = await first;
    expect(signal).toBe("SIGINT");
    expect((await run(device))[0]).toBe("open");
  });
});

describe("UIO, on files instead of devices", () => {
  const offset = (name: string) => registers.find((register) => register.name === name)!.offset;

  /** Registers that hold what the accelerator would show. */
  async function board(name: string, control: number, hash = parameters.CONFIG_HASH) {
    const bytes = Buffer.alloc(4096);
    bytes.writeUInt32LE(control, offset("control"));
    bytes.writeUInt32LE(hash, offset("config_hash"));
    bytes.writeUInt32LE(parameters.INTERFACE_VERSION, offset("interface_version"));
    await writeFile(join(folder, name), bytes);
    await writeFile(join(folder, "udmabuf0"), Buffer.alloc(1 << 20));
    await execa("mkdir", ["-p", join(folder, "sysfs/udmabuf0")]);
    await writeFile(join(folder, "sysfs/udmabuf0/phys_addr"), "0x70000000\n");
    await writeFile(join(folder, "sysfs/udmabuf0/size"), `${1 << 20}\n`);
    return `uio:registers=${folder}/${name},memory=udmabuf0,sysfs=${folder}/sysfs,dev=${folder}`;
  }

  it("refuses another bitstream", async () => {
    expect((await run(await board("other", 4, 1)))[0]).toContain(
      `the device has configuration 0x1, interface ${parameters.INTERFACE_VERSION}. Load`,
    );
  });

  it("a board that another run keeps busy needs a reset line", async () => {
    const [text] = await run(await board("busy", 0));
    expect(text).toMatch(/the accelerator is stuck and no reset line is known \(reset=\/dev\/gpiochip0:LINE\)/);
  });

  it("starts a run as docs/interface.md says: registers, then the start bit", async () => {
    const device = await board("started", 2 | 4); // done at once
    expect((await run(device))[0]).toBe("open");
    const { stdout } = await execa("cat", [join(folder, "started")], { encoding: "buffer" });
    const bytes = Buffer.from(stdout);
    expect(bytes.readUInt32LE(offset("control"))).toBe(1);
    expect(bytes.readUInt32LE(offset("descriptor_count"))).toBe(1);
    expect(bytes.readUInt32LE(offset("descriptors"))).toBeGreaterThan(0x70000000);
    for (const name of ["activations", "output", "weights_0", "weights_1"])
      expect(bytes.readBigUInt64LE(offset(name))).toBe(0x70000000n);
  });
});
