import { readFile } from "node:fs/promises";
import type { GeneratedFile } from "../emit/emitter.ts";
import { rtlEmitter, sourcesInOrder } from "../emit/rtl.ts";
import type { Plan } from "../plan/plan.ts";
import { cachedBuild } from "../sim/build.ts";
import { type Path, worstPaths } from "./logic-depth.ts";
import { plannedLuts } from "./luts.ts";
import type { Netlist } from "./netlist.ts";
import {
  countResources,
  type ModuleResources,
  type PlannedDsps,
  plannedDsps,
  type Resources,
  sumResources,
} from "./resources.ts";

/** The kernel stands inside a block design: no pads. MUXF7..9 hide LUT levels and make Yosys spend more LUTs: none. */
const command = "synth_xilinx -family xcup -noiopad -noclkbuf -nowidelut";

/** What Yosys makes of a variant, beside the board. */
export interface Synthesis {
  /** What the figures come from. */
  source: { modules: string; dsps: string };
  modules: ModuleResources[];
  total: Resources;
  /** What the plan says without synthesis. */
  formula: { lut: number; bram36: number; uram: number };
  dsps: PlannedDsps;
  /** The board's, in the same units; it has no limit of its own for carry chains. */
  board: Plan["board"]["resources"];
  /** Everything is within the board's: DSPs as planned, the rest as Yosys counts. */
  fits: boolean;
  /** The deepest path into each module, and the one with more carry chains where there is one. */
  paths: Path[];
}

export async function estimateByYosys(plan: Plan): Promise<Synthesis> {
  const netlist = await synthesise(rtlEmitter.files(plan), "bfq_kernel");
  const modules = countResources(netlist);
  const total = sumResources(modules);
  const dsps = plannedDsps(plan);
  const board = plan.board.resources;
  const needed = { ...total, dsp: dsps.total };
  return {
    source: {
      modules: `Yosys, ${command}: upper bounds for LUT, as no two functions share a LUT; carry chains come as CARRY4`,
      dsps: "the plan: instances for products and scales, a pair of columns shares a product's",
    },
    modules,
    total,
    formula: { lut: plannedLuts(plan).total, ...plan.memory },
    dsps,
    board,
    fits: Object.keys(board).every((key) => needed[key as keyof typeof board] <= board[key as keyof typeof board]),
    paths: worstPaths(netlist),
  };
}

/** Synthesises the SystemVerilog of `rtl/`, module by module, for UltraScale+; once for equal files. A kernel takes about a minute. */
export async function synthesise(files: readonly GeneratedFile[], top: string): Promise<Netlist> {
  const sources = files.filter(({ path }) => path.startsWith("rtl/"));
  const script = [
    // Without -defer the modules would also be elaborated with their default parameters.
    `read_verilog -sv -defer -D BFQ_DSP48E2 ${sourcesInOrder(sources).join(" ")}`,
    `${command} -top ${top}`,
    // Yosys gives each register its own inverter of a common clock enable: one is enough.
    "opt_merge -share_all",
    "clean",
    "write_json netlist.json",
  ];
  const product = await cachedBuild({
    files: [...sources, { path: "synthesis.ys", text: `${script.join("\n")}\n` }],
    commands: [{ tool: "yosys", args: ["-q", "-s", "synthesis.ys"] }],
    product: "netlist.json",
  });
  return JSON.parse(await readFile(product, "utf8"));
}
