/** What a model gave at the scored positions, one value each. */
export interface Scores {
  /** -ln of the probability of the token that follows. */
  nll: Float64Array;
  /** The token that the model finds likeliest. */
  top: Int32Array;
}

/** Against a reference: Kullback-Leibler divergence of the model's distribution from the reference's, in nats. */
export interface Divergence {
  kl: Float64Array;
}

const { exp, log } = Math;

/** The largest logit of a position, its token, and ln of the sum of exp(logit). */
function normaliser(logits: Float32Array, from: number, size: number): { top: number; logTotal: number } {
  let top = 0;
  for (let i = 1; i < size; i++) if (logits[from + i] > logits[from + top]) top = i;
  const most = logits[from + top];
  let total = 0;
  for (let i = 0; i < size; i++) total += exp(logits[from + i] - most);
  return { top, logTotal: most + log(total) };
}

/**
 * @param logits positions x vocabulary
 * @param next the token that follows each position
 */
export function score(logits: Float32Array, next: Int32Array): Scores {
  const size = logits.length / next.length;
  const scores = { nll: new Float64Array(next.length), top: new Int32Array(next.length) };
  for (let i = 0; i < next.length; i++) {
    const { top, logTotal } = normaliser(logits, i * size, size);
    scores.nll[i] = logTotal - logits[i * size + next[i]];
    scores.top[i] = top;
  }
  return scores;
}

/** KL divergence of each of `count` positions: sum over tokens of p_ref (ln p_ref - ln p). */
export function divergence(logits: Float32Array, reference: Float32Array, count: number): Float64Array {
  const size = logits.length / count;
  return Float64Array.from({ length: count }, (_, i) => {
    const from = i * size;
    const own = normaliser(logits, from, size).logTotal;
    const other = normaliser(reference, from, size).logTotal;
    let sum = 0;
    for (let at = from; at < from + size; at++) {
      const logReference = reference[at] - other;
      sum += exp(logReference) * (logReference - (logits[at] - own));
    }
    return sum;
  });
}
