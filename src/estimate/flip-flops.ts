import type { MachineParameters } from "../plan/parameters.ts";

/** Flip-flops of the SystemVerilog kernel from its parameters; coefficients from Yosys 0.23, as plannedLuts has them. */
export function plannedFfs(parameters: MachineParameters): number {
  const { LANES, COLUMNS, REPLAY, CODE_BITS, SCALE_BITS, MIN_BITS, DESC_WORDS, FP_UNITS, HAS_MIN, FP_INTERVAL } =
    parameters;
  const { TABLE_ROWS } = parameters;
  const machine = 2300 + 256 * DESC_WORDS + 36 * LANES;
  const ports = (LANES + 2) * 391;
  const lane = 1484 + (REPLAY > 1 ? 200 : 0);
  const codes = 70 + 64 * CODE_BITS + (REPLAY > 1 ? 30 + 64 * CODE_BITS : 0);
  const factors = 30 + 100 * (SCALE_BITS + MIN_BITS);
  const columns = COLUMNS * (970 + (REPLAY > 1 ? 60 : 0));
  const unit = !HAS_MIN ? 1000 : FP_INTERVAL === 2 ? 1145 : 1900;
  const grids = TABLE_ROWS > 0 ? 2200 : 0;
  return machine + ports + LANES * (grids + lane + codes + factors + columns + FP_UNITS * unit);
}
