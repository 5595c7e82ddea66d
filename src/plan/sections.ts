import type { Format } from "../spec/format.ts";
import { scaleTypeBits } from "../spec/format-schema.ts";

/** Stored values of a section: how wide each is, and how many columns of a row share it. */
interface SectionValues {
  bits: number;
  columns: number;
}

interface TileSection {
  name: string;
  /** Every tile has it, of whatever format. */
  everyTile?: true;
  /** Its values in a format; of 0 bits where the format has none, and then the section is absent. */
  values(format: Format): SectionValues;
  /** Who takes its words: a module of templates/rtl, and a process of the HLS kernel. */
  reader: { rtl: string; hls: string };
  /** In which order its values lie: docs/interface.md. */
  order: string;
}

/**
 * The sections of a device tile in the order of their words, each from a word of its own on and filled from bit 0 upward.
 * The lane deals out the words by this list; codes come last, as a row step needs all that stands before them.
 */
export const tileSections = [
  {
    name: "d",
    everyTile: true,
    values: ({ d }) => ({ bits: scaleTypeBits[d.type], columns: d.group }),
    reader: { rtl: "bfq_d_store", hls: "accumulate_steps" },
    order: "for each d group ascending in K, the 8 rows' block scales, row 0 lowest, at their stored width.",
  },
  {
    name: "dmin",
    values: ({ d, dmin }) => ({ bits: dmin && dmin !== "d" ? scaleTypeBits[d.type] : 0, columns: d.group }),
    reader: { rtl: "bfq_d_store", hls: "accumulate_steps" },
    order: "the same for the scales of the mins; absent without mins, and where dmin is d.",
  },
  {
    name: "scale",
    values: ({ scale, subBlock }) => ({ bits: scale.field.bits, columns: subBlock }),
    reader: { rtl: "bfq_factors", hls: "unpack_factors" },
    order:
      "for each chunk of max(64, sub-block) columns, one plane a bit, lowest bit first. A plane holds, for each sub-block of the chunk, 8 bits: bit r is that bit of row r's scale.",
  },
  {
    name: "min",
    values: ({ min, subBlock }) => ({ bits: min?.field.bits ?? 0, columns: subBlock }),
    reader: { rtl: "bfq_factors", hls: "unpack_factors" },
    order: "the same for the mins.",
  },
  {
    name: "code",
    everyTile: true,
    values: ({ code }) => ({ bits: code.bits, columns: 1 }),
    reader: { rtl: "bfq_code_gearbox", hls: "assemble_codes" },
    order:
      "for each group of 64 columns, for each row (a *row step*), one plane a bit, lowest first: 64 bits, bit i of column i of the group.",
  },
] as const satisfies readonly TileSection[];

export type SectionName = (typeof tileSections)[number]["name"];

/** Those whose words a descriptor names: the codes have 16 words a bit, in every format. */
export type CountedSection = Exclude<SectionName, "code">;
export const countedSections = tileSections.map(({ name }) => name).filter((name) => name !== "code");
