import type { Format } from "../spec/format.ts";
import { scaleTypeBits } from "../spec/format-schema.ts";
import { GridCodec } from "../spec/grid-codec.ts";
import { emptyField, type Field, type Part } from "../spec/layout.ts";

/** Groups of elements at an even stride in a stored block: what a driver reads with one load and a few masks. */
export interface FieldRun {
  /** First element, and number of groups. */
  from: number;
  groups: number;
  /** Elements of a group. */
  elements: 8 | 1;
  /** Bit of the block where the first group starts, bits from group to group, and from element to element. */
  position: number;
  advance: number;
  stride: number;
  bits: number;
  /** Position of the bits in the elements. */
  shift: number;
  /** Base-3 packing: which digit of the byte, most significant first; -1 for bits. */
  trit: number;
}

/** How a grid block's indices and flags expand to one code per element. */
export interface StoredGrid {
  /** Elements of a vector. */
  vector: number;
  /** Codes of all vectors, one after another, as they are without a flag. */
  codes: number[];
  /** Code with the flag by code without. */
  flagged: number[];
  /** Elements that a flag value serves; its bits are one, or 7 for 8 elements, the last by even parity. */
  span: number;
  flags: { count: number; runs: FieldRun[] };
}

/** A stored block as the driver repacks it: where the elements of its fields are. */
export interface StoredBlock {
  ggmlType?: number;
  activation: Format["activation"];
  elements: number;
  bytes: number;
  subBlock: number;
  dGroup: number;
  dBytes: number;
  /** XORed to stored values on their way into a tile (docs/interface.md: offset binary). */
  flips: { code: number; scale: number; min: number };
  /** With it, fields.code holds indices. */
  grid?: StoredGrid;
  fields: Record<"code" | "scale" | "min" | "d" | "dmin", { count: number; runs: FieldRun[] }>;
}

export function planStoredBlock(format: Format): StoredBlock {
  const { code, levels, scale, min, d, dmin } = format;
  return {
    ...(format.ggmlType !== undefined && { ggmlType: format.ggmlType }),
    activation: format.activation,
    elements: format.elements,
    bytes: format.bytes,
    subBlock: format.subBlock,
    dGroup: d.group,
    dBytes: scaleTypeBits[d.type] / 8,
    flips: { code: levels.flip, scale: scale.flip, min: min?.flip ?? 0 },
    ...(code.codec instanceof GridCodec && { grid: planGrid(code.codec) }),
    fields: {
      code: fieldRuns(code.codec instanceof GridCodec ? code.codec.index : code),
      scale: fieldRuns(scale.field),
      min: fieldRuns(min?.field ?? emptyField),
      d: fieldRuns(d.field),
      dmin: fieldRuns(dmin && dmin !== "d" ? dmin.field : emptyField),
    },
  };
}

/** Entry for codes that never occur without their flag. */
const noCode = 255;

function planGrid({ codes, flags, vector }: GridCodec): StoredGrid {
  const size = flags ? codes.length / 2 : codes.length;
  const flagged: number[] = [];
  if (flags) for (let i = 0; i < size; i++) flagged[codes[i]] = codes[size + i];
  return {
    vector,
    codes: [...codes.subarray(0, size)],
    flagged: Array.from(flagged, (code) => code ?? noCode),
    span: flags?.span ?? 1,
    flags: fieldRuns(flags?.field ?? emptyField),
  };
}

const fieldRuns = ({ count, parts }: Field) => ({ count, runs: parts.flatMap(partRuns) });

/** A part as runs: eights where they lie evenly, single elements elsewhere. */
function partRuns(part: Part): FieldRun[] {
  const runs: FieldRun[] = [];
  for (let i = 0; i < part.position.length; ) {
    const group = groupAt(part, i);
    const last = runs.at(-1);
    if (last && continues(last, group)) {
      last.advance = group.position - (last.position + (last.groups - 1) * last.advance);
      last.groups++;
    } else {
      runs.push(group);
    }
    i += group.elements;
  }
  return runs;
}

/** The eight elements from `i` on as a group, or the one at `i` where they are not even. */
function groupAt({ from, bits, shift, position, trit }: Part, i: number): FieldRun {
  const stride = position[i + 1] - position[i];
  const digit = trit?.[i] ?? -1;
  const isEven = Array.from({ length: 8 }, (_, j) => i + j).every(
    (at) => position[at] === position[i] + (at - i) * stride && (trit?.[at] ?? -1) === digit,
  );
  const isOneLoad = trit ? stride === 8 : stride >= bits && stride <= 8 && (position[i] & 7) + 7 * stride + bits <= 64;
  const elements = isEven && isOneLoad ? 8 : 1;
  return {
    from: from + i,
    groups: 1,
    elements,
    position: position[i],
    advance: 0,
    stride: elements === 8 ? stride : 0,
    bits,
    shift,
    trit: digit,
  };
}

/** Whether a group is the next one of a run. */
function continues(run: FieldRun, group: FieldRun): boolean {
  const isAlike = run.elements === group.elements && run.stride === group.stride && run.trit === group.trit;
  const next = run.position + run.groups * run.advance;
  return isAlike && (run.groups === 1 || group.position === next);
}
