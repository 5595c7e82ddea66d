import type { Argv } from "yargs";
import { hlsMemoryBlocks } from "../emit/hls-memory.ts";
import { plannedLuts } from "../estimate/luts.ts";
import type { Verdict } from "../estimate/verdict.ts";
import { estimateByYosys } from "../estimate/yosys.ts";
import { tileColumns } from "../plan/interface.ts";
import type { MemoryBlocks } from "../plan/memory.ts";
import type { Plan } from "../plan/plan.ts";
import { userError } from "../problem.ts";
import { specKind } from "../spec/kind.ts";
import { parseFormat } from "../spec/parse-format.ts";
import { SpecSource } from "../spec/source.ts";
import { describeFormat } from "./describe-format.ts";
import { type CommonOptions, type Outcome, report, table } from "./outcome.ts";
import { describeSynthesis } from "./synthesis.ts";
import { readVariant } from "./variant-options.ts";
import { describeVerdict } from "./verdict.ts";

interface Options extends CommonOptions {
  spec: string;
  yosys: boolean;
}

export const command = "check <spec>";
export const describe = "validate an accelerator spec and print its plan, or a format spec and who runs it";

export const builder = (yargs: Argv) =>
  yargs
    .positional("spec", { type: "string", demandOption: true, describe: "file of an accelerator or of a format" })
    .option("yosys", {
      type: "boolean",
      default: false,
      describe:
        "synthesise the SystemVerilog: resources beside the board's, LUT levels between registers; about a minute",
    });

export const handler = (options: Options) =>
  report(options, async () => {
    const source = await SpecSource.read(options.spec);
    if (specKind(source.value) === "format") return checkFormat(source, options.yosys);
    const { plan, verdict } = await readVariant(options.spec);
    const hlsMemory = hlsMemoryBlocks(plan.parameters);
    const ok = verdict.fits && fits(hlsMemory, plan.board);
    const text = describePlan(plan, verdict);
    if (!options.yosys) {
      return { ok, json: { plan, hlsMemory, luts: plannedLuts(plan), verdict }, text };
    }
    const synthesis = await estimateByYosys(plan);
    return {
      ok: ok && synthesis.fits,
      json: { plan, hlsMemory, verdict, synthesis },
      text: `${text}\n\n${describeSynthesis(synthesis)}`,
    };
  });

/** A format by itself. One that hardware can't run is as good: the golden model does. */
function checkFormat(source: SpecSource, yosys: boolean): Outcome {
  if (yosys) throw userError("usage", "--yosys synthesises accelerators, and this is the spec of a format");
  const format = describeFormat(parseFormat(source));
  const text = format.hardware
    ? "hardware runs it: name this file in `formats` of an accelerator spec"
    : "golden model only: decode and matmul take this file, no hardware runs it";
  return { ok: true, json: { format }, text: `${format.drawing}\n\n${text}` };
}

const fits = ({ bram36, uram }: MemoryBlocks, { resources }: Plan["board"]) =>
  bram36 <= resources.bram36 && uram <= resources.uram;

const memoryLine = (kernel: string, memory: MemoryBlocks, board: Plan["board"]) =>
  `memory blocks, ${kernel}: ${memory.bram36} of ${board.resources.bram36} BRAM36, ${memory.uram} of ${board.resources.uram} URAM${fits(memory, board) ? "" : ": TOO MANY"}`;

function describePlan(plan: Plan, verdict: Verdict): string {
  const { board, parameters } = plan;
  const luts = plannedLuts(plan);
  const rate = (plan.bytesPerCycle * plan.clockMHz) / 1000;
  const formats = plan.formats.map((format) => {
    const { code_bits, scale_bits, min_bits, step_log2 } = format.fields;
    return [
      format.name,
      code_bits,
      format.widths.level,
      scale_bits,
      min_bits,
      2 ** step_log2,
      format.tileWords,
      format.tileWords * 16 - format.storedBytes,
    ];
  });
  return [
    `${plan.name} on ${board.name} at ${plan.clockMHz} MHz: ${parameters.LANES} lanes, ${parameters.COLUMNS} columns, ${plan.multipliers} multipliers`,
    `weights: ${plan.bytesPerCycle} bytes a cycle = ${rate.toFixed(1)} GB/s at the ports (DRAM peak ${board.memory.peak} GB/s)`,
    `longest K ${parameters.MAX_K_TILES * tileColumns}; activation buffers ${plan.activationBufferBytes} bytes on chip`,
    `a tile serves ${parameters.REPLAY * parameters.COLUMNS} columns, ${parameters.COLUMNS} at once: ${32 * parameters.REPLAY} cycles against its words below`,
    "",
    describeVerdict(verdict),
    `LUT by part: ${luts.parts.map(({ part, lut }) => `${part} ${lut}`).join("; ")}`,
    memoryLine("HLS", hlsMemoryBlocks(parameters), board),
    "",
    table(
      ["format", "code bits", "level bits", "scale bits", "min bits", "step", "words/tile", "bytes over stored"],
      formats,
    ),
    "",
    "parameters (the same in SystemVerilog and C++):",
    ...Object.entries(parameters).map(
      ([name, value]) =>
        `  ${name.padEnd(18)} ${name === "CONFIG_HASH" ? `0x${value.toString(16).padStart(8, "0")}` : value}`,
    ),
  ].join("\n");
}
