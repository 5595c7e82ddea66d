import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { encodeFormat } from "../../src/emit/format-file.ts";
import { rtlEmitter } from "../../src/emit/rtl.ts";
import { matmul, unpackWeights } from "../../src/golden/matmul.ts";
import { quantize, readActivations } from "../../src/golden/quantize.ts";
import { packageRoot } from "../../src/paths.ts";
import { planFormat } from "../../src/plan/format-plan.ts";
import { Random } from "../../src/random.ts";
import { useBoardMemory } from "../../src/sim/board-memory.ts";
import { startMachine } from "../../src/sim/machine.ts";
import { buildRtl } from "../../src/sim/rtl.ts";
import type { Format } from "../../src/spec/format.ts";
import { readFormat } from "../../src/spec/parse-format.ts";
import { newSeed } from "../../src/testing/run.ts";
import { randomActivations, randomBlocks } from "../../src/verify/samples.ts";
import { buildSimulated, smallVariant } from "./build.ts";
import { type DriverJob, type DriverLibrary, Fault, Floats, type Handle, loadDriver, Status } from "./library.ts";

const variant = await smallVariant();
const seed = newSeed("driver on the RTL");
let driver: DriverLibrary;
let device: Handle;

beforeAll(async () => {
  driver = loadDriver(await buildSimulated(variant));
  const opened = driver.open("sim:memory=0x4000000");
  if (!opened) throw new Error(driver.error());
  device = opened;
});
afterAll(() => driver.close(device));

interface Case {
  job: DriverJob;
  want: Uint32Array;
}

/** A MatMul with its answer from the golden model; `like` shares its activations. */
function makeCase(
  format: Format,
  random: Random,
  like?: { x: Floats; values: Float32Array; k: number; columns: number },
  { to = device, rows = random.between(1, 60) }: { to?: Handle; rows?: number } = {},
) {
  const k = like?.k ?? 256 * random.between(1, 3);
  const columns = like?.columns ?? random.between(1, 3);
  const stored = randomBlocks(format, (rows * k) / format.elements, random, random.pick(["ordinary", "corner"]));
  const values = like?.values ?? randomActivations(random, k, columns);
  const weights = driver.load(to, format.name, stored, rows, k);
  if (!weights) throw new Error(driver.error());
  const x = like?.x ?? Floats.from(values);
  const y = new Floats(rows * columns);
  const activations = readActivations(format.activation, quantize(format.activation, values, k), k);
  const job = { weights, x, y, columns, xStride: k, yStride: rows };
  return { job, want: matmul(unpackWeights(format, stored, rows, k), activations), x, values, k, columns, stored };
}

function runAndCompare(cases: Case[], on = device) {
  expect(
    driver.run(
      on,
      cases.map(({ job }) => job),
    ),
    driver.error(),
  ).toBe(Status.ok);
  for (const { job, want } of cases) expect(job.y.read()).toEqual(want);
}

it.each(variant.accelerator.formats.map((format) => [format.name, format] as const))(
  `MatMul of %s on the RTL is bit-equal to the golden model (agreement), seed ${seed}`,
  (_, format) => {
    const made = makeCase(format, new Random(seed));
    runAndCompare([made]);
    const back = new Uint8Array(made.stored.length);
    expect(driver.store(made.job.weights, back)).toBe(Status.ok);
    if (format.ggmlType !== undefined && format.name !== "tq1_0") expect(Buffer.compare(back, made.stored)).toBe(0);
    driver.unload(made.job.weights);
  },
);

it(`a format that the driver was built without runs bit-equal to the golden model (agreement), seed ${seed}`, async () => {
  const late = await readFormat(join(packageRoot, "docs/examples/made_up3.yaml"));
  const random = new Random(seed);
  expect(() => makeCase(late, random)).toThrow("variant small has no format made_up3");
  const folder = await mkdtemp(join(tmpdir(), "bfq-late-"));
  const file = join(folder, "made_up3.bfqf");
  await writeFile(file, encodeFormat(planFormat(late), variant.plan.parameters));
  expect(driver.addFormat(file), driver.error()).toBe("made_up3");
  const cases = [makeCase(late, random), makeCase(variant.accelerator.formats[0], random), makeCase(late, random)];
  runAndCompare(cases);
  for (const { job, stored } of cases) {
    const back = new Uint8Array(stored.length);
    driver.store(job.weights, back);
    driver.unload(job.weights);
  }
  await rm(folder, { recursive: true });
});

it("several MatMuls go down in one start, and those with the same input share its activations", () => {
  const random = new Random(seed);
  const named = (name: string) => variant.accelerator.formats.find((format) => format.name === name)!;
  const first = makeCase(named("q4_K"), random);
  const cases = [first, makeCase(named("q6_K"), random, first), makeCase(named("q4_0"), random, first)];
  cases.push(makeCase(named("q2_K"), random));
  const before = driver.counters(device);
  runAndCompare(cases);
  const after = driver.counters(device);
  expect(after.runs - before.runs).toBe(1);
  expect(after.matmuls - before.matmuls).toBe(4);
  expect(after.cycles).toBeGreaterThan(before.cycles);
  for (const { job } of cases) driver.unload(job.weights);
});

it(`on the board's memory: bit-equal to the golden model, in the cycles of the RTL machine on it (agreement), seed ${seed}`, async () => {
  const { board, clockMHz } = variant.plan;
  const { refresh, precharge, activate } = board.memory.model!.dram;
  const oneRefresh = ((refresh + precharge + activate) / 1000) * clockMHz;
  const random = new Random(seed);
  const folder = await mkdtemp(join(tmpdir(), "bfq-dram-"));
  const file = join(folder, "memory");
  const bytes = 4 << 20;
  await writeFile(file, "");
  await truncate(file, bytes);
  const machine = await startMachine(await buildRtl(rtlEmitter.files(variant.plan)), bytes);
  useBoardMemory(machine, board, clockMHz);
  const own = driver.open(`sim:file=${file},dram=board`);
  if (!own) throw new Error(driver.error());
  // The first is over before the first refresh. Both machines have it, but in another cycle of the run: at most one more.
  for (const { rows, apart } of [
    { rows: 8, apart: 0 },
    { rows: 500, apart: oneRefresh },
  ]) {
    const [free, before] = [driver.freeMemory(own), driver.counters(own)];
    const made = makeCase(variant.accelerator.formats[0], random, undefined, { to: own, rows });
    runAndCompare([made], own);
    const cycles = driver.counters(own).cycles - before.cycles;
    // The list is on the first page behind the weights.
    const list = Math.ceil((free - driver.freeMemory(own)) / 4096) * 4096;
    machine.write(0, await readFile(file));
    const result = await machine.run(list, 1);
    expect(result.status).toBe(0);
    expect(Math.abs(cycles - result.cycles)).toBeLessThanOrEqual(apart);
    driver.unload(made.job.weights);
  }
  driver.close(own);
  await machine.close();
  await rm(folder, { recursive: true });
});

it("refuses a memory model that it does not have", () => {
  expect(driver.open("sim:dram=fast")).toBeNull();
  expect(driver.error()).toBe("device sim: dram=fast is not known; leave it out, or write dram=board");
});

it("stalls on every channel change nothing", () => {
  expect(driver.inject(device, Fault.stalls, 40)).toBe(Status.ok);
  runAndCompare([makeCase(variant.accelerator.formats[0], new Random(seed))]);
  driver.inject(device, Fault.stalls, 0);
});

it.each([
  ["read", Fault.readError, "AXI read error (MatMul 0 of the list)"],
  ["write", Fault.writeError, "AXI write error"],
] as const)("an AXI %s error is named, and the next run is right", (_, fault, text) => {
  const random = new Random(seed);
  const made = makeCase(variant.accelerator.formats[0], random);
  driver.inject(device, fault, 1);
  expect(driver.run(device, [made.job])).toBe(Status.runFailed);
  expect(driver.error()).toContain(text);
  runAndCompare([made]);
});

it("a run that never ends is reset after the timeout, and the next run is right", () => {
  const made = makeCase(variant.accelerator.formats[0], new Random(seed));
  const { resets } = driver.counters(device);
  driver.setTimeout(device, 200);
  driver.inject(device, Fault.hang, 1);
  expect(driver.run(device, [made.job])).toBe(Status.timeout);
  expect(driver.error()).toBe("the run did not end within 200 ms; the accelerator was reset");
  expect(driver.counters(device).resets).toBe(resets + 1);
  driver.inject(device, Fault.hang, 0);
  driver.setTimeout(device, 600_000);
  runAndCompare([made]);
});

it("says how much device memory is missing, and keeps working", () => {
  const format = variant.accelerator.formats[0];
  const free = driver.freeMemory(device);
  const rows = 80_000;
  const stored = new Uint8Array((rows * 2048 * format.bytes) / format.elements);
  expect(driver.load(device, format.name, stored, rows, 2048)).toBeNull();
  expect(driver.error()).toMatch(/^no piece of \d+ bytes is left of the device memory \(67108864 bytes, \d+ free\)$/);
  expect(driver.freeMemory(device)).toBe(free);
  runAndCompare([makeCase(format, new Random(seed))]);
});

it("refuses the bitstream of another variant", () => {
  expect(driver.open("sim:memory=0x100000,hash=1")).toBeNull();
  const { CONFIG_HASH: hash, INTERFACE_VERSION: version } = variant.plan.parameters;
  const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
  expect(driver.error()).toBe(
    `this driver was generated for variant small (configuration ${hex(hash)}, interface ${version}); the device has configuration ${hex(hash ^ 1)}, interface ${version}. Load the variant's own bitstream.`,
  );
});

it.each([
  ["k that is no multiple of the block", 8, 100],
  ["no rows", 0, 256],
  ["rows longer than the machine takes", 8, 4096],
])("refuses %s", (_, rows, k) => {
  expect(driver.load(device, "q4_0", new Uint8Array(20_000), rows, k)).toBeNull();
  expect(driver.error()).toMatch(/can't have|too many/);
});

it("repacked weights come from the cache; a broken file of it is repacked again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bfq-tiles-"));
  const own = driver.open("sim:memory=0x1000000")!;
  driver.setTileCache(own, folder);
  const reports: [number, number][] = [];
  driver.onProgress(own, (done, total) => reports.push([done, total]));
  const format = variant.accelerator.formats[0];
  const [rows, k] = [40, 512];
  const stored = randomBlocks(format, (rows * k) / format.elements, new Random(seed), "any");
  const loadAndStore = () => {
    reports.length = 0;
    const weights = driver.load(own, format.name, stored, rows, k)!;
    const back = new Uint8Array(stored.length);
    driver.store(weights, back);
    driver.unload(weights);
    expect(Buffer.compare(back, stored)).toBe(0);
    return reports.at(-1);
  };
  expect(loadAndStore()).toEqual([5, 5]);
  expect(loadAndStore()).toBeUndefined(); // nothing was repacked
  const [file] = await readdir(folder);
  const bytes = await readFile(join(folder, file));
  bytes[100] ^= 1;
  await writeFile(join(folder, file), bytes);
  expect(loadAndStore()).toEqual([5, 5]);
  expect(loadAndStore()).toBeUndefined();
  driver.close(own);
  await rm(folder, { recursive: true });
});
