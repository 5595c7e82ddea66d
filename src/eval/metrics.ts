/** A figure and its standard error. */
export interface Measured {
  value: number;
  error: number;
}

function meanOf(values: Float64Array): Measured {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { value: mean, error: n > 1 ? Math.sqrt(squares / n / (n - 1)) : NaN };
}

/** exp(mean -ln p) with its error, as llama-perplexity prints them. */
export function perplexityOf(nll: Float64Array): Measured {
  const { value, error } = meanOf(nll);
  return { value: Math.exp(value), error: Math.exp(value) * error };
}

/** Perplexity over the reference's at the same positions, less 1; the error is that of the paired differences. */
export function lossOf(nll: Float64Array, reference: Float64Array): Measured {
  const { value, error } = meanOf(nll.map((own, i) => own - reference[i]));
  return { value: Math.exp(value) - 1, error: Math.exp(value) * error };
}

export interface KlStatistics {
  mean: number;
  error: number;
  median: number;
  p95: number;
  p99: number;
  p999: number;
  max: number;
}

/** In nats a position. */
export function klOf(kl: Float64Array): KlStatistics {
  const sorted = kl.toSorted();
  const quantile = (share: number) => {
    const at = share * (sorted.length - 1);
    const below = Math.floor(at);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  };
  const { value: mean, error } = meanOf(kl);
  const [median, p95, p99, p999, max] = [0.5, 0.95, 0.99, 0.999, 1].map(quantile);
  return { mean, error, median, p95, p99, p999, max };
}

/** Share of positions where both models find the same token likeliest. */
export function sameTopOf(top: Int32Array, reference: Int32Array): Measured {
  return meanOf(Float64Array.from(top, (token, i) => Number(token === reference[i])));
}
