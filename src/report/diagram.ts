import { plannedLuts } from "../estimate/luts.ts";
import { plannedDsps } from "../estimate/resources.ts";
import { tileColumns, wordBytes } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";

/** The machine as a graph, its numbers from the plan, drawn by Graphviz (WebAssembly). @returns SVG */
export async function drawMachine(plan: Plan): Promise<string> {
  const { instance } = await import("@viz-js/viz"); // a megabyte, which only this needs
  const svg = (await instance()).renderString(machineGraph(plan), { format: "svg", engine: "dot" });
  return svg.slice(svg.indexOf("<svg")); // without the XML declaration, which HTML has no place for
}

/** The graph in Graphviz' language. Names of boards and datapaths are letters, digits, '_' and '-' by their schemas. */
export function machineGraph(plan: Plan): string {
  const { parameters, datapath, board, clockMHz, memory } = plan;
  const { LANES, COLUMNS, REPLAY, FP_UNITS, FP_INTERVAL, CODEBOOK, MAX_K_TILES } = parameters;
  const dsps = plannedDsps(plan);
  const parts = new Map(plannedLuts(plan).parts.map(({ part, lut }) => [part, lut]));
  const lut = (begin: string) => [...parts].find(([part]) => part.startsWith(begin))?.[1] ?? 0;
  const rate = ((wordBytes * clockMHz) / 1000).toFixed(1);
  const ports = `${LANES} x ${rate} GB/s`;
  const boxes: Record<string, string[]> = {
    dram: [`DRAM of ${board.name}`, `${board.memory.peak} GB/s at most`],
    readers: [`${LANES} weight readers`, "128 bits a cycle each"],
    loader: ["activation loader"],
    control: ["descriptor list", "checks, passes"],
    tiles: ["tiles", REPLAY > 1 ? `kept for ${REPLAY} batches` : "as they come"],
    codes: ["codes to levels", CODEBOOK > 0 ? `codebook of ${CODEBOOK}` : "linear", `${lut("codes")} LUT`],
    factors: ["scales and mins", `${lut("scales")} LUT, ${dsps.scales} DSP`],
    buffer: [
      "activations",
      `${MAX_K_TILES * tileColumns} x ${COLUMNS * REPLAY} columns, twice`,
      `${plan.activationBufferBytes / 1024} KB, ${memory.uram} URAM`,
    ],
    products: [`products: ${datapath.name}`, `64 x ${COLUMNS} a lane = ${plan.multipliers}`, `${dsps.products} DSP`],
    floats: [
      `${FP_UNITS} fp32 unit${FP_UNITS > 1 ? "s" : ""} a lane`,
      `${FP_INTERVAL} cycle${FP_INTERVAL > 1 ? "s" : ""} a step`,
      `${lut("fp32")} LUT, ${dsps.fp32} DSP`,
    ],
    writer: ["writer"],
  };
  const edges: [string, string, string?][] = [
    ["dram", "readers", ports],
    ["dram", "loader"],
    ["dram", "control"],
    ["control", "readers"],
    ["readers", "tiles"],
    ["tiles", "codes"],
    ["tiles", "factors"],
    ["loader", "buffer"],
    ["codes", "products"],
    ["buffer", "products"],
    ["products", "floats"],
    ["factors", "floats"],
    ["floats", "writer"],
    ["writer", "dram"],
  ];
  const lanes = ["tiles", "codes", "factors", "buffer", "products", "floats"];
  const box = (name: string) => `  ${name} [label="${boxes[name].join("\\n")}"];`;
  return [
    "digraph machine {",
    '  rankdir=LR; bgcolor="transparent"; nodesep=0.25; ranksep=0.35;',
    '  node [shape=box, style="filled,rounded", fillcolor="#eef3f8", color="#2b6cb0", fontname="Arial", fontsize=11, margin="0.18,0.06"];',
    '  edge [color="#555555", fontname="Arial", fontsize=10];',
    ...Object.keys(boxes)
      .filter((name) => !lanes.includes(name))
      .map(box),
    `  subgraph cluster_lanes { label="${LANES} lanes at ${clockMHz} MHz"; fontname="Arial"; fontsize=12; color="#999999";`,
    ...lanes.map(box),
    "  }",
    ...edges.map(([from, to, label]) => `  ${from} -> ${to}${label ? ` [label="${label}"]` : ""};`),
    "}",
  ].join("\n");
}
