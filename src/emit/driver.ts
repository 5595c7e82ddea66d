import type { FormatPlan } from "../plan/format-plan.ts";
import {
  activationRecord,
  descriptorFields,
  flagSameActivations,
  minGroup,
  planeColumns,
  registers,
  scratchShare,
  statusText,
  tileColumns,
  tileRows,
  wordBytes,
} from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import { tileSections } from "../plan/sections.ts";
import type { FieldRun } from "../plan/stored-block.ts";
import { bankBytes, bankPeriod } from "../repack/memory-layout.ts";
import { copyFolder, type Emitter, type GeneratedFile, renderTemplate } from "./emitter.ts";
import { fieldNames, formatDescriptor, lateBlockBytes, layoutHash, sectionEnds } from "./format-file.ts";

/** The C++ host driver under `driver/`, and on top of it the ggml backend under `ggml/`. */
export const driverEmitter: Emitter = {
  name: "driver",
  refuses: () => [],
  files: (plan: Plan): GeneratedFile[] => [
    ...copyFolder("driver"),
    {
      path: "driver/bfq_sections.hpp",
      text: renderTemplate("driver/bfq_sections.hpp.hbs", {
        sections: tileSections.map(({ name }) => name.toUpperCase()),
      }),
    },
    { path: "driver/bfq_plan.hpp", text: renderTemplate("driver/bfq_plan.hpp.hbs", planView(plan)) },
  ],
};

/** Fields of a descriptor that the driver writes, and the size of a tile, which it compares. */
const offsets = [
  "tile_words",
  "flags",
  "rows",
  "k_tiles",
  "columns",
  "output_stride",
  "lane_stride",
  "weights",
  "activations",
  "output",
];

/** Names that are also C++ identifiers. */
const identifier = (format: FormatPlan, field: string) => `${format.name.replace(/\W/g, "_")}_${field}`;

/** What bfq_plan.hpp prints: final strings and numbers. */
function planView(plan: Plan) {
  const { parameters, formats } = plan;
  const { DESC_WORDS, ...rest } = parameters;
  const offsetOf = (name: string) => {
    const field = descriptorFields.find((candidate) => candidate.name === name)!;
    return field.word * wordBytes + field.bit / 8;
  };
  return {
    name: plan.name,
    parameters: Object.entries({ ...rest, DESC_WORDS }).map(([name, value]) => ({ name, value: `${value}u` })),
    constants: Object.entries({
      WORD_BYTES: wordBytes,
      TILE_ROWS: tileRows,
      TILE_COLUMNS: tileColumns,
      PLANE_COLUMNS: planeColumns,
      MIN_GROUP: minGroup,
      DESCRIPTOR_BYTES: DESC_WORDS * wordBytes,
      FLAG_SAME_ACTIVATIONS: flagSameActivations,
      RECORD_BYTES: activationRecord.words * wordBytes,
      RECORD_SCALES_AT: activationRecord.scales * wordBytes,
      RECORD_SUMS_AT: activationRecord.sums * wordBytes,
      RECORD_CODES_AT: activationRecord.codes * wordBytes,
      RECORD_SCALE_GROUP: activationRecord.scaleGroup,
      RECORD_SUM_GROUP: activationRecord.sumGroup,
      BANK_BYTES: bankBytes,
      BANK_PERIOD: bankPeriod,
      SCRATCH_SHARE: scratchShare,
    }).map(([name, value]) => ({ name, value: `${value}u` })),
    maxBlockBytes: Math.max(lateBlockBytes, ...formats.map(({ stored }) => stored.bytes)),
    registers: registers.map(({ name, offset }) => ({ name, offset: `0x${offset.toString(16).padStart(3, "0")}` })),
    offsets: offsets.map((name) => ({ name, offset: offsetOf(name) })),
    statuses: Object.entries(statusText).map(([code, text]) => ({ code, text })),
    runs: formats
      .flatMap((format) => [
        ...fieldNames.map((field) => ({
          name: identifier(format, field),
          rows: runRows(format.stored.fields[field].runs),
        })),
        { name: identifier(format, "flags"), rows: runRows(format.stored.grid?.flags.runs ?? []) },
      ])
      .filter(({ rows }) => rows.length > 0),
    bytes: formats.flatMap((format) => [
      { name: identifier(format, "descriptor"), rows: byteRows(formatDescriptor(format, parameters)) },
      ...gridTables(format),
    ]),
    grids: formats.flatMap((format) => gridRow(format) ?? []),
    formats: formats.map(formatRow),
  };
}

const runRows = (runs: readonly FieldRun[]) =>
  runs.map(({ from, groups, elements, stride, bits, shift, trit, position, advance }) =>
    [from, groups, elements, stride, bits, shift, trit, position, advance].join(", "),
  );

const fieldRow = (name: string, { count, runs }: { count: number; runs: unknown[] }) =>
  runs.length === 0 ? "{nullptr, 0, 0}" : `{tables::${name}, ${runs.length}, ${count}}`;

function gridTables(format: FormatPlan) {
  const { grid } = format.stored;
  if (!grid) return [];
  return [
    { name: identifier(format, "vectors"), rows: byteRows(grid.codes) },
    { name: identifier(format, "flagged"), rows: byteRows(grid.flagged.length > 0 ? grid.flagged : [0]) },
  ];
}

/** The members of `struct Grid` (format.hpp), in order. */
function gridRow(format: FormatPlan): { name: string; row: string } | undefined {
  const { grid } = format.stored;
  if (!grid) return undefined;
  const name = (table: string) => identifier(format, table);
  const row = [
    `tables::${name("vectors")}`,
    grid.codes.length / grid.vector,
    grid.vector,
    `tables::${name("flagged")}`,
    grid.flagged.length,
    grid.span,
    fieldRow(name("flags"), grid.flags),
  ].join(", ");
  return { name: name("grid"), row };
}

const byteRows = (bytes: number[] | Uint8Array) =>
  Array.from({ length: Math.ceil(bytes.length / wordBytes) }, (_, row) =>
    Array.from(bytes.slice(row * wordBytes, (row + 1) * wordBytes), (byte) => byte.toString()).join(", "),
  );

/** The members of `struct Format` (format.hpp), in order. */
function formatRow(format: FormatPlan): string {
  const { stored, fields } = format;
  const field = (name: (typeof fieldNames)[number]) => fieldRow(identifier(format, name), stored.fields[name]);
  return [
    `"${format.name}"`,
    stored.ggmlType ?? -1,
    `Activation::${stored.activation}`,
    stored.elements,
    stored.bytes,
    stored.subBlock,
    stored.dGroup,
    stored.dBytes,
    fields.code_bits,
    fields.scale_bits,
    fields.min_bits,
    stored.flips.code,
    stored.flips.scale,
    stored.flips.min,
    `{${sectionEnds(format).join(", ")}}`,
    ...fieldNames.map(field),
    `tables::${identifier(format, "descriptor")}`,
    stored.grid ? `&tables::${identifier(format, "grid")}` : "nullptr",
    `0x${layoutHash(format).toString(16).padStart(8, "0")}u`,
  ].join(", ");
}
