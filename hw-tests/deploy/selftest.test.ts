import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { crc32 } from "node:zlib";
import { execa } from "execa";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { VectorFile } from "../../src/kria/package/vectors.ts";
import { boardVariant, boardVectors, buildSimulatedSelftest } from "./selftest.ts";

const variant = await boardVariant();
const vectors = boardVectors(variant);
const device = "sim:memory=0x1000000";
let program: string;
let folder: string;

beforeAll(async () => {
  program = await buildSimulatedSelftest(variant);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-vectors-"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (files: readonly VectorFile[]) =>
  Promise.all(files.map(({ path, bytes }) => writeFile(join(folder, basename(path)), bytes)));
const run = async (args: string[]) => {
  const { stdout, stderr, exitCode } = await execa(program, args, { reject: false });
  return { stdout, stderr, exitCode };
};

/** A vector with one byte changed, and its checksum made right again where asked. */
function changed({ path, bytes }: VectorFile, at: number, mend: boolean): VectorFile {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1;
  if (mend) copy.writeUInt32LE(crc32(copy.subarray(0, -4)), copy.length - 4);
  return { path, bytes: copy };
}

// hw-tests/linux runs it as a board does.
describe("bfq-selftest on the simulated kernel", () => {
  it("finds every format bit-equal to the golden model (agreement)", async () => {
    await write(vectors);
    const { stdout, exitCode } = await run([device, "test", folder]);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ variant: "f-bfq", device, differing: 0 });
    expect(result.vectors.map(({ file }: { file: string }) => `vectors/${file}`)).toEqual(
      vectors.map(({ path }) => path),
    );
    expect(new Set(result.vectors.map(({ format }: { format: string }) => format))).toEqual(new Set(["q2_K", "q3_K"]));
    expect(exitCode).toBe(0);
  });

  it("ends with 1 and the first difference where one expected bit is another", async () => {
    const last = vectors[1];
    await write([vectors[0], changed(last, last.bytes.length - 8, true)]);
    const { stdout, exitCode } = await run([device, "test", folder]);
    const result = JSON.parse(stdout);
    expect(result.differing).toBe(1);
    expect(result.vectors[1].first).toMatchObject({ row: 66, column: 2 });
    expect(exitCode).toBe(1);
  });

  it.each([
    ["a byte that changed", changed(vectors[0], 100, false), "its checksum does not hold"],
    ["an early end", { ...vectors[0], bytes: vectors[0].bytes.subarray(0, 300) }, "its checksum does not hold"],
    ["another magic", changed(vectors[0], 6, true), "not a vector file of this version"],
    ["sizes that lie", changed(vectors[0], 8, true), "its sizes do not fit its length"],
    ["an empty file", { ...vectors[0], bytes: new Uint8Array() }, "not a vector file of this version"],
    ["another format than its blocks", changed(vectors[0], 25, true), "its blocks do not fit its shape"],
    ["a format that the variant lacks", changed(vectors[0], 24, true), "variant f-bfq has no format p2_K"],
  ])("refuses %s", async (_, file, text) => {
    await write([file]);
    const { stdout, stderr, exitCode } = await run([device, "test", folder]);
    expect(stderr).toContain(text);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
  });

  it("says that the bitstream is another variant's", async () => {
    await write(vectors);
    const { stderr, exitCode } = await run([`${device},hash=1`, "test", folder]);
    expect(stderr).toContain("Load the variant's own bitstream.");
    expect(exitCode).toBe(4);
  });

  it("reports cycles, bytes, time and power of each format", async () => {
    const sensor = join(folder, "power1_input");
    await writeFile(sensor, "6200000\n");
    const { stdout, exitCode } = await run([device, "bench", "16", "256", "0", sensor]);
    expect(exitCode).toBe(0);
    const { benchmarks } = JSON.parse(stdout);
    // 2 row tiles of 42 and 55 words, 8 MatMuls
    expect(benchmarks.map(({ bytes }: { bytes: number }) => bytes)).toEqual([42 * 16 * 2 * 8, 55 * 16 * 2 * 8]);
    for (const { cycles, bytes, seconds, microwatts } of benchmarks) {
      expect(microwatts).toBe(6_200_000);
      expect(cycles).toBeGreaterThanOrEqual(bytes / 16);
      expect(seconds).toBeGreaterThan(0);
    }
    const unplugged = JSON.parse((await run([device, "bench", "16", "256", "0", join(folder, "none")])).stdout);
    expect(unplugged.benchmarks[0]).not.toHaveProperty("microwatts");
  });

  it.each([[[]], [["sim"]], [["sim", "bench", "0", "256", "0"]], [["sim", "test"]], [["none", "test", "/"]]])(
    "refuses %j",
    async (args) => {
      const { exitCode, stderr } = await run(args);
      expect(stderr).toMatch(/^bfq-selftest: /);
      expect([2, 4]).toContain(exitCode);
    },
  );
});
