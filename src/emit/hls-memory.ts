import { wordBytes } from "../plan/interface.ts";
import { activationBlocks, blockRam, blocksAcross, type MemoryBlocks } from "../plan/memory.ts";
import type { MachineParameters } from "../plan/parameters.ts";

/** A memory port of the HLS kernel: an m_axi bundle of its own. */
interface MemoryPort {
  port: string;
  direction: "read" | "write";
  /** Bursts that may be on their way. */
  outstanding: number;
  /** Words of the longest burst. */
  burst: number;
}

export function memoryPorts(lanes: readonly number[]): MemoryPort[] {
  return [
    { port: "descriptors", direction: "read", outstanding: 2, burst: 16 },
    { port: "activations", direction: "read", outstanding: 4, burst: 64 },
    ...lanes.map((lane): MemoryPort => {
      return { port: `weights_${lane}`, direction: "read", outstanding: 16, burst: 64 };
    }),
    { port: "output", direction: "write", outstanding: 4, burst: 64 },
  ];
}

/**
 * Block memories that Vitis HLS will take, by its own rules: the buffer of a port holds all words that may be on their way, each
 * with its last and strobe bits beside it, in block RAM; all other memories of the kernel are bound to registers, LUT RAM
 * or shift registers. No report of Vitis.
 */
export function hlsMemoryBlocks(parameters: Omit<MachineParameters, "CONFIG_HASH">): MemoryBlocks {
  const lanes = Array.from({ length: parameters.LANES }, (_, lane) => lane);
  const bits = { read: wordBytes * 8 + 2, write: wordBytes * 9 };
  const buffers = memoryPorts(lanes).map(({ direction, outstanding, burst }) =>
    blocksAcross(bits[direction], outstanding * burst, blockRam),
  );
  const activations = activationBlocks(parameters);
  return { bram36: buffers.reduce((sum, blocks) => sum + blocks, activations.bram36), uram: activations.uram };
}
