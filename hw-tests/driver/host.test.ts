import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readActivations } from "../../src/golden/quantize.ts";
import { vectorBytes, vectorFloats } from "../../src/golden/testing/vectors.ts";
import { Random } from "../../src/random.ts";
import { packActivations, recordBytes } from "../../src/repack/activations.ts";
import { laneStride } from "../../src/repack/memory-layout.ts";
import { repack, unrepack } from "../../src/repack/tiles.ts";
import { newSeed } from "../../src/testing/run.ts";
import { randomBlocks } from "../../src/verify/samples.ts";
import { buildDriver, everyFormat } from "./build.ts";
import { type DriverLibrary, loadDriver, Status } from "./library.ts";

const variant = await everyFormat();
const { plan } = variant;
let driver: DriverLibrary;

beforeAll(async () => {
  driver = loadDriver(join(await buildDriver(variant), "libbfq.so"));
});

const seed = newSeed("repack in the driver");

describe(`repack of random blocks, seed ${seed} (agreement with src/repack, byte for byte)`, () => {
  it.each(variant.accelerator.formats.map((format) => [format.name, format] as const))("%s", (name, format) => {
    const random = new Random(seed);
    const formatPlan = plan.formats.find((candidate) => candidate.name === name)!;
    for (const kind of ["ordinary", "corner", "any"] as const) {
      const rows = random.between(1, 40);
      const k = random.between(1, 6) * Math.max(format.elements, 128);
      const stored = randomBlocks(format, (rows * k) / format.elements, random, kind);
      const tiles = new Uint8Array(driver.tilesBytes(name, rows, k));
      expect(driver.pack(name, stored, rows, k, tiles)).toBe(Status.ok);
      const regions = repack(format, formatPlan, stored, rows, k, plan.parameters.LANES);
      regions.forEach((region, lane) => {
        const at = lane * laneStride(regions[0].length);
        expect(Buffer.compare(tiles.subarray(at, at + region.length), region)).toBe(0);
      });
      const back = new Uint8Array(stored.length);
      expect(driver.unpack(name, tiles, rows, k, back)).toBe(Status.ok);
      expect(Buffer.compare(back, unrepack(format, formatPlan, regions, rows, k))).toBe(0);
    }
  });
});

describe("activation records hold the codes and scales of ggml 0.25.1 (its vectors, corner rows included)", () => {
  it.each([
    ["q8_0", "q4_0"],
    ["q8_1", "q4_1"],
    ["q8_K", "q4_K"],
  ] as const)("%s", (activation, format) => {
    const k = 1024;
    const x = vectorFloats(`activations/${activation}/x.f32`);
    const want = packActivations(readActivations(activation, vectorBytes(`activations/${activation}/q.bin`), k));
    const columnBytes = (k / 256) * recordBytes;
    for (let column = 0; column < x.length / k; column++) {
      const got = new Uint8Array(columnBytes);
      expect(driver.records(format, x.slice(column * k, (column + 1) * k), k, got)).toBe(Status.ok);
      expect(got).toEqual(want.slice(column * columnBytes, (column + 1) * columnBytes));
    }
  });
});

it("names the format and the variant where there is no such format", () => {
  expect(driver.tilesBytes("q9_Z", 8, 256)).toBe(0);
  expect(driver.error()).toBe("variant all has no format q9_Z");
});

it.each([
  ["gpu", Status.noDevice, 'no device of kind "gpu" is built into this driver'],
  ["uio:registers", Status.badArgument, 'device "uio:registers": registers is not key=value'],
  ["uio:memory=udmabuf0", Status.badArgument, "device uio needs registers=..."],
  ["uio:registers=/none,memory=udmabuf0", Status.noDevice, "/none: No such file or directory"],
])("open %s says what is wrong", (device, _status, text) => {
  expect(driver.open(device)).toBeNull();
  expect(driver.error()).toBe(text);
});
