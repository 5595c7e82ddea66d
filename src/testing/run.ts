import { randomInt } from "node:crypto";
import { Random } from "../random.ts";

/** Long sweeps run only with BFQ_LONG=1; the C++ benches read it likewise (hw-tests/rtl/bench.hpp). */
export const isLong = process.env.BFQ_LONG !== undefined;

/**
 * The seed of a run's random data: BFQ_SEED repeats one, else each run has a new one. It is printed.
 * @param what is random: stands beside the seed
 */
export function newSeed(what: string): number {
  const seed = process.env.BFQ_SEED ? Number(process.env.BFQ_SEED) : randomInt(1, 1e9);
  console.log(`${what}: seed ${seed} (repeat with BFQ_SEED=${seed})`);
  return seed;
}

export const newRandom = (what: string): Random => new Random(newSeed(what));
