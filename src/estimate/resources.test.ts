import { expect, test } from "vitest";
import type { Cell, Netlist, NetlistModule } from "./netlist.ts";
import { cellResources, countResources, sumResources } from "./resources.ts";

const module = (types: string[], attributes = {}): NetlistModule => ({
  attributes,
  ports: {},
  cells: Object.fromEntries(
    types.map((type, i): [string, Cell] => [`c${i}`, { type, port_directions: {}, connections: {} }]),
  ),
  netnames: {},
});

/** top holds two pairs and a LUT; a pair two leaves of different widths; each leaf LUTs, a register and memory. */
const netlist: Netlist = {
  modules: {
    top: module(["pair", "pair", "LUT6"], { top: "1" }),
    pair: module(["$paramod\\leaf\\WIDTH=s32'1", "$paramod$0123\\leaf"]),
    "$paramod\\leaf\\WIDTH=s32'1": module(["LUT2", "INV", "FDRE"]),
    "$paramod$0123\\leaf": module([
      "FDSE",
      "RAM32M16",
      "SRL16E",
      "RAMB36E2",
      "RAMB18E2",
      "DSP48E2",
      "CARRY4",
      "URAM288",
    ]),
    LUT6: module([], { blackbox: "1" }),
  },
};

test("resources are counted by source module, through the hierarchy", () => {
  const none = { lut: 0, ff: 0, dsp: 0, bram36: 0, uram: 0, carry: 0 };
  const rows = countResources(netlist);
  expect(rows).toEqual([
    { module: "leaf", instances: 4, lut: 2 * (2 + 9), ff: 4, dsp: 2, bram36: 3, uram: 2, carry: 2 },
    { module: "top", instances: 1, ...none, lut: 1 },
    { module: "pair", instances: 2, ...none },
  ]);
  expect(sumResources(rows)).toEqual({ lut: 23, ff: 4, dsp: 2, bram36: 3, uram: 2, carry: 2 });
});

test("a cell that isn't known is an error, not a gap in the sum", () => {
  expect(() => cellResources("RAM1024X1")).toThrow("unknown cell RAM1024X1");
});
