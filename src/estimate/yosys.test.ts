import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { specsFolder } from "../paths.ts";
import { planAccelerator } from "../plan/plan.ts";
import { ExitCode } from "../problem.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { isLong } from "../testing/run.ts";
import { type Path, worstPaths } from "./logic-depth.ts";
import { countResources } from "./resources.ts";
import { estimateByYosys, synthesise } from "./yosys.ts";

/** Synthesises a design of which the figures are known beforehand. */
async function paths(text: string) {
  const netlist = await synthesise([{ path: "rtl/top.sv", text }], "top");
  return { modules: countResources(netlist), paths: worstPaths(netlist) };
}

describe("levels and resources of designs that can be counted by hand", () => {
  test("36 registers ANDed through two modules: two levels of LUT6", async () => {
    const found = await paths(`
      module part(input [5:0] in, output out); assign out = &in; endmodule
      module top(input clk, input [35:0] in, output reg out);
        reg [35:0] held; wire [5:0] all; wire any;
        for (genvar i = 0; i < 6; i++) part part (.in(held[6*i +: 6]), .out(all[i]));
        part last (.in(all), .out(any));
        always @(posedge clk) begin held <= in; out <= any; end
      endmodule`);
    expect(found.modules).toMatchObject([
      { module: "part", instances: 7, lut: 7, ff: 0 },
      { module: "top", instances: 1, lut: 0, ff: 37 },
    ]);
    expect(found.paths).toMatchObject([
      { module: "top", luts: 2, carries: 0, to: "top.out", through: [{ module: "part", levels: 2 }] },
    ]);
    expect(found.paths[0].from).toMatch(/^top\.held\[\d+\]$/);
  });

  test("an adder of 32 bits: the LUT before its one carry chain", async () => {
    const found = await paths(`
      module top(input clk, input [31:0] a, b, output reg [31:0] sum);
        always @(posedge clk) sum <= a + b;
      endmodule`);
    expect(found.modules).toMatchObject([{ lut: 32, ff: 32, carry: 8 }]);
    expect(found.paths).toMatchObject([{ luts: 1, carries: 1 }]);
  });

  test("a wire through a module joins the nets on both sides", async () => {
    const found = await paths(`
      (* keep_hierarchy *) module through(input [7:0] in, output [7:0] out, output any); assign out = in; assign any = ^in; endmodule
      module top(input clk, input [7:0] in, output reg out);
        reg [7:0] held; wire [7:0] first, second; wire any, other;
        through one (.in(held), .out(first), .any(any));
        through two (.in(first ^ {8{any}}), .out(second), .any(other));
        always @(posedge clk) begin held <= in; out <= &second ^ other; end
      endmodule`);
    // any: 8 inputs, two LUTs; the XOR one; then the longer of both reductions, two, and the XOR of both within or after it.
    expect(found.paths[0].luts).toBeGreaterThanOrEqual(5);
    expect(found.paths[0].luts).toBeLessThanOrEqual(6);
  });

  test("LUT RAM is read in a level, block memory is a register", async () => {
    const found = await paths(`
      module top(input clk, input [4:0] w, r, input [7:0] in, output reg [7:0] out, output reg [7:0] wide);
        (* ram_style = "distributed" *) reg [7:0] small [0:31];
        (* ram_style = "block" *) reg [7:0] large [0:4095];
        reg [4:0] at;
        always @(posedge clk) begin
          at <= r; small[w] <= in; out <= small[at];
          large[{7'd0, w}] <= in; wide <= large[{7'd0, at}];
        end
      endmodule`);
    expect(found.modules).toMatchObject([{ bram36: 1, lut: 8 }]);
    expect(found.paths).toMatchObject([{ luts: 1, carries: 0 }]);
  });
});

test("a combinational loop is an error", async () => {
  const design = "module top(input in, output out); assign out = ~(out & in); endmodule";
  await expect(paths(design)).rejects.toThrow(/combinational loop through top/);
});

test("without Yosys: exit code 3, and how to get it", async () => {
  const cache = await mkdtemp(join(tmpdir(), "bfq-yosys-"));
  vi.stubEnv("BFQ_CACHE", cache);
  vi.stubEnv("PATH", cache);
  await expect(
    synthesise([{ path: "rtl/top.sv", text: "module top(input a); endmodule" }], "top"),
  ).rejects.toMatchObject({
    exitCode: ExitCode.toolMissing,
    message: expect.stringMatching(/yosys is not installed[\s\S]*apt install yosys/),
  });
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

test("f-bfq maps and fits the K26", async () => {
  const plan = planAccelerator(await readAccelerator(join(specsFolder, "accelerators", "f-bfq.yaml")));
  const { fits, total, dsps, paths } = await estimateByYosys(plan);
  expect(fits).toBe(true);
  // 64 multipliers and, for q2_K's mins as for scales, 4 + 4; a product of one DSP and one of two, which both sides of a step share.
  expect(dsps).toEqual({ products: 256, scales: 32, fp32: 12, total: 300 });
  // Yosys' count holds a few address multipliers besides.
  expect(total.dsp).toBeGreaterThanOrEqual(dsps.total);
  expect(total.dsp).toBeLessThan(dsps.total + 8);
  // 2 halves x 32 tiles x 20 words of 128 bits in UltraRAM of 4096 x 72; readers, writer and the lanes' d: 128 bits wide,
  // two blocks each; the registers that are read back.
  expect(plan.memory).toEqual({ bram36: 6 * 2 + 4 * 2 + 0.5, uram: 4 * 2 });
  expect(total).toMatchObject(plan.memory);
  expect(paths.map(({ module }) => module)).toContain("bfq_fp32_add");
  expectShort(paths);
});

// Each takes Yosys a minute or more.
test.each(isLong ? ["k-quants", "everything"] : ["k-quants"])(
  "%s: no path of more than six LUTs or a second carry chain",
  async (name) => {
    const plan = planAccelerator(await readAccelerator(join(specsFolder, "accelerators", `${name}.yaml`)));
    expectShort((await estimateByYosys(plan)).paths);
  },
);

/** Six LUTs and a carry chain at most between registers, in every module. */
function expectShort(paths: readonly Path[]) {
  for (const { module, luts, carries, from, to } of paths) {
    expect(luts <= 6 && carries <= 1, `${module}: ${luts} + ${carries}, ${from} -> ${to}`).toBe(true);
  }
}
