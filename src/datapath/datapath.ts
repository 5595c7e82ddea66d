import type { FormatPlan } from "../plan/format-plan.ts";
import type { Envelope, FormatEnvelope } from "../plan/parameters.ts";

/**
 * What multiplies levels and activations, as a part that a variant names. In SystemVerilog a module bfq_products_<name>
 * with the ports of bfq_products_multipliers, in HLS C++ the functions of bfq_products_multipliers.hpp in a header
 * bfq_products_<name>.hpp; both give minus and plus the same integers as any other datapath. Nothing else knows its name.
 */
export interface Datapath {
  /** Lower case, digits and underscores, as it becomes part of file and module names. */
  name: string;
  /** Paths of its own sources, from the package's root or absolute, which no variant with another datapath has: `bfq_products_<name>` and what it alone uses. */
  files: { rtl: readonly string[]; hls: readonly string[] };
  /** Why a format can't run on it, as a clause behind the format's name; undefined where it can. */
  refuses(format: FormatPlan): string | undefined;
  /** Its own parameters, given to the module by these names and to the header as constants. */
  parameters(envelope: Envelope): Readonly<Record<string, number>>;
  /** Cycles in which a lane can begin no other row step: 64 columns of one row, for COLUMNS activation columns. */
  cyclesPerRowStep(format: FormatPlan, envelope: FormatEnvelope): number;
  /** Cycles from the cycle in which a row step is taken to its sums. */
  latency(envelope: Envelope): number;
  /** DSP48E2 of one lane. */
  dsps(envelope: Envelope): number;
  /** LUTs of one lane, as Yosys counts them. */
  luts(envelope: Envelope): number;
}

/** A datapath in a plan: what it says of the plan's envelope and formats. */
export interface DatapathPlan {
  name: string;
  files: Datapath["files"];
  parameters: Readonly<Record<string, number>>;
  /** By format name. */
  cyclesPerRowStep: Readonly<Record<string, number>>;
  latency: number;
  /** Of one lane, as are LUTs. */
  dsps: number;
  luts: number;
}

export function planDatapath(datapath: Datapath, formats: readonly FormatPlan[], envelope: Envelope): DatapathPlan {
  return {
    name: datapath.name,
    files: datapath.files,
    parameters: datapath.parameters(envelope),
    cyclesPerRowStep: Object.fromEntries(
      formats.map((format) => [format.name, datapath.cyclesPerRowStep(format, envelope)]),
    ),
    latency: datapath.latency(envelope),
    dsps: datapath.dsps(envelope),
    luts: datapath.luts(envelope),
  };
}
