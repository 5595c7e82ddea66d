import { createHash } from "node:crypto";
import { UserError } from "../problem.ts";
import type { Accelerator } from "../spec/accelerator.ts";
import { scaleTypeBits } from "../spec/format.ts";
import { codebookEntries, type FormatPlan, planFormat, refuseFormat } from "./format-plan.ts";
import {
  codebookEntriesPerWord,
  descriptorBaseWords,
  interfaceVersion,
  scaleTypeCode,
  tileColumns,
  wordBytes,
} from "./interface.ts";
import { activationWords, type MemoryBlocks, memoryBlocks, planReplay } from "./memory.ts";

/** The parameters of the machine; the same names in SystemVerilog and C++. */
export interface Parameters {
  LANES: number;
  /** Activation columns computed at once. */
  COLUMNS: number;
  /** Batches of COLUMNS columns for which a tile stays on chip. */
  REPLAY: number;
  /** Longest K in tiles of 256. */
  MAX_K_TILES: number;
  /** Widest stored code. */
  CODE_BITS: number;
  /** Width of a signed level. */
  LEVEL_BITS: number;
  /** Entries of the codebook RAM; 0 without one. */
  CODEBOOK: number;
  /** Widest stored sub-block scale. */
  SCALE_BITS: number;
  /** Width of a signed sub-block scale. */
  SCALE_WIDTH: number;
  MIN_BITS: number;
  MIN_WIDTH: number;
  HAS_MIN: 0 | 1;
  /** Bit mask of the block scale types. */
  D_TYPES: number;
  /** Widest stored block scale. */
  D_BITS: number;
  /** log2 of the shortest fp32 step. */
  MIN_STEP_LOG2: number;
  ISUM_BITS: number;
  MSUM_BITS: number;
  DESC_WORDS: number;
  /** fp32 pipelines per lane. */
  FP_UNITS: number;
  /** Cycles of one of their steps; with 2 a step's mins share the pipeline with the rest. */
  FP_INTERVAL: 1 | 2;
  INTERFACE_VERSION: number;
  CONFIG_HASH: number;
}

/** Everything derived from an accelerator spec: pure data. Nothing downstream computes a number again. */
export interface Plan {
  name: string;
  description?: string;
  board: Accelerator["board"];
  parameters: Parameters;
  formats: FormatPlan[];
  /** Multipliers of int8 activations and levels: lanes x 64 x columns. */
  multipliers: number;
  /** Bytes per cycle that the weight ports move. */
  bytesPerCycle: number;
  /** Bytes of the on-chip activation buffers: two halves of REPLAY batches, in each lane. */
  activationBufferBytes: number;
  /** Memory blocks of the SystemVerilog kernel. */
  memory: MemoryBlocks;
}

/** @throws UserError where a format can't run on hardware. */
export function planAccelerator(accelerator: Accelerator): Plan {
  const { formats, lanes, columns, source } = accelerator;
  const problems = formats.flatMap((format, index) =>
    refuseFormat(format).map((problem) => ({ ...problem, ...source.at(["formats", index]) })),
  );
  if (problems.length > 0) throw new UserError(problems);
  const plans = formats.map(planFormat);
  const widest = (of: (plan: FormatPlan) => number) => Math.max(...plans.map(of));
  const codebook = widest(codebookEntries);
  const types = formats.map((format) => format.d.type);
  const envelope = {
    LANES: lanes,
    COLUMNS: columns,
    REPLAY: planReplay(accelerator, Math.max(...plans.map(({ tileWords }) => tileWords))),
    MAX_K_TILES: accelerator.maxK / tileColumns,
    CODE_BITS: widest((plan) => plan.fields.code_bits),
    LEVEL_BITS: widest((plan) => plan.widths.level),
    CODEBOOK: codebook,
    SCALE_BITS: widest((plan) => plan.fields.scale_bits),
    SCALE_WIDTH: widest((plan) => plan.widths.scale),
    MIN_BITS: widest((plan) => plan.fields.min_bits),
    MIN_WIDTH: widest((plan) => plan.widths.min),
    HAS_MIN: plans.some(hasMins) ? 1 : 0,
    D_TYPES: types.reduce((mask, type) => mask | (1 << scaleTypeCode[type]), 0),
    D_BITS: Math.max(...types.map((type) => scaleTypeBits[type])),
    MIN_STEP_LOG2: Math.min(...plans.map((plan) => plan.fields.step_log2)),
    ISUM_BITS: widest((plan) => plan.widths.isum),
    MSUM_BITS: widest((plan) => plan.widths.msum),
    DESC_WORDS: descriptorBaseWords + codebook / codebookEntriesPerWord,
    FP_UNITS: widest(fpUnits),
    FP_INTERVAL: plans.every((plan) => mayShare(plan, columns)) && plans.some(hasMins) ? 2 : 1,
    INTERFACE_VERSION: interfaceVersion,
  } as const;
  return {
    name: accelerator.name,
    ...(accelerator.description && { description: accelerator.description }),
    board: accelerator.board,
    parameters: { ...envelope, CONFIG_HASH: configHash(envelope) },
    formats: plans,
    multipliers: lanes * 64 * columns,
    bytesPerCycle: lanes * wordBytes,
    activationBufferBytes: lanes * columns * activationWords(envelope.REPLAY, envelope.MAX_K_TILES) * wordBytes,
    memory: memoryBlocks(envelope),
  };
}

/** fp32 pipelines that keep up with one column; a lane may wait for compute below 2 bits per weight (docs/architecture.md). */
function fpUnits({ fields, steps, tileWords }: FormatPlan): number {
  return fields.code_bits < 2 ? 1 : Math.ceil(steps / tileWords);
}

const hasMins = ({ fields }: FormatPlan) => fields.min_mode !== 0;

/** Whether a step may take two cycles: they hide behind the tile's words, and with several columns behind the 32 multiplier cycles per tile. */
function mayShare({ steps, tileWords }: FormatPlan, columns: number): boolean {
  return 2 * steps <= tileWords && (columns === 1 || 2 * steps * columns <= 32);
}

/** What the driver compares with the hardware: two variants with equal parameters are the same machine. */
function configHash(parameters: object): number {
  return createHash("sha256").update(JSON.stringify(parameters)).digest().readUInt32LE(0);
}
