/** ggml's un-fused generic kernels that sum in the order of docs/numerics.md: every bit is equal. */
const sameOrder = ["q2_K", "q4_0", "q5_0", "q8_0", "iq4_nl", "tq1_0", "tq2_0", "nvfp4", "mxfp4"];

/** ggml rounds the activation sum to f16 here, and we don't. */
const roundedSums = ["q4_1", "q5_1"];

/**
 * What MatMul and ggml's `ggml_vec_dot_<format>_*_generic` must share: every bit (but for fp32-subnormals, which MatMul
 * flushes and ggml does not), or a normalised mean square error.
 */
export function agreement(format: string): "bits" | { nmse: number } {
  if (sameOrder.includes(format)) return "bits";
  return { nmse: roundedSums.includes(format) ? 1e-4 : 1e-12 };
}

/** Normalised mean square error over the values that are finite. */
export function nmse(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let error = 0;
  let power = 0;
  for (let i = 0; i < want.length; i++) {
    if (!Number.isFinite(want[i])) continue;
    error += (got[i] - want[i]) ** 2;
    power += want[i] ** 2;
  }
  return error / power;
}
