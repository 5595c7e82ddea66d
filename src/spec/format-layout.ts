import type { Problem } from "../problem.ts";
import type { PieceYaml } from "./format-schema.ts";
import { emptyField, type Field, type Part } from "./layout.ts";
import type { SpecSource } from "./source.ts";

interface LayoutContext {
  source: SpecSource;
  blockBits: number;
  problems: Problem[];
}

/** No block has more elements than this, so a field that asks for more is a mistake. */
const maxFieldElements = 1 << 16;

/** Turns the pieces of a field into positions, and reports what lies outside the block or does not add up. */
export function resolveField(context: LayoutContext, path: PropertyKey[], pieces: readonly PieceYaml[]): Field {
  const { source, problems } = context;
  const before = problems.length;
  const parts: Part[] = [];
  const taken: number[] = [];
  pieces.forEach((piece, index) => {
    const at =
      pieces.length === 1 && path.at(-1) !== "pieces" && !Array.isArray(lookup(source.value, path))
        ? path
        : [...path, index];
    const part = resolvePiece(context, at, piece, taken);
    if (part) parts.push(part);
  });
  const bits = Math.max(0, ...taken);
  const missing = taken.findIndex((have) => have !== bits);
  if (problems.length === before && missing >= 0) {
    const what = `element ${missing} gets ${taken[missing] ?? 0} bits and others ${bits}`;
    problems.push(
      source.problem(path, "field-bits", what, { fix: "let the pieces cover each element equally (`from`, `shape`)" }),
    );
  }
  return problems.length === before ? { count: taken.length, bits, parts } : emptyField;
}

function resolvePiece(
  context: LayoutContext,
  path: PropertyKey[],
  piece: PieceYaml,
  taken: number[],
): Part | undefined {
  const { source, problems, blockBits } = context;
  const { byte, bit = 0, shape = [1], stride = shape.map(() => 0), from = 0, trit } = piece;
  const fail = (rule: string, what: string, why?: string) => {
    problems.push(source.problem(path, rule, what, why ? { why } : {}));
    return undefined;
  };
  if (shape.length !== stride.length)
    return fail("layout-rank", `shape has ${shape.length} digits and stride ${stride.length}`);
  if (piece.shape && !piece.stride) return fail("layout-rank", "shape without stride");
  if ((piece.bits === undefined) === (trit === undefined))
    return fail("layout-bits", "a piece needs either `bits` or `trit`");
  const count = shape.reduce((product, size) => product * size, 1);
  if (count + from > maxFieldElements)
    return fail("layout-size", `${count + from} elements; ${maxFieldElements} are the most`);
  if (trit !== undefined && !(shape[trit] <= 5 && stride[trit] === 0)) {
    return fail(
      "layout-trit",
      "`trit` must name a digit of shape, of size at most 5 and stride 0",
      "a byte holds five base-3 digits",
    );
  }
  const bits = piece.bits ?? 2;
  const claim = trit === undefined ? bits : 8;
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
    if (at + claim > blockBits) {
      const where = `element ${from + e} ends at bit ${at + claim}`;
      return fail(
        "outside-block",
        `${where}; the block has ${blockBits} bits (${blockBits / 8} bytes)`,
        "a block is read on its own",
      );
    }
    position[e] = at;
  }
  const shift = taken[from] ?? 0;
  for (let e = from; e < from + count; e++) {
    if ((taken[e] ?? 0) !== shift)
      return fail("field-bits", `element ${e} already has ${taken[e] ?? 0} bits, element ${from} ${shift}`);
  }
  while (taken.length < from + count) taken.push(0);
  for (let e = from; e < from + count; e++) taken[e] = shift + bits;
  return { from, bits, shift, position, ...(trit !== undefined && { trit: digit }) };
}

function lookup(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], value);
}

/** Proves that each bit has one user: gives the first bit of every pair of fields that overlap, and the bits nobody uses. */
export function unusedBits(fields: [string, Field][], blockBits: number) {
  const owner = new Array<string | undefined>(blockBits);
  const overlaps: { field: string; other: string; bit: number }[] = [];
  const seen = new Set<string>();
  for (const [field, { parts }] of fields) {
    const trits = new Set<number>();
    for (const part of parts) {
      for (const start of part.position) {
        if (part.trit && trits.has(start)) continue;
        if (part.trit) trits.add(start);
        for (let bit = start; bit < start + (part.trit ? 8 : part.bits); bit++) {
          const other = owner[bit];
          if (other !== undefined && !seen.has(`${field} ${other}`)) {
            seen.add(`${field} ${other}`);
            overlaps.push({ field, other, bit });
          }
          owner[bit] ??= field;
        }
      }
    }
  }
  const unused = Array.from(owner.keys()).filter((bit) => owner[bit] === undefined);
  return { overlaps, unused };
}
