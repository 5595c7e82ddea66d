import { nearest } from "../nearest.ts";
import { userError } from "../problem.ts";
import { type Site, sites } from "./activations.ts";
import { gemm } from "./gemm.ts";
import { type Multiply, multiplyFast, type Place } from "./multiply.ts";

/**
 * How the activations of a site become integers of a few bits. `block` and `token` take their scale from the 32 values or
 * the token at hand, symmetric about zero; `static` and `clipped` have one scale and zero point for the tensor,
 * calibrated: from the least to the largest value, or the part of that range that has the least squared error.
 */
export interface SiteType {
  bits: number;
  scale: "block" | "token" | "static" | "clipped";
}

export interface Range {
  min: number;
  max: number;
}

/** What `--sites` asks for; sites left out keep what ggml does. */
export interface SitePlan {
  types: Partial<Record<Site, SiteType>>;
  /** Of static sites, by `placeKey`. */
  ranges?: Record<string, Range>;
}

/** Values that share a scale of a `block` site. */
const blockValues = 32;

export const placeKey = ({ site, layer }: Place) => `${site}.${layer}`;

/** `attention=int8,down=int4_token`; `all` stands for every site. @throws UserError */
export function parseSites(text: string): SitePlan {
  const types: SitePlan["types"] = {};
  for (const part of text.split(",")) {
    const [name, type = ""] = part.split("=");
    const match = /^int([2-8])(?:_(token|static|clipped))?$/.exec(type);
    if (!match) {
      throw userError("eval-sites", `'${part.slice(0, 40)}' is not SITE=TYPE`, {
        why: "a type is int2 to int8 (a scale each 32 values), or int8_token, int8_static, int8_clipped",
        fix: "for example --sites attention=int8,down=int4",
      });
    }
    const found = sites.find((site) => site === name);
    if (!found && name !== "all") throw unknownSite(name);
    const scale = (match[2] ?? "block") as SiteType["scale"];
    for (const site of found ? [found] : sites) types[site] = { bits: Number(match[1]), scale };
  }
  return { types };
}

function unknownSite(name: string) {
  const guess = nearest(name, [...sites]);
  return userError("eval-sites", `no site named '${name.slice(0, 40)}'`, {
    fix: guess ? `did you mean '${guess}'?` : `sites: ${sites.join(", ")}, all`,
  });
}

export const siteTypeName = ({ bits, scale }: SiteType) => `int${bits}${scale === "block" ? "" : `_${scale}`}`;

export const isStatic = ({ types }: SitePlan) =>
  Object.values(types).some(({ scale }) => scale === "static" || scale === "clipped");

const { abs, fround, max, min, round } = Math;

/** Runs of `run` values, each by its own scale, symmetric. */
function throughSymmetric(x: Float32Array, bits: number, run: number): Float32Array {
  const most = 2 ** (bits - 1) - 1;
  const out = new Float32Array(x.length);
  for (let from = 0; from < x.length; from += run) {
    const to = min(from + run, x.length);
    let largest = 0;
    for (let i = from; i < to; i++) largest = max(largest, abs(x[i]));
    const d = fround(largest / most);
    if (d === 0) continue;
    for (let i = from; i < to; i++) out[i] = round(x[i] / d) * d;
  }
  return out;
}

/** One scale and zero point for all. */
function throughRange(x: Float32Array, bits: number, range: Range): Float32Array {
  const most = 2 ** bits - 1;
  const d = fround((range.max - range.min) / most) || 1;
  const zero = round(-range.min / d);
  return x.map((value) => (min(most, max(0, round(value / d) + zero)) - zero) * d);
}

/** Columns of K activations as their site's integers give them back. */
function throughSite(x: Float32Array, k: number, { bits, scale }: SiteType, range: Range | undefined): Float32Array {
  if (scale === "block") return throughSymmetric(x, bits, blockValues);
  if (scale === "token") return throughSymmetric(x, bits, k);
  return throughRange(x, bits, range!);
}

/** The fast path with activations of the plan's types. */
export const multiplySites =
  ({ types, ranges }: SitePlan): Multiply =>
  async (matrices, x, columns, place) => {
    const type = types[place.site];
    if (!type) return multiplyFast(matrices, x, columns, place);
    const activations = throughSite(x, matrices[0].packed.k, type, ranges?.[placeKey(place)]);
    return matrices.map(({ packed }) => gemm(packed, activations, columns));
  };

/** Values of each place, from which static scales are taken. */
export class Calibration {
  private readonly places = new Map<string, { range: Range; sample: number[] }>();

  constructor(private readonly plan: SitePlan) {}

  /** The fast path, watched. */
  readonly multiply: Multiply = async (matrices, x, columns, place) => {
    if (this.plan.types[place.site]) this.note(x, placeKey(place));
    return multiplyFast(matrices, x, columns, place);
  };

  private note(x: Float32Array, key: string): void {
    const seen = this.places.get(key) ?? { range: { min: 0, max: 0 }, sample: [] };
    this.places.set(key, seen);
    for (let i = 0; i < x.length; i++) {
      seen.range.min = min(seen.range.min, x[i]);
      seen.range.max = max(seen.range.max, x[i]);
      // Odd, so that every channel has its turn.
      if (i % 17 === 0) seen.sample.push(x[i]);
    }
  }

  /** The plan with the ranges of its static sites. */
  finish(): SitePlan {
    const ranges: Record<string, Range> = {};
    for (const [key, { range, sample }] of this.places) {
      const type = this.plan.types[key.split(".")[0] as Site]!;
      ranges[key] = type.scale === "clipped" ? clip(Float32Array.from(sample), type.bits, range) : range;
    }
    return { ...this.plan, ranges };
  }
}

/** The part of a range, from all of it to a fiftieth, that gives a sample the least squared error. */
function clip(sample: Float32Array, bits: number, range: Range): Range {
  let best = range;
  let least = Infinity;
  for (let step = 50; step >= 1; step--) {
    const part = { min: (range.min * step) / 50, max: (range.max * step) / 50 };
    const through = throughRange(sample, bits, part);
    const error = sample.reduce((sum, value, i) => sum + (value - through[i]) ** 2, 0);
    if (error < least) [least, best] = [error, part];
  }
  return best;
}
