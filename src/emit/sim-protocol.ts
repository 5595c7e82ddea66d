/** How the TypeScript side speaks to a simulator's process (templates/sim/host.hpp): requests on stdin, replies on stdout, little endian. */
export const opcode = { write: 1, read: 2, run: 3, option: 4, reset: 5, readCeiling: 6 } as const;

/** Weight ports that the protocol has room for. */
export const mostLanes = 8;

/** The reply to `run`, 64 bits each; `words` has one for each possible lane. */
export const resultFields = ["status", "cycles", "stallMemory", "stallCompute", "words", "bytesWritten"] as const;

/** What `option` sets. The C simulation has no timing and ignores them; Icarus knows the first two. */
export const machineOption = {
  stallSeed: 1,
  stallPercent: 2,
  memoryMode: 3,
  /** Cycles without a transfer after which a run ends with status 18. */
  timeoutCycles: 4,
  /** The n-th read burst of the next run gets an error, plus one of `memoryError`. */
  readError: 5,
  /** The n-th write response likewise. */
  writeError: 6,
  /** Cycles into the next run. */
  resetAfter: 7,
  /** The start bit is written again so many cycles into the next run. */
  startAgain: 8,
  /** 1 on, 0 off. */
  trace: 9,
  /** Bytes by which the bases lie below address 0; offsets that are as much larger wrap around to it. */
  baseBelow: 10,
  /** From here on the numbers of the board's memory (`DramNumbers` of templates/sim/rtl/dram_port.hpp). */
  dramNumbers: 32,
} as const;

/** Memory modes of the `rtl` engine. `ideal` has a fixed latency and no stalls: what is lost there, the kernel loses. */
export const memoryMode = { ideal: 0, randomLatency: 1, board: 2 } as const;

/** Added to the number of the transaction for readError and writeError. */
export const memoryError = { slave: 0, decode: 2 ** 32, never: 2 ** 33 } as const;
