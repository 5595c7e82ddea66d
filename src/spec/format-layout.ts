import type { PieceYaml } from "./format-schema.ts";
import { emptyField, type Field, type Part } from "./layout.ts";
import type { Report } from "./source.ts";

/** A piece and where the spec says it. */
export interface LocatedPiece {
  piece: PieceYaml;
  path: PropertyKey[];
}

/** No block has more elements than this, so a field that asks for more is a mistake. */
const maxFieldElements = 1 << 16;

/** Turns the pieces of a field into positions, and reports what lies outside the block or does not add up. */
export function resolveField(
  report: Report,
  path: PropertyKey[],
  pieces: readonly LocatedPiece[],
  blockBits: number,
): Field {
  const before = report.problems.length;
  /** Bits that each element has so far. */
  const taken: number[] = [];
  const parts = pieces.flatMap((piece) => resolvePiece(report, piece, taken, blockBits) ?? []);
  if (report.problems.length > before) return emptyField;
  const bits = Math.max(...taken);
  const short = taken.findIndex((have) => have !== bits);
  if (short >= 0) {
    report.add(path, "field-bits", `element ${short} of ${path.join(".")} gets ${taken[short]} bits, others ${bits}`, {
      why: "all elements of a field are equally wide",
      fix: "let the pieces cover each element (`from`, `shape`)",
    });
    return emptyField;
  }
  return { count: taken.length, bits, parts };
}

function resolvePiece(
  report: Report,
  { piece, path }: LocatedPiece,
  taken: number[],
  blockBits: number,
): Part | undefined {
  const { from = 0, trit } = piece;
  const mistake = shapeMistake(piece);
  if (mistake) {
    const [rule, what, more] = mistake;
    report.add(path, rule, what, more);
    return undefined;
  }
  const { position, digit } = positions(piece);
  const bits = piece.bits ?? 2;
  const claim = trit === undefined ? bits : 8;
  const outside = position.findIndex((at) => at + claim > blockBits);
  if (outside >= 0) {
    const what = `element ${from + outside} ends at bit ${position[outside] + claim}; the block has ${blockBits}`;
    report.add(path, "outside-block", what, { why: `a block of ${blockBits / 8} bytes is read on its own` });
    return undefined;
  }
  const shift = taken[from] ?? 0;
  const uneven = position.findIndex((_, i) => (taken[from + i] ?? 0) !== shift);
  if (uneven >= 0) {
    const what = `element ${from + uneven} has ${taken[from + uneven] ?? 0} bits below this piece, element ${from} has ${shift}`;
    report.add(path, "field-bits", what, { why: "a piece puts its bits above those of earlier pieces" });
    return undefined;
  }
  while (taken.length < from + position.length) taken.push(0);
  taken.fill(shift + bits, from, from + position.length);
  return { from, bits, shift, position, ...(trit !== undefined && { trit: digit }) };
}

type Mistake = [rule: string, what: string, more?: { why?: string; fix?: string }];

/** What is wrong with a piece by itself, before anything is computed from it. */
function shapeMistake({ bits, byte, bit = 0, shape, stride, from = 0, trit }: PieceYaml): Mistake | undefined {
  if (shape?.length !== stride?.length) {
    const what = `shape and stride differ in length: ${shape?.length ?? 0} and ${stride?.length ?? 0}`;
    return ["layout-rank", what, { fix: "give one stride for each digit of shape" }];
  }
  if ((bits === undefined) === (trit === undefined)) {
    return ["layout-bits", "a piece needs one of `bits` and `trit`", { fix: "`bits: n` for ordinary bit fields" }];
  }
  const count = shape?.reduce((product, size) => product * size, 1) ?? 1;
  if (count + from > maxFieldElements) {
    return ["layout-size", `${count + from} elements; ${maxFieldElements} are the most`];
  }
  if (trit === undefined) return undefined;
  const why = "a byte holds five base-3 digits";
  if (!shape || !stride || !(shape[trit] <= 5) || stride[trit] !== 0) {
    return ["layout-trit", "`trit` must name a digit of shape of size at most 5 and stride 0", { why }];
  }
  if ((byte * 8 + bit) % 8 !== 0 || stride.some((distance) => distance % 8 !== 0)) {
    return [
      "layout-trit",
      "base-3 digits must lie in whole bytes",
      { why, fix: "use strides that are multiples of 8" },
    ];
  }
  return undefined;
}

/** The first bit of each element, and its base-3 digit. */
function positions({ byte, bit = 0, shape = [1], stride = [0], trit }: PieceYaml) {
  const count = shape.reduce((product, size) => product * size, 1);
  const position = new Int32Array(count);
  const digit = new Uint8Array(count);
  for (let e = 0; e < count; e++) {
    let rest = e;
    let at = byte * 8 + bit;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis];
      rest = (rest - index) / shape[axis];
      at += index * stride[axis];
      if (axis === trit) digit[e] = index;
    }
    position[e] = at;
  }
  return { position, digit };
}

/**
 * The proof that each bit has one user.
 * @returns the first bit of every pair of fields that overlap (a field may overlap itself), and the bits nobody uses
 */
export function unusedBits(fields: readonly (readonly [string, Field])[], blockBits: number) {
  const owner = new Array<string | undefined>(blockBits).fill(undefined);
  const overlaps = new Map<string, { field: string; other: string; bit: number }>();
  const claim = (field: string, bit: number) => {
    const other = owner[bit];
    const pair = `${field} ${other}`;
    if (other !== undefined && !overlaps.has(pair)) overlaps.set(pair, { field, other, bit });
    owner[bit] ??= field;
  };
  for (const [field, { parts }] of fields) {
    /** Base-3 bytes of this field, with the digits that are taken. */
    const digits = new Map<number, Set<number>>();
    for (const { position, bits, trit } of parts) {
      position.forEach((start, i) => {
        const seen = trit && digits.get(start);
        if (seen && !seen.has(trit[i])) {
          seen.add(trit[i]);
          return;
        }
        if (trit) digits.set(start, new Set([trit[i]]));
        for (let bit = start; bit < start + (trit ? 8 : bits); bit++) claim(field, bit);
      });
    }
  }
  const unused = Array.from(owner.keys()).filter((bit) => owner[bit] === undefined);
  return { overlaps: [...overlaps.values()], unused };
}
