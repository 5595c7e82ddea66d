import type { MachineParameters } from "../plan/parameters.ts";
import type { Plan } from "../plan/plan.ts";

/** LUTs of one part of the kernel, over all lanes. */
export interface LutPart {
  part: string;
  lut: number;
}

/**
 * LUTs of the SystemVerilog kernel from its parameters, in well under a second. The coefficients are what Yosys 0.23 makes
 * of the modules in f-bfq, k-quants, everything, grids, i-quants and ternary, so they share its bias: upper bounds, no two functions in one LUT.
 */
export function plannedLuts({ parameters, datapath }: Pick<Plan, "parameters" | "datapath">): {
  parts: LutPart[];
  total: number;
} {
  const { LANES, COLUMNS, FP_UNITS } = parameters;
  const parts = [
    { part: "registers, descriptors, activations and output", lut: 2460 + (LANES + 2) * 59 + (LANES + 1) * 32 },
    { part: "lanes: streams, sections, row steps, results", lut: LANES * 715 },
    { part: "codes and levels", lut: LANES * codes(parameters) },
    { part: "packed codes: grids and ternary digits", lut: packedCodes(parameters) },
    { part: "scales and mins", lut: LANES * factors(parameters) },
    { part: "columns: activations and integer sums", lut: LANES * COLUMNS * column(parameters) },
    { part: `products: ${datapath.name}`, lut: LANES * datapath.luts },
    { part: "fp32 units", lut: LANES * FP_UNITS * floatUnit(parameters) },
  ].map(({ part, lut }) => ({ part, lut: Math.round(lut) }));
  return { parts, total: parts.reduce((sum, { lut }) => sum + lut, 0) };
}

/** Two multiplexers a bit of a plane, whatever the planes; a LUT a bit of a level; tables of seven read ports each. */
function codes({ CODE_BITS, LEVEL_BITS, CODEBOOK, REPLAY }: MachineParameters): number {
  const tables = CODEBOOK === 0 ? 0 : (CODEBOOK > 32 ? 640 : 320) + 3.75 * CODEBOOK;
  return 206 + 2.6 * CODE_BITS + 64 * LEVEL_BITS + tables + (REPLAY > 1 ? 26 : 0);
}

/** Per lane indices to entries, and digits of bytes; the loader of the tables stands once, on the descriptors' port. */
function packedCodes({ LANES, TRITS, TABLE_ROWS }: MachineParameters): number {
  if (TABLE_ROWS === 0) return LANES * 670 * TRITS;
  return LANES * (1150 + (TABLE_ROWS > 1024 ? 25 : 0) + 253 * TRITS) + 320;
}

/** Words that can be read again, a plane selected, eight rows of four factors. */
function factors({ SCALE_BITS, SCALE_WIDTH, MIN_BITS, MIN_WIDTH, HAS_MIN }: MachineParameters): number {
  const side = (bits: number, width: number) => 236 + 14 * bits + 4 * width;
  return side(SCALE_BITS, SCALE_WIDTH) + (HAS_MIN ? side(MIN_BITS, MIN_WIDTH) : 0);
}

/** Staged activations; LUT RAM for the running sums and for the ring of windows, and what selects a part of a window. */
function column({ ISUM_BITS, MSUM_BITS, HAS_MIN, STEP_PARTS, UNIT_ROWS }: MachineParameters): number {
  const bits = ISUM_BITS + (HAS_MIN ? MSUM_BITS : 0);
  const sums = bits * (0.82 + 0.82 * STEP_PARTS * UNIT_ROWS + (STEP_PARTS > 1 ? 1.04 * UNIT_ROWS : 0));
  return (STEP_PARTS > 1 ? 138 : 90) + sums;
}

/** A side is a converter of d and of the sum, two multipliers and an adder; mins have their own or, with two cycles per step, share. */
function floatUnit({ HAS_MIN, FP_INTERVAL, D_TYPES, ISUM_BITS }: MachineParameters): number {
  const manyTypes = (D_TYPES & (D_TYPES - 1)) !== 0;
  const side = (ISUM_BITS > 24 ? 755 : 715) + (manyTypes ? 36 : 0);
  if (!HAS_MIN) return side + 150;
  return FP_INTERVAL === 2 ? side + 214 : 2 * side + 150;
}
