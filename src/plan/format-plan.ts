import type { Problem } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { sumRange } from "../spec/format-checks.ts";
import {
  codebookEntriesPerWord,
  levelMode,
  minGroup,
  minMode,
  scaleTypeCode,
  tileColumns,
  tileRows,
  wordBytes,
} from "./interface.ts";
import { type CountedSection, countedSections, type SectionName, tileSections } from "./sections.ts";
import { planStoredBlock, type StoredBlock } from "./stored-block.ts";

/** A format as the machine sees it: the values of its descriptor fields, and the widths it asks of the datapath. */
export interface FormatPlan {
  name: string;
  fields: FormatFields;
  /** int8 levels by code, for level_mode codebook. */
  codebook?: number[];
  sections: Readonly<Record<SectionName, PlannedSection>>;
  tileWords: number;
  /** Bytes of the stored blocks of one tile. */
  storedBytes: number;
  stored: StoredBlock;
  widths: { level: number; scale: number; min: number; isum: number; msum: number };
  /** fp32 steps of one tile and activation column. */
  steps: number;
}

/** Where a section lies in the tiles of a format. */
export interface PlannedSection {
  /** Its first byte: that of the section behind it where it has no words. */
  at: number;
  words: number;
}

/** The format part of a descriptor; names as in interface.ts. */
export interface FormatFields extends Record<`${CountedSection}_words`, number> {
  code_bits: number;
  level_mode: number;
  level_shift: number;
  level_offset: number;
  sub_block_log2: number;
  step_log2: number;
  scale_bits: number;
  scale_shift: number;
  scale_offset: number;
  min_bits: number;
  min_shift: number;
  min_offset: number;
  d_type: number;
  d_group_log2: number;
  d_bias: number;
  min_mode: number;
  dmin_bias: number;
}

/**
 * Limits of the datapath; formats beyond them run in the golden model only (docs/numerics.md). Linear levels (9 bits) and
 * scales (10 bits) always fit: the spec language has no wider ones.
 */
const limits = { codebookLevel: 8, sum: 32, codebook: 64 } as const;

/** Bits of a two's-complement number that can hold min..max. */
export function signedWidth(min: number, max: number): number {
  let bits = 1;
  while (min < -(2 ** (bits - 1)) || max > 2 ** (bits - 1) - 1) bits++;
  return bits;
}

/** The sections of a format's tiles, and the words of all. */
function planSections(format: Format) {
  const sections: Partial<Record<SectionName, PlannedSection>> = {};
  let tileWords = 0;
  for (const { name, values } of tileSections) {
    const { bits, columns } = values(format);
    const words = Math.ceil((bits * tileRows * (tileColumns / columns)) / (wordBytes * 8));
    sections[name] = { at: tileWords * wordBytes, words };
    tileWords += words;
  }
  return { sections: sections as Record<SectionName, PlannedSection>, tileWords };
}

/** Why a format can't run on any hardware variant; empty where it can. */
export function refuseFormat(format: Format): Omit<Problem, "file">[] {
  const problems: Problem[] = [];
  const refuse = (rule: string, what: string, why: string) =>
    problems.push({ rule, what: `${format.name}: ${what}`, why });
  const goldenOnly = "such a format runs in the golden model only";
  const { levels, d, subBlock, elements } = format;
  const isGroup = (size: number) => size >= minGroup && size <= tileColumns && Number.isInteger(Math.log2(size));
  if (tileColumns % elements !== 0)
    refuse(
      "hardware-block",
      `blocks of ${elements} weights do not divide a tile of ${tileColumns} columns`,
      goldenOnly,
    );
  for (const [name, size] of Object.entries({ "sub-block": subBlock, "d group": d.group, step: format.step })) {
    if (!isGroup(size))
      refuse(
        "hardware-group",
        `${name} of ${size}; the machine takes powers of two from ${minGroup} to ${tileColumns}`,
        goldenOnly,
      );
  }
  const { table } = levels;
  const levelBits = signedWidth(levels.min, levels.max);
  if (table?.some((level) => !Number.isInteger(level)))
    refuse("hardware-level", "some codes are not finite numbers", goldenOnly);
  else if (table && levelBits > limits.codebookLevel)
    refuse("hardware-level", `levels need ${levelBits} bits; a codebook holds int8`, goldenOnly);
  if (table && table.length > limits.codebook)
    refuse("hardware-codebook", `the codebook has ${table.length} entries; ${limits.codebook} fit`, goldenOnly);
  const { isum, msum } = sumRange(format);
  for (const [name, range] of Object.entries({ isum, msum })) {
    const bits = signedWidth(-range, range);
    if (bits > limits.sum)
      refuse("hardware-sum", `${name} needs ${bits} bits; the machine has ${limits.sum}`, goldenOnly);
  }
  const biases = { d: dBias(format), dmin: dminBias(format) };
  for (const [name, bias] of Object.entries(biases)) {
    if (bias < 0 || bias > 255)
      refuse("hardware-bias", `${name} is scaled by 2^${-bias}; the machine takes 2^-255..1`, goldenOnly);
  }
  if (format.dmin && format.dmin !== "d" && format.dmin.type !== d.type) {
    refuse("hardware-dmin", `d is ${d.type} and dmin ${format.dmin.type}; the machine has one converter`, goldenOnly);
  }
  return problems;
}

const dBias = (format: Format) => -Math.log2(format.d.multiplier * format.levels.unit);

function dminBias(format: Format): number {
  if (!format.dmin) return 0;
  return -Math.log2(format.dmin === "d" ? format.d.multiplier : format.dmin.multiplier);
}

const planned = new WeakMap<Format, FormatPlan>();

/** The device form of a format that `refuseFormat` accepts; derived once, as an exploration plans thousands of variants. */
export function planFormat(format: Format): FormatPlan {
  const plan = planned.get(format) ?? deriveFormat(format);
  planned.set(format, plan);
  return plan;
}

function deriveFormat(format: Format): FormatPlan {
  const { code, levels, scale, min, d, dmin, subBlock, step } = format;
  const sub_block_log2 = Math.log2(subBlock);
  const d_group_log2 = Math.log2(d.group);
  const { sections, tileWords } = planSections(format);
  const words = Object.fromEntries(countedSections.map((name) => [`${name}_words`, sections[name].words]));
  const fields: FormatFields = {
    code_bits: code.bits,
    level_mode: levels.table ? levelMode.codebook : levelMode.linear,
    level_shift: levels.shift,
    level_offset: levels.offset,
    sub_block_log2,
    step_log2: Math.log2(step),
    scale_bits: scale.field.bits,
    scale_shift: scale.shift,
    scale_offset: scale.offset,
    min_bits: min?.field.bits ?? 0,
    min_shift: min?.shift ?? 0,
    min_offset: min?.offset ?? 0,
    d_type: scaleTypeCode[d.type],
    d_group_log2,
    d_bias: dBias(format),
    min_mode: dmin === "d" ? minMode.sameAsD : dmin ? minMode.section : minMode.none,
    dmin_bias: dminBias(format),
    ...(words as Record<`${CountedSection}_words`, number>),
  };
  const { isum, msum } = sumRange(format);
  return {
    name: format.name,
    fields,
    ...(levels.table && { codebook: [...levels.table] }),
    sections,
    tileWords,
    storedBytes: (tileRows * tileColumns * format.bytes) / format.elements,
    stored: planStoredBlock(format),
    widths: {
      level: signedWidth(levels.min, levels.max),
      scale: signedWidth(scale.min, scale.max),
      min: min ? signedWidth(min.min, min.max) : 1,
      isum: signedWidth(-isum, isum),
      msum: signedWidth(-msum, msum),
    },
    steps: (tileRows * tileColumns) / step,
  };
}

/** Codebook entries that the machine must hold for a format: a power of two of whole words. */
export function codebookEntries(plan: FormatPlan): number {
  return plan.codebook ? Math.max(codebookEntriesPerWord, plan.codebook.length) : 0;
}
