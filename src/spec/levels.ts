import type { FormatYaml, Minifloat } from "./format-schema.ts";
import type { Report } from "./source.ts";

/**
 * The level map v(code) as integers: level = (code XOR flip) * 2^shift - offset, or table[code].
 * The real value of a level is `level * unit`; unit is a power of two that MatMul folds into d.
 */
export interface Levels {
  flip: number;
  shift: 0 | 1;
  offset: number;
  /** Codebook and minifloat levels; by code. NaN marks a code that is not a number. */
  table?: Float64Array;
  unit: number;
  min: number;
  max: number;
}

interface MinifloatLayout {
  exponent: number;
  mantissa: number;
  bias: number;
  /** What the codes of the top exponent mean: all numbers; NaN at all-ones (OCP E4M3); IEEE inf and NaN (OCP E5M2). */
  top: "finite" | "nan" | "ieee";
}

/** OCP Microscaling Formats v1.0, section 5.3. */
const minifloatLayouts: Record<Minifloat, MinifloatLayout> = {
  e2m1: { exponent: 2, mantissa: 1, bias: 1, top: "finite" },
  e3m2: { exponent: 3, mantissa: 2, bias: 3, top: "finite" },
  e2m3: { exponent: 2, mantissa: 3, bias: 1, top: "finite" },
  e4m3: { exponent: 4, mantissa: 3, bias: 7, top: "nan" },
  e5m2: { exponent: 5, mantissa: 2, bias: 15, top: "ieee" },
};

/** Bits of a minifloat code. */
const minifloatBits = (layout: MinifloatLayout) => 1 + layout.exponent + layout.mantissa;

/** Integer levels of a minifloat in units of its smallest subnormal, 2^(1 - bias - mantissa). */
function minifloatLevels(layout: MinifloatLayout): { table: Float64Array; unit: number } {
  const { exponent, mantissa, bias, top } = layout;
  const codes = 2 ** minifloatBits(layout);
  const table = Float64Array.from({ length: codes }, (_, code) => {
    const m = code % 2 ** mantissa;
    const e = Math.floor(code / 2 ** mantissa) % 2 ** exponent;
    const sign = code >= codes / 2 ? -1 : 1;
    const isTop = e === 2 ** exponent - 1;
    if (isTop && top === "nan" && m === 2 ** mantissa - 1) return NaN;
    if (isTop && top === "ieee") return m === 0 ? sign * Infinity : NaN;
    // An integer level has no -0 (ggml decodes it as +0 too).
    return sign * (e === 0 ? m : (2 ** mantissa + m) * 2 ** (e - 1)) + 0;
  });
  return { table, unit: 2 ** (1 - bias - mantissa) };
}

/** Reports a multiplier that would cost more than a change of exponent. */
export function checkPowerOfTwo(report: Report, path: PropertyKey[], value: number): void {
  const exponent = Math.log2(value);
  if (value > 0 && Number.isInteger(exponent) && Math.abs(exponent) <= 40) return;
  report.add(path, "multiplier", `${value} is not a power of two in 2^-40..2^40`, {
    why: "it is folded into the exponent of the block scale",
  });
}

/** Whether `level` says one thing. */
export function checkOneMap(report: Report, { multiplier: _, ...kinds }: FormatYaml["level"]): boolean {
  const given = Object.keys(kinds);
  if (given.length === 1) return true;
  const what = `level needs exactly one map; it has ${given.length === 0 ? "none" : given.join(" and ")}`;
  report.add(["level"], "level", what, {
    fix: "choose one of offset, twos-complement, bipolar, codebook, minifloat, grid",
  });
  return false;
}

/** Turns the `level` entry of a spec into integer levels for codes of `bits` bits (0 where the code field is broken). */
export function resolveLevels(report: Report, yaml: FormatYaml["level"], bits: number): Levels {
  const { multiplier: unit = 1 } = yaml;
  const linear = (shift: 0 | 1, offset: number, flip = 0): Levels => {
    return { flip, shift, offset, unit, min: -offset, max: (2 ** bits - 1) * 2 ** shift - offset };
  };
  checkPowerOfTwo(report, ["level", "multiplier"], unit);
  if (!checkOneMap(report, yaml)) return linear(0, 0);
  if (yaml["twos-complement"]) return linear(0, 2 ** (bits - 1), 2 ** (bits - 1));
  if (yaml.bipolar) return linear(1, 2 ** bits - 1);
  if (yaml.codebook) {
    const { length } = yaml.codebook;
    if (bits > 0 && length !== 2 ** bits) {
      const what = `the codebook has ${length} entries; codes of ${bits} bits need ${2 ** bits}`;
      report.add(["level", "codebook"], "codebook", what);
    }
    checkWholeLevels(report, yaml.codebook);
    return tableLevels(Float64Array.from(yaml.codebook), unit);
  }
  if (yaml.minifloat) {
    const layout = minifloatLayouts[yaml.minifloat];
    if (bits > 0 && bits !== minifloatBits(layout)) {
      const what = `${yaml.minifloat} has ${minifloatBits(layout)} bits; the code has ${bits}`;
      report.add(["level", "minifloat"], "minifloat", what);
    }
    const levels = minifloatLevels(layout);
    return tableLevels(levels.table, levels.unit * unit);
  }
  return linear(0, yaml.offset ?? 0);
}

/** Published codebooks are often fractions of the largest level, as NF4's: the nearest that the multipliers can take. */
function checkWholeLevels(report: Report, codebook: readonly number[]): void {
  const fraction = codebook.find((level) => !Number.isInteger(level));
  if (fraction === undefined) return;
  const largest = Math.max(...codebook.map(Math.abs));
  const scaled = codebook.map((level) => Math.round((level / largest) * 127) + 0);
  report.add(["level", "codebook"], "codebook", `levels are whole numbers from -128 to 127; found ${fraction}`, {
    why: "the multipliers take int8",
    fix: `scale them: codebook: [${scaled.join(", ")}], and store d * ${largest} / 127 as the block scale`,
  });
}

function tableLevels(table: Float64Array, unit: number): Levels {
  const finite = table.filter(Number.isFinite);
  return { flip: 0, shift: 0, offset: 0, table, unit, min: Math.min(...finite), max: Math.max(...finite) };
}
