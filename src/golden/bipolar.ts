/** One group of quantised weights: w[i] = scale * x[i] + zero, x[i] in two's complement of `bits` bits. */
export interface SignedGroup {
  bits: number;
  codes: Int8Array;
  scale: number;
  zero: number;
}

/** The same in bipolar numbers: w[i] = scale * (2 codes[i] - (2^bits - 1)) + zero, codes unsigned. */
export interface BipolarGroup {
  bits: number;
  codes: Uint8Array;
  scale: number;
  zero: number;
}

/**
 * Signed to bipolar (APT-LLM), without loss: the bipolar number of x is 2x + 1, whose code is x with the sign bit
 * flipped. So scale x + zero = (scale / 2)(2x + 1) + (zero - scale / 2). Exact for every scale and zero whose
 * difference fits a double, all of f16 among them; only storing half a subnormal f16 scale would lose its last bit.
 */
export function signedToBipolar({ bits, codes, scale, zero }: SignedGroup): BipolarGroup {
  const half = 2 ** (bits - 1);
  return { bits, codes: Uint8Array.from(codes, (x) => x + half), scale: scale / 2, zero: zero - scale / 2 };
}

/** The inverse of `signedToBipolar`. */
export function bipolarToSigned({ bits, codes, scale, zero }: BipolarGroup): SignedGroup {
  const half = 2 ** (bits - 1);
  return { bits, codes: Int8Array.from(codes, (c) => c - half), scale: scale * 2, zero: zero + scale };
}
