import { activationRecord } from "./record.ts";

/** What the spec's numbers and formats ask of the machine. */
export interface FormatEnvelope {
  LANES: number;
  /** Activation columns computed at once. */
  COLUMNS: number;
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
}

/** What a spec asks of the machine; all other parameters follow from these. */
export interface Envelope extends FormatEnvelope {
  /** Batches of COLUMNS columns for which a tile stays on chip; from the datapath's pace, as is FP_INTERVAL. */
  REPLAY: number;
  /** fp32 pipelines per lane. */
  FP_UNITS: number;
  /** Cycles of one of their steps; with 2 a step's mins share the pipeline with the rest. */
  FP_INTERVAL: 1 | 2;
}

/** The parameters of the machine; the same names in SystemVerilog and C++, which both read them as printed. */
export interface MachineParameters extends Envelope {
  /** Rows whose fp32 steps run at once in a column: two units share the rows before more take columns of their own, as one active column has to be fast too. */
  UNIT_ROWS: 1 | 2;
  /** Columns whose fp32 steps run at once; UNIT_ROWS x UNIT_COLUMNS units, a power of two. */
  UNIT_COLUMNS: number;
  /** Most fp32 steps that end in one row step of 64 columns. */
  STEP_PARTS: 1 | 2 | 4;
  /** Words of an activation record. */
  RECORD_WORDS: number;
  /** Words of one column's activation memory in one lane: two halves, one to read while the other is written. */
  ACT_WORDS: number;
  INTERFACE_VERSION: number;
  CONFIG_HASH: number;
}

/** Parameters that follow from others. */
export function derivedParameters({ COLUMNS, REPLAY, MAX_K_TILES, MIN_STEP_LOG2, FP_UNITS }: Envelope) {
  const UNIT_ROWS: 1 | 2 = FP_UNITS > 1 ? 2 : 1;
  return {
    UNIT_ROWS,
    UNIT_COLUMNS: Math.min(COLUMNS, 2 ** Math.floor(Math.log2(FP_UNITS / UNIT_ROWS))),
    STEP_PARTS: (MIN_STEP_LOG2 === 4 ? 4 : MIN_STEP_LOG2 === 5 ? 2 : 1) as 1 | 2 | 4,
    RECORD_WORDS: activationRecord.words,
    ACT_WORDS: activationWords(REPLAY, MAX_K_TILES),
  };
}

/** Words of an activation memory, as ACT_WORDS. */
export const activationWords = (replay: number, maxKTiles: number) => 2 * replay * maxKTiles * activationRecord.words;

/** What the register `capabilities` says of a machine. */
export const capabilities = ({
  LANES,
  COLUMNS,
  MAX_K_TILES,
}: Pick<MachineParameters, "LANES" | "COLUMNS" | "MAX_K_TILES">) => LANES | (COLUMNS << 8) | (MAX_K_TILES << 16);
