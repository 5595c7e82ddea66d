import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moduleSources } from "./verilate.ts";

const library = [
  "bfq_fifo",
  "bfq_fifo_block",
  "bfq_fp32_mul",
  "bfq_fp32_add",
  "bfq_int_to_fp32",
  "bfq_to_fp32",
  "bfq_axi_read",
  "bfq_axi_write",
  "bfq_axi_lite",
];

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "bfq-readers-"));
  const all = await Promise.all(["bfq_latency", ...library].map((name) => moduleSources(name)));
  for (const [name, text] of all.flatMap((files) => [...files])) await writeFile(join(scratch, name), text);
});
afterAll(() => rm(scratch, { recursive: true }));

async function run(command: string, options: string[]) {
  const { exitCode, all } = await execa(command, options, { cwd: scratch, all: true, reject: false });
  return { exitCode, output: all };
}

describe.each(library)("%s is read", (name) => {
  it("by Yosys", async () => {
    const files = [...(await moduleSources(name)).keys()].join(" ");
    const script = `read_verilog -sv ${files}; hierarchy -check -top ${name}; proc; check -assert`;
    expect(await run("yosys", ["-q", "-p", script])).toEqual({ exitCode: 0, output: "" });
  });

  it("by Icarus", async () => {
    const files = [...(await moduleSources(name)).keys()];
    const options = ["-g2012", "-Wall", "-s", name, "-o", join(scratch, `${name}.vvp`)];
    expect(await run("iverilog", [...options, ...files])).toEqual({ exitCode: 0, output: "" });
  });
});

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function toFloat(pattern: number): number {
  bits[0] = (pattern & 0x7f800000) === 0 ? pattern & 0x80000000 : pattern;
  return float[0];
}

/** Rounds to fp32, then docs/numerics.md: subnormal to zero of its sign, one NaN. */
function toBits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc00000;
  float[0] = value;
  return (bits[0] & 0x7f800000) === 0 ? (bits[0] & 0x80000000) >>> 0 : bits[0];
}

/** Patterns with many corners: random fractions and signs, exponents from the ends and the middle. */
function* patterns(seed: number): Generator<number, never> {
  const exponents = [0, 1, 2, 64, 104, 126, 127, 128, 150, 190, 253, 254, 255];
  const fractions = [0, 1, 0x400000, 0x7ffffe, 0x7fffff];
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const exponent = exponents[(state >>> 8) % exponents.length];
    const fraction = state & 64 ? fractions[(state >>> 16) % fractions.length] : Math.imul(state, 2654435761) >>> 9;
    yield ((state & 0x80000000) | (exponent << 23) | fraction) >>> 0;
  }
}

// Outside truth: a product or sum of two fp32 numbers, computed in float64 and rounded once more by JavaScript, is
// the IEEE 754 fp32 result (float64 has more than 2 x 24 + 2 bits).
describe("Icarus, a second witness beside Verilator", () => {
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  const from = patterns(1);
  const vectors = Array.from({ length: 4096 }, (_, index) => {
    const [a, b] = [from.next().value, from.next().value];
    const second = index % 2 ? -toFloat(b) : toFloat(b);
    return [a, b, toBits(toFloat(a) * toFloat(b)), toBits(toFloat(a) + second)];
  });

  async function simulate(rows: number[][]): Promise<string> {
    await writeFile(join(scratch, "vectors.hex"), rows.map((row) => row.map(hex).join("")).join("\n"));
    const bench = fileURLToPath(new URL("./witness_tb.sv", import.meta.url));
    const fp32 = ["bfq_fp32_mul", "bfq_fp32_product", "bfq_fp32_pack", "bfq_fp32_add"];
    const modules = ["bfq_latency", "bfq_delay", ...fp32, "bfq_fifo"];
    const program = join(scratch, "witness.vvp");
    const sources = [...modules.map((name) => `${name}.sv`), bench];
    expect(await run("iverilog", ["-g2012", "-s", "witness_tb", "-o", program, ...sources])).toMatchObject({
      exitCode: 0,
    });
    return (await run("vvp", ["-n", program])).output;
  }

  it("fp32 multiplier, adder and FIFO pass (seed 1)", async () => {
    expect((await simulate(vectors)).trim()).toBe("PASS");
  });

  it("fails on one wrong bit in the vectors", async () => {
    const [a, b, product, sum] = vectors[1000];
    expect(await simulate(vectors.with(1000, [a, b, product ^ 1, sum]))).toContain("vector 1000: product");
  });
});
