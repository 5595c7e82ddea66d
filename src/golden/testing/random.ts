/** Reproducible random data: the same seed gives the same bytes on every machine. */
export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed | 0;
  }

  /** Uniform 32-bit unsigned integer: a Weyl sequence, hashed (MurmurHash3's finaliser). */
  uint32(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let h = this.state;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  }

  /** Uniform integer in 0 .. n - 1. */
  below(n: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * n);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 255);
  }

  /** Bell-shaped floats of standard deviation 1, as weights and activations of a network are. */
  floats(length: number): Float32Array {
    const unit = () => this.uint32() / 2 ** 32;
    return Float32Array.from({ length }, () => (unit() + unit() + unit() - 1.5) * 2);
  }
}

/** A fresh seed each run, or the one of BFQ_SEED to repeat a run; printed. */
export function freshRandom(): Random {
  const random = new Random(Number(process.env.BFQ_SEED ?? Date.now() % 2 ** 31));
  console.log(`BFQ_SEED=${random.seed}`);
  return random;
}
