import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { driverEmitter } from "../../src/emit/driver.ts";
import { encodeFormat } from "../../src/emit/format-file.ts";
import { packageRoot } from "../../src/paths.ts";
import type { FormatPlan } from "../../src/plan/format-plan.ts";
import { descriptorFields } from "../../src/plan/interface.ts";
import { Random } from "../../src/random.ts";
import { cachedBuild } from "../../src/sim/build.ts";
import { newSeed } from "../../src/testing/run.ts";
import { randomBlocks } from "../../src/verify/samples.ts";
import { buildDriver, everyFormat } from "./build.ts";
import { type DriverLibrary, loadDriver, Status } from "./library.ts";

const variant = await everyFormat();
const { parameters, formats } = variant.plan;
const seed = newSeed("format files");
let driver: DriverLibrary;
let folder: string;

beforeAll(async () => {
  driver = loadDriver(join(await buildDriver(variant), "libbfq.so"));
  folder = await mkdtemp(join(tmpdir(), "bfq-formats-"));
});
afterAll(() => rm(folder, { recursive: true }));

const planOf = (name: string) => formats.find((format) => format.name === name)!;
const renamed = (plan: FormatPlan, name: string): FormatPlan => ({ ...plan, name });

async function write(bytes: Uint8Array, name = "some"): Promise<string> {
  const file = join(folder, `${name}.bfqf`);
  await writeFile(file, bytes);
  return file;
}

/** A file with other bytes at a place, and the length and checksum that go with them. */
function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  copy.writeUInt32LE(crc32(copy.subarray(0, -4)), copy.length - 4);
  return copy;
}

describe(`a format of a file makes the tiles of the same format that is built in (agreement), seed ${seed}`, () => {
  it.each(variant.accelerator.formats.map((format) => [format.name, format] as const))("%s", async (name, format) => {
    const late = `late-${name}`;
    const file = await write(encodeFormat(renamed(planOf(name), late), parameters), late);
    expect(driver.addFormat(file), driver.error()).toBe(late);
    const [rows, k] = [11, 512];
    const stored = randomBlocks(format, (rows * k) / format.elements, new Random(seed), "any");
    const [want, got] = [name, late].map((used) => {
      const tiles = new Uint8Array(driver.tilesBytes(used, rows, k));
      const back = new Uint8Array(stored.length);
      expect(driver.pack(used, stored, rows, k, tiles)).toBe(Status.ok);
      expect(driver.unpack(used, tiles, rows, k, back)).toBe(Status.ok);
      return Buffer.concat([tiles, back]);
    });
    expect(want.length).toBeGreaterThan(stored.length);
    expect(got.equals(want)).toBe(true);
  });
});

it("every file that is cut short, and every one with a byte that differs, is refused", async () => {
  const whole = encodeFormat(renamed(planOf("q3_K"), "whole"), parameters);
  const refused = /no format file of this version|not as long as it says|checksum does not hold/;
  for (let i = 0; i < whole.length; i++) {
    const flipped = whole.slice();
    flipped[i] ^= 1 << (i % 8);
    for (const bytes of [whole.subarray(0, i), flipped]) {
      expect(driver.addFormat(await write(bytes))).toBeNull();
      expect(driver.error()).toMatch(refused);
    }
  }
});

describe("says what is wrong", () => {
  const good = encodeFormat(renamed(planOf("q4_0"), "good"), parameters);
  const tileWords = descriptorFields.find(({ name }) => name === "tile_words")!;
  const tileWordsAt = good.length - 4 - 16 * (parameters.DESC_WORDS - tileWords.word) + tileWords.bit / 8;
  const again = "; write it again with `bfq formats add`";
  const [hash, hex] = [parameters.CONFIG_HASH, (value: number) => `0x${(value >>> 0).toString(16)}`];
  it.each([
    ["nothing", new Uint8Array(0), `it is no format file of this version${again}`],
    ["a later version", patched(good, 6, 0x32), `it is no format file of this version${again}`],
    ["more behind it", Buffer.concat([good, good]), `it is not as long as it says${again}`],
    [
      "another machine",
      patched(good, 12, (hash & 255) ^ 1),
      `it was written for another machine (configuration ${hex(hash ^ 1)}; variant all has ${hex(hash)})${again}`,
    ],
    ["a path for a name", patched(good, 16, 0x2f), `its name is none${again}`],
    ["elements", patched(good, 69, 48), `its blocks do not divide a tile${again}`],
    ["a large block", patched(good, 71, 1, 2), `its blocks are too large${again}`],
    ["a tile of another size", patched(good, tileWordsAt, 1), `its descriptor has tiles of another size${again}`],
    [
      "a name of the variant",
      encodeFormat(planOf("q4_0"), parameters),
      "there is another format q4_0; rename one of them",
    ],
  ])("%s", async (_, bytes, text) => {
    const file = await write(bytes);
    expect(driver.addFormat(file)).toBeNull();
    expect(driver.error()).toBe(`${file}: ${text}`);
  });

  it("no file", () => {
    expect(driver.addFormat("/none.bfqf")).toBeNull();
    expect(driver.error()).toBe("/none.bfqf: it can't be opened");
  });

  it("a name that another file took; the same file once more is no error", async () => {
    const first = await write(good, "good");
    expect(driver.addFormat(first)).toBe("good");
    expect(driver.addFormat(first)).toBe("good");
    const second = await write(encodeFormat(renamed(planOf("q5_0"), "good"), parameters), "good2");
    expect(driver.addFormat(second)).toBeNull();
    expect(driver.error()).toBe(`${second}: there is another format good; rename one of them`);
  });
});

describe(`what a file says leads nowhere else, checksum or not (AddressSanitizer, UBSan), seed ${seed}`, () => {
  let program: string;
  beforeAll(async () => {
    const text = await readFile(join(packageRoot, "hw-tests/driver/format_fuzz.cpp"), "utf8");
    const sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    const sources = ["format_fuzz.cpp", ...["fields", "format_file", "tile_codec"].map((name) => `driver/${name}.cpp`)];
    const flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-I", "driver", ...sanitize];
    program = await cachedBuild({
      files: [...driverEmitter.files(variant.plan), { path: "format_fuzz.cpp", text }],
      commands: [{ tool: "g++", args: [...flags, ...sources, "-o", "format_fuzz"] }],
      product: "format_fuzz",
    });
  });

  // Bits, base-3 digits, d in groups, a grid with flags.
  it.each(["q3_K", "tq1_0", "nvfp4", "iq2_xs"])("%s", async (name) => {
    const file = await write(encodeFormat(planOf(name), parameters), `fuzz-${name}`);
    const { stdout } = await execa(program, [file, join(folder, `changed-${name}`), String(seed), "1000"]);
    expect(Number(stdout)).toBeGreaterThan(10);
  });
});
