import { type LevelSet, startShift } from "./level-set.ts";

/** Weighted sums over a sub-block: of its levels v, and of its weights x with and without them. */
export interface Sums {
  w: number;
  x: number;
  xx: number;
  v: number;
  vv: number;
  xv: number;
}

const { abs, floor, max, min } = Math;

/** The sub-block that is worked on: x[i] is to be scale * v[i] - offset, each with weight w[i]. */
export class SubBlock {
  readonly sums: Sums = { w: 0, x: 0, xx: 0, v: 0, vv: 0, xv: 0 };
  private x: Float32Array = new Float32Array(0);
  private w: Float64Array = new Float64Array(0);
  private from = 0;
  private to = 0;
  least = 0;
  most = 0;

  constructor(private readonly levels: LevelSet) {}

  take(x: Float32Array, w: Float64Array, from: number, to: number): void {
    this.x = x;
    this.w = w;
    this.from = from;
    this.to = to;
    const { sums } = this;
    sums.w = sums.x = sums.xx = 0;
    this.least = Infinity;
    this.most = -Infinity;
    for (let i = from; i < to; i++) {
      const value = x[i];
      sums.w += w[i];
      sums.x += w[i] * value;
      sums.xx += w[i] * value * value;
      if (value < this.least) this.least = value;
      if (value > this.most) this.most = value;
    }
  }

  get magnitude(): number {
    return max(abs(this.least), abs(this.most));
  }

  /** Sums for the nearest levels; the squared error. */
  assign(scale: number, offset: number): number {
    const { levels, x, w, from, to, sums } = this;
    const { values, step, halves } = levels;
    let v = 0;
    let vv = 0;
    let xv = 0;
    const inverse = scale === 0 ? 0 : 1 / scale;
    const last = values.length - 1;
    if (step > 0) {
      const first = values[0];
      const gain = inverse / step;
      const start = (offset * inverse - first) / step + 0.5;
      const zero = levels.zero;
      for (let i = from; i < to; i++) {
        let index = inverse === 0 ? zero : floor(x[i] * gain + start);
        index = index < 0 ? 0 : Math.min(index, last);
        const level = first + index * step;
        const wl = w[i] * level;
        v += wl;
        vv += wl * level;
        xv += wl * x[i];
      }
    } else if (halves.length > 0) {
      const gain = 2 * inverse;
      const start = 2 * (offset * inverse - values[0]);
      const end = halves.length - 1;
      for (let i = from; i < to; i++) {
        const half = floor(x[i] * gain + start);
        const level = values[halves[half < 0 ? 0 : Math.min(half, end)]];
        const wl = w[i] * level;
        v += wl;
        vv += wl * level;
        xv += wl * x[i];
      }
    } else {
      for (let i = from; i < to; i++) {
        const level = values[nearestLevel(levels, (x[i] + offset) * inverse)];
        const wl = w[i] * level;
        v += wl;
        vv += wl * level;
        xv += wl * x[i];
      }
    }
    sums.v = v;
    sums.vv = vv;
    sums.xv = xv;
    return errorOf(sums, scale, offset);
  }

  /** Stored codes of the nearest levels. */
  store(scale: number, offset: number, out: Uint8Array): void {
    const { levels, x, from, to } = this;
    const inverse = scale === 0 ? 0 : 1 / scale;
    for (let i = from; i < to; i++) {
      let index = levels.zero;
      if (inverse !== 0) {
        const wanted = (x[i] + offset) * inverse;
        index =
          levels.step > 0
            ? min(levels.values.length - 1, max(0, floor((wanted - levels.values[0]) / levels.step + 0.5)))
            : nearestLevel(levels, wanted);
      }
      out[i] = levels.codes[index];
    }
  }
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** Index of the nearest level: few steps from where numbers with the same first bits begin. */
function nearestLevel({ middles, starts }: LevelSet, wanted: number): number {
  float[0] = wanted;
  let index = starts[word[0] >>> startShift];
  while (index < middles.length && middles[index] < wanted) index++;
  return index;
}

/** Weighted squared error of scale * v - offset for the levels of the sums. */
export function errorOf({ w, x, xx, v, vv, xv }: Sums, scale: number, offset: number): number {
  return xx + scale * (scale * vv - 2 * xv) + offset * (offset * w + 2 * x - 2 * scale * v);
}

export function copySums(from: Sums, to: Sums): void {
  to.w = from.w;
  to.x = from.x;
  to.xx = from.xx;
  to.v = from.v;
  to.vv = from.vv;
  to.xv = from.xv;
}
