/** A small seeded generator (xorshift32 with a multiplicative finish), so that every run can be repeated from its seed. */
export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ 0x6b43a9b5) | 0 || 1;
    for (let i = 0; i < 4; i++) this.bits();
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return Math.imul(x, 0x2545f491) >>> 0;
  }

  /** An integer in 0 .. below-1. */
  below(below: number): number {
    return Math.floor((this.bits() / 2 ** 32) * below);
  }

  /** An integer in low .. high. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  /** Roughly normal, mean 0, variance 1. */
  normal(): number {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += this.bits() / 2 ** 32;
    return sum - 6;
  }

  /** So many of `normal`, as weights and activations of a network are. */
  normals(length: number): Float32Array {
    return Float32Array.from({ length }, () => this.normal());
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.bits() >>> 24);
  }
}
