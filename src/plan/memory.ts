import { UserError } from "../problem.ts";
import type { Accelerator } from "../spec/accelerator.ts";
import { planeColumns, rowSteps, tileColumns, tileRows, wordBytes } from "./interface.ts";
import { axiMasters, bufferWords } from "./masters.ts";
import { activationWords, type MachineParameters } from "./parameters.ts";

export interface MemoryBlocks {
  bram36: number;
  uram: number;
}

/** Width and depth of half a RAMB36E2 as templates/rtl uses it, and of a URAM288. */
export const blockRam = { blocks: 0.5, bits: 36, words: 512 } as const;
const ultraRam = { blocks: 1, bits: 72, words: 4096 } as const;

/** Deeper activation memories go to UltraRAM (bfq_activation_memory). */
const deepestInBlockRam = 1024;

/** Words of a section of d and dmin that a lane's stores address, at most both in one store (bfq_d_store). */
const scaleWords = 64;

/** More sums than this of an fp32 unit are in block memory (bfq_step_float), 35 bits each. */
const sumsInLutRam = 32;

/** Blocks of a memory of `words` words of `bits` bits with one port to read and one to write. */
export const blocksAcross = (bits: number, words: number, kind: typeof blockRam | typeof ultraRam) =>
  Math.ceil(bits / kind.bits) * Math.ceil(words / kind.words) * kind.blocks;

/** Whether the activation memories are in UltraRAM, in both kernels. */
export const isInUltraRam = ({ ACT_WORDS }: Pick<MachineParameters, "ACT_WORDS">) => ACT_WORDS > deepestInBlockRam;

/** The activation memories of all lanes, in both kernels. */
export function activationBlocks(parameters: Omit<MachineParameters, "CONFIG_HASH">): MemoryBlocks {
  const { LANES, COLUMNS, ACT_WORDS } = parameters;
  const blocks = (kind: typeof blockRam | typeof ultraRam) =>
    LANES * COLUMNS * blocksAcross(wordBytes * 8, ACT_WORDS, kind);
  return isInUltraRam(parameters) ? { bram36: 0, uram: blocks(ultraRam) } : { bram36: blocks(blockRam), uram: 0 };
}

/**
 * Batches of columns for which a tile stays on chip: as many as hide the load of the next tile behind the present one, but
 * no more than an UltraRAM holds of activations. One column is for decoding alone.
 * @param walksOfLoad how often a lane goes through a tile while the next one loads, in the format where that is most
 * @throws UserError where the spec asks for more than fits
 */
export function planReplay({ columns, replay, maxK, source }: Accelerator, walksOfLoad: number): number {
  const fits = Math.floor(ultraRam.words / activationWords(1, maxK / tileColumns));
  if (replay === undefined) {
    return columns === 1 ? 1 : Math.max(1, Math.min(Math.ceil(walksOfLoad), fits, 8));
  }
  if (replay > 1 && replay > fits) {
    const longest = Math.floor(ultraRam.words / activationWords(replay, 1)) * tileColumns;
    throw new UserError([
      {
        rule: "replay",
        what: `replay ${replay} at max-k ${maxK} needs ${activationWords(replay, maxK / tileColumns)} words of activations a column`,
        why: `the two halves of ${replay} batches must fit the ${ultraRam.words} words of an UltraRAM`,
        fix: `use replay ${Math.max(1, fits)} or less, or max-k ${longest} or less`,
        ...source.at(["replay"]),
      },
    ]);
  }
  return replay;
}

/** Block memories of templates/rtl; the rest of what it stores is in LUT RAM. */
export function memoryBlocks(parameters: Omit<MachineParameters, "CONFIG_HASH">): MemoryBlocks {
  const { LANES, COLUMNS, REPLAY, CODE_BITS, HAS_MIN, FP_INTERVAL, UNIT_ROWS, UNIT_COLUMNS } = parameters;
  const wordBits = wordBytes * 8;
  const activations = activationBlocks(parameters);
  const replayed = REPLAY === 1 ? 0 : LANES * blocksAcross(CODE_BITS * planeColumns, 2 * rowSteps, blockRam);
  const scaleStores = LANES * (HAS_MIN && FP_INTERVAL === 1 ? 2 : 1) * blocksAcross(wordBits, 2 * scaleWords, blockRam);
  // Sums that come again soon need LUT RAM.
  const sums = (REPLAY * COLUMNS * tileRows) / (UNIT_ROWS * UNIT_COLUMNS);
  const inBlocks = sums > sumsInLutRam && (tileRows / UNIT_ROWS) * FP_INTERVAL >= 8;
  const accumulators = inBlocks ? LANES * UNIT_ROWS * UNIT_COLUMNS * blocksAcross(35, sums, blockRam) : 0;
  const buffers = axiMasters(LANES)
    .map((master) => blocksAcross(wordBits, bufferWords(master), blockRam))
    .reduce((sum, blocks) => sum + blocks, 0);
  const registers = blockRam.blocks; // read back (bfq_axi_lite)
  return {
    bram36: registers + buffers + scaleStores + replayed + accumulators + activations.bram36,
    uram: activations.uram,
  };
}
