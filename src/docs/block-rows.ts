import type { Format } from "../spec/format.ts";
import { namedFields } from "../spec/format-checks.ts";

/** Letters of the drawing, by the field's name in the spec. */
export const letters: Record<string, string> = {
  code: "c",
  sign: "n",
  delta: "e",
  scale: "s",
  min: "m",
  d: "d",
  dmin: "dmin",
  padding: "pad",
};

/** Bits of one byte that belong to one element of a field. */
interface Cell {
  bits: number;
  label: string;
  /** Elements of the field that the cell holds: one, or the base-3 digits of a byte. */
  elements: number[];
}

/** A run of bytes with the same cells, whose elements move on by the same amount from byte to byte. */
export interface Row {
  first: number;
  last: number;
  /** Highest bits first. */
  cells: Cell[];
  /** Elements from byte to byte; 0 in a run of one. */
  advance: number;
}

interface Owner {
  field: string;
  element: number;
  /** Which bit of the element's value this is, or -1 for base-3 digits. */
  bit: number;
  trits?: number[];
}

/** Who owns each bit of the block. The spec's validator has proved that each has one owner. */
function owners(format: Format): Owner[] {
  const all = new Array<Owner>(format.bytes * 8);
  for (const [field, { parts }] of namedFields(format)) {
    for (const { position, bits, shift, from, trit } of parts) {
      position.forEach((start, i) => {
        const element = from + i;
        if (trit) {
          const trits = [...(all[start]?.trits ?? []), element];
          for (let bit = start; bit < start + 8; bit++) all[bit] = { field, element, bit: -1, trits };
        } else {
          for (let bit = 0; bit < bits; bit++) all[start + bit] = { field, element, bit: shift + bit };
        }
      });
    }
  }
  return all;
}

function cellsOf(byte: Owner[]): Cell[] {
  const cells: Cell[] = [];
  for (let low = 0; low < 8; ) {
    const { field, element, bit, trits } = byte[low];
    let high = low;
    const isNext = (owner: Owner) => owner.field === field && owner.element === element;
    while (high < 7 && isNext(byte[high + 1]) && (trits || byte[high + 1].bit === byte[high].bit + 1)) high++;
    const letter = letters[field];
    const range = high === low ? `${bit}` : `${byte[high].bit}:${bit}`;
    const label = trits ? `${letter}: ${trits.length} base-3 digits` : field === "padding" ? letter : letter + range;
    cells.unshift({ bits: high - low + 1, label, elements: trits ?? [element] });
    low = high + 1;
  }
  return cells;
}

const elementsOf = (cells: Cell[]) => cells.flatMap(({ elements }) => elements);

/** The bytes of a block as runs that look alike. */
export function blockRows(format: Format): Row[] {
  const bits = owners(format);
  const rows: Row[] = [];
  let before: number[] = [];
  for (let byte = 0; byte < format.bytes; byte++) {
    const cells = cellsOf(bits.slice(byte * 8, byte * 8 + 8));
    const elements = elementsOf(cells);
    const row = rows.at(-1);
    const advance = elements[0] - before[0];
    const isSame = row && shape(cells) === shape(row.cells) && elements.every((e, i) => e - before[i] === advance);
    if (isSame && (row.first === row.last || row.advance === advance)) Object.assign(row, { last: byte, advance });
    else rows.push({ first: byte, last: byte, cells, advance: 0 });
    before = elements;
  }
  return rows;
}

const shape = (cells: Cell[]) => cells.map(({ bits, label }) => `${bits} ${label}`).join();

/** Rows that come again and again at a distance: the first group, and how often it follows. */
export interface Repeat {
  rows: Row[];
  times: number;
}

const likeness = ({ first, last, cells, advance }: Row) => `${last - first} ${advance} ${shape(cells)}`;

/** Folds repeated groups of rows, the longest stretch first. */
export function foldRows(rows: Row[]): Repeat[] {
  const folded: Repeat[] = [];
  const like = rows.map(likeness);
  for (let at = 0; at < rows.length; ) {
    let best = { period: 1, times: 1 };
    for (let period = 1; period <= (rows.length - at) / 2; period++) {
      let times = 1;
      const matches = (i: number) => like[at + times * period + i] === like[at + i];
      while (Array.from({ length: period }, (_, i) => i).every(matches)) times++;
      if (times > 1 && period * times > best.period * best.times) best = { period, times };
    }
    // Two single rows are read faster than "once more".
    if (best.period * best.times < 3) best = { period: 1, times: 1 };
    folded.push({ rows: rows.slice(at, at + best.period), times: best.times });
    at += best.period * best.times;
  }
  return folded;
}

/** `0 32 64 96`, or `0 32 .. 224` where there are many, then `+1` for each further byte. */
export function elementList({ cells, advance }: Row): string {
  const low = cells.toReversed().flatMap(({ label, elements }) => (label === "pad" ? [] : elements));
  const step = low[1] - low[0];
  const isLong = low.length > 4 && low.every((e, i) => e === low[0] + i * step);
  const list = isLong ? `${low[0]} ${low[1]} .. ${low.at(-1)}` : low.join(" ");
  return advance === 0 ? list : `${list} +${advance}`;
}
