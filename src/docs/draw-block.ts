import { planFormat, refuseFormat, signedWidth } from "../plan/format-plan.ts";
import { wordBytes } from "../plan/interface.ts";
import type { FloatScale, Format, IntegerCode } from "../spec/format.ts";
import { namedFields, sumRange } from "../spec/format-checks.ts";
import { wrap } from "../wrap.ts";
import { blockRows, elementList, foldRows, type Row } from "./block-rows.ts";

/** Characters of a bit in the drawing: a field letter, a bit number and the line between. */
const bitWidth = 4;

/** Draws a block for people: where each bit lies, what it means, and what the format asks of a machine. 80 columns. */
export function drawBlock(format: Format): string {
  const { name, description, elements, bytes } = format;
  return [
    `${name}: ${elements} weights in ${bytes} bytes`,
    ...(description ? wrap(description, 78) : []),
    "",
    ...picture(format),
    "",
    ...legend(format),
    "",
    ...facts(format).flatMap(([key, value]) => wrap(value, 60).map((line, i) => `${(i ? "" : key).padEnd(18)}${line}`)),
    "",
  ].join("\n");
}

function picture(format: Format): string[] {
  const head = `${"byte".padStart(9)}  ${"7 6 5 4 3 2 1 0".split(" ").join("   ").padStart(31)}   element, low bits first (+n a byte)`;
  const lines = [head];
  for (const { rows, times } of foldRows(blockRows(format))) {
    lines.push(...rows.map(drawRow));
    if (times > 1) {
      const first = rows.at(-1)!.last + 1;
      const bytes = first - rows[0].first;
      lines.push(`${range(first, first + bytes * (times - 1) - 1)}  ${times - 1} more of the same`);
    }
  }
  return lines;
}

const range = (first: number, last: number) => (first === last ? `${first}` : `${first}-${last}`).padStart(9);

function drawRow(row: Row): string {
  const cells = row.cells.map(({ bits, label }) => centre(label, bits * bitWidth - 1));
  return `${range(row.first, row.last)} |${cells.join("|")}| ${elementList(row)}`.trimEnd();
}

function centre(text: string, width: number): string {
  return text.padStart(Math.floor((width + text.length) / 2)).padEnd(width);
}

/** What the letters mean, and how a weight comes of them. */
function legend(format: Format): string[] {
  const { code, scale, min, d, dmin, padding, subBlock } = format;
  const stored = new Map(namedFields(format));
  const lines: [string, string][] = [
    ["c", code.codec ? gridText(format) : `code: ${bitCount(code.bits)}, ${levelText(format)}`],
    ["n", stored.has("sign") ? signText(stored.get("sign")!.bits) : ""],
    ["e", stored.has("delta") ? "delta: the weights move by -1/8 of a grid step, not +1/8" : ""],
    ["s", scale.field.count > 0 ? `scale of ${subBlock} weights: ${integerText("s", scale)}` : ""],
    ["m", min && min.field.count > 0 ? `min of ${subBlock} weights: ${integerText("m", min)}` : ""],
    ["d", `block scale of ${d.group} weights: ${floatText(d)}`],
    ["dmin", dmin && dmin !== "d" ? `scale of the mins: ${floatText(dmin)}` : ""],
    ["pad", padding.count > 0 ? "padding: read by nobody" : ""],
  ];
  const s = scale.field.count > 0 ? " S" : scale.min === 1 ? "" : ` ${scale.min}`;
  const m = min && (min.field.count > 0 ? "M" : `(${min.min})`);
  const subtract = m ? ` - ${dmin === "d" ? "d" : "dmin"} ${m}` : "";
  return [
    ...lines.filter(([, text]) => text).map(([letter, text]) => `${letter.padStart(5)}  ${text}`),
    `       weight = d${s} V${subtract}`,
  ];
}

const signed = (offset: number) => (offset === 0 ? "" : offset > 0 ? ` - ${offset}` : ` + ${-offset}`);

function levelText({ levels, code }: Format): string {
  const { table, min, max, unit } = levels;
  const span = `${min * unit}..${max * unit}`;
  if (table) {
    const finite = table.filter(Number.isFinite);
    const holes = table.length - finite.length;
    return `V one of ${new Set(finite).size} levels ${span}${holes ? `, ${holes} codes are not finite` : ""}`;
  }
  return `V = ${integerMap("c", code.bits, levels)}${unit === 1 ? "" : ` times 2^${Math.log2(unit)}`}, ${span}`;
}

const signText = (bits: number) =>
  bits === 1 ? "sign: 1 negates" : "signs of 8 weights: 1 negates; the eighth sign makes their number even";

function gridText(format: Format): string {
  const [[, index]] = namedFields(format);
  return `index of ${format.elements / index.count} weights: ${bitCount(index.bits)}, ${levelText(format)}`;
}

function integerMap(letter: string, bits: number, { flip, shift, offset }: Omit<IntegerCode, "field">): string {
  if (flip) {
    const inner = signed(offset - flip * 2 ** shift);
    return `${shift ? "2 " : ""}${letter} in two's complement${inner}`;
  }
  return bits === 0 ? `${-offset}` : `${shift ? "2 " : ""}${letter}${signed(offset)}`;
}

const integerText = (letter: string, code: IntegerCode) =>
  `${bitCount(code.field.bits)}, ${letter.toUpperCase()} = ${integerMap(letter, code.field.bits, code)}, ${code.min}..${code.max}`;

const bitCount = (bits: number) => (bits === 1 ? "1 bit" : `${bits} bits`);

const floatText = ({ type, multiplier }: FloatScale) =>
  multiplier === 1 ? type : `${type} times 2^${Math.log2(multiplier)}`;

function facts(format: Format): [string, string][] {
  const { elements, bytes, subBlock, step, activation } = format;
  const { isum, msum } = sumRange(format);
  const width = (range: number) => `${signedWidth(-range, range)} bits`;
  const reasons = refuseFormat(format);
  const lines: [string, string][] = [
    ["bits per weight", String((bytes * 8) / elements)],
    ["sub-block", `${subBlock} weights`],
    ["activation", activation],
    ["fp32 step", `${step} weights`],
    ...levelsByCode(format),
    ["sums of a step", `isum ${width(isum)}${format.min ? `, msum ${width(msum)}` : ""}`],
  ];
  if (reasons.length > 0)
    return [
      ...lines,
      ...reasons.map(({ what }, i): [string, string] => [i ? "" : "golden only", what.replace(`${format.name}: `, "")]),
    ];
  const { tileWords, storedBytes } = planFormat(format);
  const bytesText = `${tileWords * wordBytes} bytes, stored ${storedBytes}`;
  return [...lines, ["device tile", `${tileWords} words for 8 x 256 weights: ${bytesText}`]];
}

/**
 * What each stored code means, where a table says it; longer tables are those of 8-bit minifloats, which their names say, and a
 * grid's blocks store indices of vectors.
 */
function levelsByCode({ levels: { table, unit }, code }: Format): [string, string][] {
  if (!table || table.length > 64 || code.codec) return [];
  return [["levels by code", [...table].map((level) => level * unit).join(" ")]];
}
