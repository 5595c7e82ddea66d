import type { Format, IntegerCode } from "../spec/format.ts";
import { type LevelSet, levelSet } from "./level-set.ts";
import { ScaleSet } from "./scale-set.ts";
import { copySums, errorOf, SubBlock, type Sums } from "./sub-block.ts";

/** How a group of elements that share d and dmin is stored. */
export interface StoredGroup {
  d: number;
  dmin: number;
  /** Stored scales and mins, one a sub-block (of none where the format stores none). */
  scale: Uint8Array;
  min: Uint8Array;
  code: Uint8Array;
}

/** Scales that are tried for a sub-block, and steps of d and dmin for a group. */
const subBlockTrials = 16;
const stepTrials = 24;

const { abs, max, min, round } = Math;

/** A fit in whole multiples of the group's steps. */
interface Fit {
  d: number;
  dmin: number;
  scales: Float64Array;
  mins: Float64Array;
  error: number;
}

/** Fits one group after another: weighted least squares over levels, integer scales and mins, and float steps. */
export class GroupFitter {
  /** Elements of a group, and of a sub-block of it. */
  readonly group: number;
  readonly span: number;
  private readonly count: number;
  private readonly levels: LevelSet;
  private readonly sub: SubBlock;
  private readonly dSet: ScaleSet;
  private readonly dminSet: ScaleSet | undefined;
  /** Of the mins; zeros alone where there are none. */
  private readonly minCode: IntegerCode;
  /** Real scale and offset of each sub-block, and the sums of its present levels. */
  private readonly scales: Float64Array;
  private readonly offsets: Float64Array;
  private readonly sums: Sums[];
  private readonly isSigned: boolean;
  /** Signs of a scale that are tried, and whether an offset can be of both. */
  private readonly signs: readonly number[];
  private readonly isOffsetFree: boolean;
  /** All steps again with the levels of the first ones; d alone, tried value by value, has nothing to gain by it. */
  private readonly passes: number;
  /** The least scale that is tried, as a share of the one that reaches the largest weight. */
  private readonly shortest: number;
  private x: Float32Array = new Float32Array(0);
  private w: Float64Array = new Float64Array(0);

  constructor(private readonly format: Format) {
    const { d, dmin, scale, min: mins, subBlock } = format;
    this.group = d.group;
    // Where nothing is stored for each sub-block, they are one.
    const isWhole = scale.field.count === 0 && (mins?.field.count ?? 0) === 0;
    this.span = isWhole ? d.group : subBlock;
    this.count = this.group / this.span;
    this.levels = levelSet(format);
    this.sub = new SubBlock(this.levels);
    this.dSet = new ScaleSet(d);
    this.dminSet = dmin && dmin !== "d" ? new ScaleSet(dmin) : undefined;
    this.minCode = mins ?? { field: scale.field, flip: 0, shift: 0, offset: 0, min: 0, max: 0 };
    this.scales = new Float64Array(this.count);
    this.offsets = new Float64Array(this.count);
    this.sums = Array.from({ length: this.count }, () => ({ ...this.sub.sums }));
    const { values } = this.levels;
    this.isSigned = scale.min < 0 || (this.count === 1 && !this.dSet.isCoarse);
    const isSymmetric = values[0] === -values[values.length - 1];
    this.signs = mins || isSymmetric || !this.isSigned ? [1] : [1, -1];
    this.passes = this.dSet.isCoarse && scale.min === scale.max ? 1 : 2;
    this.isOffsetFree = this.minCode.min < 0;
    this.shortest = values.length <= 4 ? 0.3 : values.length <= 16 ? 0.55 : values.length <= 64 ? 0.8 : 0.93;
  }

  /**
   * @param x the weights of a group
   * @param w their importance
   */
  fit(x: Float32Array, w: Float64Array, out: StoredGroup): void {
    this.x = x;
    this.w = w;
    for (let j = 0; j < this.count; j++) this.fitSubBlock(j);
    let best: Fit | undefined;
    for (let pass = 0; pass < this.passes; pass++) {
      const fit = this.dSet.isCoarse ? this.coarseSteps() : this.fineSteps();
      this.refine(fit);
      if (!best || fit.error < best.error) best = fit;
      if (pass + 1 < this.passes) for (let j = 0; j < this.count; j++) this.solve(j);
    }
    // Levels or mins that keep away from zero can do worse than none of them.
    const power = this.sums.reduce((sum, { xx }) => sum + xx, 0);
    if (!(best!.error <= power)) {
      best = this.fitWith(this.dSet.store(0), this.dminSet?.store(0) ?? 0);
    }
    this.store(best!, out);
  }

  private take(j: number): void {
    this.sub.take(this.x, this.w, j * this.span, (j + 1) * this.span);
  }

  /** Real scale and offset of a sub-block: the best of several trial scales, each solved for its levels. */
  private fitSubBlock(j: number): void {
    const { sub, levels, shortest, minCode } = this;
    const { values } = levels;
    this.take(j);
    const last = values[values.length - 1];
    const [first] = values;
    const hasOffset = minCode.min !== minCode.max || minCode.min !== 0;
    const low = hasOffset && !this.isOffsetFree ? min(sub.least, 0) : sub.least;
    let error = Infinity;
    let scale = 0;
    let offset = 0;
    const attempt = (s: number, o: number) => {
      sub.assign(s, o);
      const [trialScale, trialOffset] = this.solved(sub.sums, s, o);
      const found = errorOf(sub.sums, trialScale, trialOffset);
      if (found >= error) return false;
      error = found;
      scale = trialScale;
      offset = trialOffset;
      return true;
    };
    for (const sign of this.signs) {
      const up = sign > 0 ? sub.most : -sub.least;
      const down = sign > 0 ? -sub.least : sub.most;
      const reach = hasOffset
        ? (sub.most - low) / (last - first)
        : max(last > 0 ? up / last : 0, first < 0 ? down / -first : 0);
      if (!(reach > 0)) continue;
      const trials = subBlockTrials / this.signs.length;
      for (let t = 0; t < trials; t++) {
        const s = sign * reach * (1.05 - ((1.05 - shortest) * t) / (trials - 1));
        attempt(s, hasOffset ? this.allowed((s * (first + last)) / 2 - (sub.most + low) / 2) : 0);
      }
    }
    for (let more = 0; more < 3 && error < Infinity && attempt(scale, offset); more++);
    this.scales[j] = scale;
    this.offsets[j] = offset;
    if (error === Infinity) {
      const [s, o] = this.solved(sub.sums, 0, hasOffset ? this.allowed(-sub.most) : 0);
      this.offsets[j] = o;
      this.scales[j] = s;
    }
    sub.assign(this.scales[j], this.offsets[j]);
    copySums(sub.sums, this.sums[j]);
  }

  private allowed(offset: number): number {
    return this.isOffsetFree ? offset : max(0, offset);
  }

  /** Least squares for scale and offset with given levels. */
  private solved({ w, x, v, vv, xv }: Sums, scale: number, offset: number): [number, number] {
    const { minCode } = this;
    if (minCode.min === 0 && minCode.max === 0) {
      if (vv === 0) return [scale, 0];
      const s = xv / vv;
      return this.isSigned || s > 0 ? [s, 0] : [0, 0];
    }
    const determinant = w * vv - v * v;
    if (determinant <= 1e-12 * w * vv) return [scale, w > 0 ? this.allowed((scale * v - x) / w) : offset];
    const s = (w * xv - v * x) / determinant;
    const o = (s * v - x) / w;
    if (s > 0 && this.allowed(o) === o) return [s, o];
    return [max(0, vv > 0 ? xv / vv : 0), 0];
  }

  private solve(j: number): void {
    const [s, o] = this.solved(this.sums[j], this.scales[j], this.offsets[j]);
    this.scales[j] = s;
    this.offsets[j] = o;
  }

  /** The steps d and dmin by the sums of the present levels: 24 trials each. */
  private fineSteps(): Fit {
    const { scale: code } = this.format;
    const extreme = this.scales.reduce((most, s) => (abs(s) > abs(most) ? s : most), 0);
    let best = Infinity;
    let d = 0;
    const limits =
      code.min < 0 && code.max > 0 ? [code.min, code.max] : [abs(code.max) > abs(code.min) ? code.max : code.min];
    const trials = code.min === code.max ? 1 : stepTrials;
    for (const limit of limits) {
      for (let t = 0; t < trials; t++) {
        const share = trials === 1 ? 1 : shareOf(t);
        const bits = this.dSet.store(extreme / (limit * share * this.format.levels.unit));
        const error = this.withSteps(bits, undefined, best);
        if (error >= best) continue;
        best = error;
        d = bits;
      }
    }
    return this.fitWith(d, this.dminSet ? this.fineMin(d) : 0);
  }

  /** The best dmin for a given d. */
  private fineMin(d: number): number {
    const { minCode, dminSet } = this;
    const step = this.dStep(d);
    let extreme = 0;
    for (let j = 0; j < this.count; j++) {
      const o = this.offsetFor(j, step * this.integerScale(j, step));
      if (abs(o) > abs(extreme)) extreme = o;
    }
    const limit = abs(minCode.max) > abs(minCode.min) ? minCode.max : minCode.min;
    const trials = minCode.min === minCode.max ? 1 : stepTrials;
    let best = Infinity;
    let dmin = 0;
    for (let t = 0; t < trials; t++) {
      const bits = dminSet!.store(extreme / (limit * (trials === 1 ? 1 : shareOf(t))));
      const error = this.withSteps(d, bits, best);
      if (error >= best) continue;
      best = error;
      dmin = bits;
    }
    return dmin;
  }

  private dStep(d: number): number {
    return this.dSet.value(d) * this.format.levels.unit;
  }

  private minStep(d: number, dmin: number): number {
    if (this.format.dmin === "d") return this.dSet.value(d);
    return this.dminSet ? this.dminSet.value(dmin) : 0;
  }

  /** The best offset of a sub-block whose scale is given. */
  private offsetFor(j: number, scale: number): number {
    const { w, x, v } = this.sums[j];
    return w > 0 ? this.allowed((scale * v - x) / w) : 0;
  }

  private integerScale(j: number, step: number): number {
    return nearestInteger(this.format.scale, step === 0 ? 0 : this.scales[j] / step);
  }

  private integerMin(offset: number, step: number): number {
    return nearestInteger(this.minCode, step === 0 ? 0 : offset / step);
  }

  /** The squared error of steps for the present levels, or at least `enough`; without dmin offsets stay real numbers. */
  private withSteps(d: number, dmin: number | undefined, enough: number): number {
    const step = this.dStep(d);
    const isOpen = this.dminSet !== undefined && dmin === undefined;
    const minStep = isOpen ? 0 : this.minStep(d, dmin ?? 0);
    let error = 0;
    for (let j = 0; j < this.count && error < enough; j++) {
      const s = step * this.integerScale(j, step);
      const wanted = this.format.min ? this.offsetFor(j, s) : 0;
      error += errorOf(this.sums[j], s, isOpen ? wanted : minStep * this.integerMin(wanted, minStep));
    }
    return error;
  }

  /** Integer scales and mins for steps. */
  private fitWith(d: number, dmin: number): Fit {
    const step = this.dStep(d);
    const minStep = this.minStep(d, dmin);
    const scales = Float64Array.from(this.sums, (_, j) => this.integerScale(j, step));
    const mins = scales.map((s, j) => (this.format.min ? this.integerMin(this.offsetFor(j, s * step), minStep) : 0));
    return { d, dmin, scales, mins, error: 0 };
  }

  /** Each d that could serve, with the levels it gives. */
  private coarseSteps(): Fit {
    const { scale: code, levels } = this.format;
    const limit = max(abs(code.min), abs(code.max));
    const extreme = this.scales.reduce((most, s) => max(most, abs(s)), 0) / (limit * levels.unit);
    let best: Fit | undefined;
    for (const value of this.dSet.between(extreme * this.shortest, extreme * 1.5)) {
      const fit = this.fitWith(this.dSet.store(value), 0);
      for (let j = 0; j < this.count; j++) {
        this.take(j);
        fit.error += this.sub.assign(fit.scales[j] * this.dStep(fit.d), fit.mins[j] * this.minStep(fit.d, 0));
      }
      if (!best || fit.error < best.error) best = fit;
    }
    return best!;
  }

  /** Scales and mins one step up and down, each with its nearest levels. */
  private refine(fit: Fit): void {
    const { scale: code } = this.format;
    const step = this.dStep(fit.d);
    const minStep = this.minStep(fit.d, fit.dmin);
    fit.error = 0;
    for (let j = 0; j < this.count; j++) {
      this.take(j);
      let error = Infinity;
      let [bestScale, bestMin] = [fit.scales[j], fit.mins[j]];
      for (const s of neighbours(code, fit.scales[j])) {
        for (const m of neighbours(this.minCode, fit.mins[j])) {
          const found = this.sub.assign(s * step, m * minStep);
          if (found >= error) continue;
          error = found;
          [bestScale, bestMin] = [s, m];
          copySums(this.sub.sums, this.sums[j]);
        }
      }
      fit.scales[j] = bestScale;
      fit.mins[j] = bestMin;
      fit.error += error;
    }
  }

  private store(fit: Fit, out: StoredGroup): void {
    const { format, minCode } = this;
    const step = this.dStep(fit.d);
    const minStep = this.minStep(fit.d, fit.dmin);
    out.d = fit.d;
    out.dmin = fit.dmin;
    for (let j = 0; j < this.count; j++) {
      this.take(j);
      this.sub.store(fit.scales[j] * step, fit.mins[j] * minStep, out.code);
      if (format.scale.field.count > 0) out.scale[j] = storedInteger(format.scale, fit.scales[j]);
      if (minCode.field.count > 0) out.min[j] = storedInteger(minCode, fit.mins[j]);
    }
  }
}

/** Shares of the step that the largest sub-block asks for. */
const shareOf = (trial: number) => 1.06 - 0.024 * trial;

/** The whole number of a code's range that is nearest. */
function nearestInteger({ shift, offset, min: least, max: most }: IntegerCode, wanted: number): number {
  const unit = shift === 1 ? 2 : 1;
  return min(most, max(least, round((wanted + offset) / unit) * unit - offset));
}

function neighbours(code: IntegerCode, value: number): number[] {
  const unit = code.shift === 1 ? 2 : 1;
  return [value, value - unit, value + unit].filter((near) => near >= code.min && near <= code.max);
}

const storedInteger = ({ flip, shift, offset }: IntegerCode, value: number) => ((value + offset) / 2 ** shift) ^ flip;
