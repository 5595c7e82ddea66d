import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { encodeFormat } from "../../src/emit/format-file.ts";
import { matmul, unpackWeights } from "../../src/golden/matmul.ts";
import { quantize, readActivations } from "../../src/golden/quantize.ts";
import { packageRoot } from "../../src/paths.ts";
import { planFormat } from "../../src/plan/format-plan.ts";
import type { Format } from "../../src/spec/format.ts";
import { readFormat } from "../../src/spec/parse-format.ts";
import { buildSimulated, smallVariant } from "./build.ts";

const variant = await smallVariant();
const late = await readFormat(join(packageRoot, "docs/examples/made_up3.yaml"));
const built = variant.accelerator.formats.find(({ name }) => name === "q4_0")!;
const example = (name: string) => join(packageRoot, "docs/examples", name);
let folder: string;
let library: string;

beforeAll(async () => {
  library = await buildSimulated(variant);
  folder = await mkdtemp(join(tmpdir(), "bfq-examples-"));
  await writeFile(join(folder, "made_up3.bfqf"), encodeFormat(planFormat(late), variant.plan.parameters));
  const build = dirname(library);
  const flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-I", join(build, "../driver")];
  await execa("cc", [...flags, example("driver.c"), library, `-Wl,-rpath,${build}`, "-o", join(folder, "example")]);
});
afterAll(() => rm(folder, { recursive: true }));

const rowBytes = (format: Format) => (256 / format.elements) * format.bytes;

/** What both examples print: the first output of each column. */
function golden(format: Format): number[] {
  const [rows, k, columns] = [16, 256, 2];
  const x = Float32Array.from({ length: columns * k }, (_, i) => (i % 7) - 3);
  const activations = readActivations(format.activation, quantize(format.activation, x, k), k);
  const stored = new Uint8Array(rows * rowBytes(format)).fill(0x21);
  const y = new Float32Array(matmul(unpackWeights(format, stored, rows, k), activations).buffer);
  return [y[0], y[rows]];
}

it.each([
  ["C", built],
  ["C", late],
  ["Python", built],
  ["Python", late],
])(
  "the example in %s gives the golden model's outputs on the simulated device (agreement)",
  async (language, format) => {
    const args = ["sim", format.name, String(rowBytes(format)), ...(format === late ? ["made_up3.bfqf"] : [])];
    const command = language === "C" ? ["./example", ...args] : ["python3", example("driver.py"), library, ...args];
    const { stdout } = await execa(command[0], command.slice(1), { cwd: folder });
    const want = golden(format);
    expect(want[0]).not.toBe(0);
    expect(stdout.split("\n").map((line) => Math.fround(Number(line)))).toEqual(want);
  },
);

it("they show the driver's errors", async () => {
  const wrong = ["sim", "q9_Z", "1"];
  const c = await execa("./example", wrong, { cwd: folder, reject: false });
  expect([c.exitCode, c.stderr]).toEqual([1, "bfq_load: variant small has no format q9_Z"]);
  const python = await execa("python3", [example("driver.py"), library, ...wrong], { reject: false });
  expect(python.stderr).toContain("RuntimeError: variant small has no format q9_Z");
});
