/** Which tokens go first: least attention to the first token, least attention received, at random, or the oldest. */
export const pruningRules = ["first-token", "accumulated", "random", "oldest"] as const;
export type PruningRule = (typeof pruningRules)[number];

/** Progressive pruning of the context: the unscored half of a window. Scored tokens are never pruned. */
export interface Pruning {
  rule: PruningRule;
  /** Share of the context's tokens that is left after the last layer; each layer drops the same share of the rest. */
  keep: number;
  /** Of the random rule. */
  seed: number;
}

/** What the heads of one layer together paid, for each token that is still there. */
export interface Attention {
  toFirst: Float64Array;
  received: Float64Array;
}

/** Hash of two integers to 0 .. 1 (MurmurHash3's finaliser). */
function chance(seed: number, position: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(position + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * Indices of the tokens that stay after a layer, ascending.
 * @param positions of the tokens that are still there
 * @param first position of the first scored token
 */
export function keptTokens(
  { rule, keep, seed }: Pruning,
  positions: Int32Array,
  first: number,
  layer: { index: number; count: number },
  { toFirst, received }: Attention,
): number[] {
  const context = positions.filter((position) => position < first).length;
  const left = Math.round(first * keep ** ((layer.index + 1) / layer.count));
  const importance = {
    "first-token": (i: number) => toFirst[i],
    accumulated: (i: number) => received[i],
    random: (i: number) => chance(seed, positions[i]),
    oldest: (i: number) => i,
  }[rule];
  const ranked = Array.from({ length: context }, (_, i) => i).sort((a, b) => importance(b) - importance(a) || b - a);
  const stay = ranked.slice(0, left).sort((a, b) => a - b);
  return [...stay, ...Array.from({ length: positions.length - context }, (_, i) => context + i)];
}
