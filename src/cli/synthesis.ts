import type { Path } from "../estimate/logic-depth.ts";
import type { Resources } from "../estimate/resources.ts";
import type { Synthesis } from "../estimate/yosys.ts";
import { table } from "./outcome.ts";

const columns = ["lut", "ff", "dsp", "bram36", "uram", "carry"] as const;

/** The tables that `check --yosys` prints. */
export function describeSynthesis({ source, modules, total, formula, dsps, board, fits, paths }: Synthesis): string {
  const amounts = (resources: Resources) => columns.map((key) => resources[key]);
  const needed = { ...total, dsp: dsps.total };
  const percent = columns.map((key) => (key === "carry" ? "" : percentage(needed[key], board[key])));
  return [
    `resources by module, without the modules inside it (${source.modules})`,
    table(
      ["module", "instances", "LUT", "FF", "DSP", "BRAM36", "URAM", "CARRY4"],
      [
        ...modules.map((row) => [row.module, row.instances, ...amounts(row)]),
        ["all, by Yosys", "", ...amounts(total)],
        ["board", "", ...columns.map((key) => (key === "carry" ? "" : board[key]))],
        ["taken, DSP as planned", "", ...percent],
      ],
    ),
    `DSP from ${source.dsps}: ${dsps.products} products of levels and activations + ${dsps.scales} scales and mins + ${dsps.fp32} for fp32 = ${dsps.total}`,
    `LUT by the plan's formula: ${formula.lut}; BRAM36 ${formula.bram36} and URAM ${formula.uram} by the plan`,
    fits ? "fits the board" : "does NOT fit the board",
    "",
    "LUT levels + carry chains on the deepest path into each module's registers, and on one with more chains (ports, DSPs and block memories count as registers)",
    ...paths.map(describePath),
  ].join("\n");
}

const percentage = (part: number, whole: number) => (whole === 0 ? "" : `${((100 * part) / whole).toFixed(1)} %`);

function describePath({ module, luts, carries, from, to, through }: Path): string {
  const ends = [from, to].map((name) => name.slice(name.indexOf(".") + 1)); // all lies in the kernel
  const modules = through.map(({ module, levels }) => `${module} ${levels}`);
  return `  ${String(luts).padStart(2)} + ${carries}  ${module}: ${ends.join(" -> ")}\n         ${modules.join(", ") || "no logic"}`;
}
