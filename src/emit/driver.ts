import type { FormatPlan } from "../plan/format-plan.ts";
import { scratchShare, statusText, wordBytes } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import type { FieldRun } from "../plan/stored-block.ts";
import { bankBytes, bankPeriod } from "../repack/memory-layout.ts";
import { type Activation, activations } from "../spec/activations.ts";
import { dramNumbers } from "./dram-numbers.ts";
import { copyFolder, type Emitter, type GeneratedFile, renderTemplate } from "./emitter.ts";
import { fieldNames, formatDescriptor, lateBlockBytes, layoutHash, sectionEnds } from "./format-file.ts";
import { interfaceHeader } from "./interface-header.ts";

/** The C++ host driver under `driver/`, and on top of it the ggml backend under `ggml/`. */
export const driverEmitter: Emitter = {
  name: "driver",
  refuses: () => [],
  files: (plan: Plan): GeneratedFile[] => [
    ...copyFolder("driver"),
    interfaceHeader("driver/bfq_interface.hpp"),
    { path: "driver/bfq_plan.hpp", text: renderTemplate("driver/bfq_plan.hpp.hbs", planView(plan)) },
  ],
};

/** Names that are also C++ identifiers. */
const identifier = (format: FormatPlan, field: string) => `${format.name.replace(/\W/g, "_")}_${field}`;

/** What bfq_plan.hpp prints: final strings and numbers. */
function planView(plan: Plan) {
  const { parameters, formats } = plan;
  const { DESC_WORDS, ...rest } = parameters;
  return {
    name: plan.name,
    parameters: Object.entries({ ...rest, DESC_WORDS }).map(([name, value]) => ({ name, value: `${value}u` })),
    constants: Object.entries({
      DESCRIPTOR_BYTES: DESC_WORDS * wordBytes,
      BANK_BYTES: bankBytes,
      BANK_PERIOD: bankPeriod,
      SCRATCH_SHARE: scratchShare,
    }).map(([name, value]) => ({ name, value: `${value}u` })),
    dramNumbers: dramNumbers(plan.board, plan.clockMHz),
    activations: [...activations.values()].map(activationRow),
    maxBlockBytes: Math.max(lateBlockBytes, ...formats.map(({ stored }) => stored.bytes)),
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

/** The members of `struct ActivationFormat` (format.hpp), in order. */
const activationRow = ({ name, block, codes, scale }: Activation) =>
  [
    `"${name}"`,
    Number.isFinite(block) ? block : 0,
    codes.bits,
    scale.type === "f16",
    scale.rule === "extreme",
    codes.rounding === "even",
  ].join(", ");

const runRows = (runs: readonly FieldRun[]) =>
  runs.map(({ from, groups, elements, stride, bits, shift, trit, position, advance }) =>
    [from, groups, elements, stride, bits, shift, trit, position, advance].join(", "),
  );

const fieldRow = (name: string, { count, runs }: { count: number; runs: unknown[] }) =>
  runs.length === 0 ? "{nullptr, 0, 0}" : `{tables::${name}, ${runs.length}, ${count}}`;

function gridTables(format: FormatPlan) {
  const { grid } = format.stored;
  if (!grid) return [];
  const tables = { table: grid.table, vectors: grid.codes, flagged: grid.flagged };
  return Object.entries(tables)
    .filter(([, bytes]) => bytes.length > 0)
    .map(([name, bytes]) => ({ name: identifier(format, name), rows: byteRows(bytes) }));
}

/** The members of `struct Grid` (format.hpp), in order. */
function gridRow(format: FormatPlan): { name: string; row: string } | undefined {
  const { grid } = format.stored;
  if (!grid) return undefined;
  const name = (table: string) => identifier(format, table);
  const pointer = (table: string, { length }: ArrayLike<number>) => (length > 0 ? `tables::${name(table)}` : "nullptr");
  const row = [
    pointer("table", grid.table),
    grid.table.length,
    pointer("vectors", grid.codes),
    grid.codes.length / grid.vector,
    grid.vector,
    pointer("flagged", grid.flagged),
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
    fields.packing,
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
