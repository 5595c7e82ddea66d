import { activationOf } from "./activations.ts";
import type { Format } from "./format.ts";
import { unusedBits } from "./format-layout.ts";
import { emptyField, type Field } from "./layout.ts";
import type { Report } from "./source.ts";

/** Largest magnitude of a sub-block scale or min: 10-bit signed. */
const maxScale = 511;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Elements over which both float scales are constant. */
export function stepOf(activation: Format["activation"], { group }: Format["d"]): number {
  const block = activationOf(activation).block;
  return Number.isFinite(block) && Number.isInteger(group) ? gcd(group, block) : group;
}

/** Sub-blocks, the groups of d and dmin and the steps lie within each other. */
export function checkGroups(report: Report, format: Format): void {
  const { d, dmin, subBlock, activation, step } = format;
  if (d.group % subBlock !== 0) {
    const what = `d serves ${d.group} elements, a sub-block has ${subBlock}`;
    report.add(["fields", "d"], "group", what, {
      why: "all of a sub-block shares one d",
      fix: "make sub-blocks shorter",
    });
  }
  if (dmin && dmin !== "d" && dmin.group !== d.group) {
    report.add(["fields", "dmin"], "group", `dmin serves ${dmin.group} elements and d ${d.group}; they must match`);
  }
  const block = activationOf(activation).block;
  const want = stepOf(activation, d);
  if (step !== want) {
    const over = Number.isFinite(block) ? `${block} elements` : "the whole row";
    const why = `d is constant over ${d.group} elements, the scale of ${activation} over ${over}`;
    report.add(["step"], "step", `step is ${step}; it must be ${want}`, {
      why,
      fix: `write \`step: ${want}\`, or leave it out`,
    });
  } else if (subBlock % step !== 0 && step % subBlock !== 0) {
    const what = `sub-blocks of ${subBlock} and steps of ${step} do not lie within each other`;
    report.add(["block", "sub-block"], "group", what, { why: "a step sums whole sub-blocks, or parts of one" });
  }
}

/** Largest magnitude of one step's integer sums, for int8 activations of magnitude up to 128. */
export function sumRange(format: Pick<Format, "step" | "scale" | "min" | "levels">): { isum: number; msum: number } {
  const magnitude = (range: { min: number; max: number }) => Math.max(Math.abs(range.min), Math.abs(range.max));
  return {
    isum: format.step * 128 * magnitude(format.levels) * magnitude(format.scale),
    msum: format.min ? format.step * 128 * magnitude(format.min) : 0,
  };
}

/** Sums of one step stay exact in the golden model's doubles, and scales in the machine's registers. */
export function checkRange(report: Report, format: Format): void {
  for (const [name, range] of Object.entries(sumRange(format))) {
    if (range >= 2 ** 53) {
      const what = `${name} of a step can reach ${range.toExponential(2)}; integers are exact below 2^53`;
      report.add(["level"], "range", what, { fix: "use shorter steps, or levels of a smaller range" });
    }
  }
  for (const name of ["scale", "min"] as const) {
    const code = format[name];
    if (code && Math.max(-code.min, code.max) > maxScale) {
      const what = `${name} ranges over ${code.min}..${code.max}; -${maxScale}..${maxScale} is the most`;
      report.add([name], "range", what);
    }
  }
}

/** Every bit of the block has one meaning, or is named as padding. */
export function checkEveryBit(report: Report, format: Format): void {
  const { overlaps, unused } = unusedBits(namedFields(format), format.bytes * 8);
  for (const { field, other, bit } of overlaps) {
    const what =
      field === other
        ? `fields.${field} uses ${placeOf(bit)} twice`
        : `fields.${field} and fields.${other} both use ${placeOf(bit)}`;
    report.add(["fields", field], "overlap", what, { why: "each bit of a block has one meaning" });
  }
  if (unused.length > 0) {
    const runs = runsOf(unused);
    const list = runs.slice(0, 3).map(runText).join(", ");
    report.add(
      ["fields"],
      "unused-bits",
      `${unused.length} bits of the block belong to no field: ${list}${runs.length > 3 ? " ..." : ""}`,
      {
        why: "a layout that misses bits is usually a wrong stride",
        fix: "name them under fields.padding if they carry nothing",
      },
    );
  }
}

/** The fields of a block, by their names in the spec. */
export function namedFields(format: Format): (readonly [string, Field])[] {
  const all: (readonly [string, Field])[] = [
    ...(format.code.codec?.fields ?? ([["code", format.code]] as const)),
    ["scale", format.scale.field],
    ["min", format.min?.field ?? emptyField],
    ["d", format.d.field],
    ["dmin", format.dmin && format.dmin !== "d" ? format.dmin.field : emptyField],
    ["padding", format.padding],
  ];
  return all.filter(([, field]) => field.count > 0);
}

/** Ascending bits as runs of neighbours: first and last. */
function runsOf(bits: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const bit of bits) {
    const run = runs.at(-1);
    if (run && run[1] === bit - 1) run[1] = bit;
    else runs.push([bit, bit]);
  }
  return runs;
}

function runText([first, last]: [number, number]): string {
  if (first % 8 === 0 && last % 8 === 7) {
    return last - first === 7 ? `byte ${first >> 3}` : `bytes ${first >> 3}-${last >> 3}`;
  }
  return first === last ? placeOf(first) : `${placeOf(first)} to ${placeOf(last)}`;
}

const placeOf = (bit: number) => `byte ${bit >> 3} bit ${bit & 7}`;
