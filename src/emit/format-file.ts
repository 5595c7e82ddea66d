import { crc32 } from "node:zlib";
import { descriptorValues, encodeDescriptor } from "../plan/descriptor.ts";
import type { FormatPlan } from "../plan/format-plan.ts";
import { wordBytes } from "../plan/interface.ts";
import type { MachineParameters } from "../plan/parameters.ts";
import { tileSections } from "../plan/sections.ts";
import type { FieldRun, StoredGrid } from "../plan/stored-block.ts";
import { activationOf } from "../spec/activations.ts";

/** Fields of a stored block, in the order of `struct Format` (templates/driver/format.hpp). */
export const fieldNames = ["code", "scale", "min", "d", "dmin"] as const;

/** Largest stored block of a format that reaches a built driver: what a machine can run needs 416 bytes, and the rest is padding. */
export const lateBlockBytes = 512;

const magic = "BFQFMT1\n";
const nameBytes = 48;

/** Where each section of a tile ends, in bytes: `section_end` of format.hpp. */
export const sectionEnds = ({ sections }: FormatPlan) =>
  tileSections.map(({ name }) => sections[name].at + sections[name].words * wordBytes);

/** The descriptor of a format with the job's fields zero. */
export function formatDescriptor(format: FormatPlan, parameters: MachineParameters): Uint8Array {
  const nothing = { rows: 0, kTiles: 0, columns: 0, outputStride: 0, laneStride: 0 };
  const values = descriptorValues(format, { ...nothing, weights: 0, activations: 0, output: 0 });
  return encodeDescriptor(values, format.codebook, parameters);
}

/** Two formats with the same one make the same tiles of the same stored bytes. */
export const layoutHash = (format: FormatPlan) => crc32(Uint8Array.from(layoutBytes(format)));

/**
 * A format for a driver that was built without it, as templates/driver/format_file.cpp reads it (docs/driver.md, "Late formats").
 * @param parameters of the machine: the driver of another one refuses the file
 */
export function encodeFormat(format: FormatPlan, parameters: MachineParameters): Uint8Array {
  const name = Buffer.alloc(nameBytes);
  name.write(format.name);
  const body = [...name, ...layoutBytes(format), ...formatDescriptor(format, parameters)];
  const length = magic.length + 2 * 4 + body.length + 4;
  const file = [...Buffer.from(magic), ...little(4, length, parameters.CONFIG_HASH), ...body];
  return Uint8Array.from([...file, ...little(4, crc32(Uint8Array.from(file)))]);
}

const little = (width: 1 | 2 | 4, ...values: number[]) =>
  values.flatMap((value) => Array.from({ length: width }, (_, byte) => (value >>> (8 * byte)) & 255));

function layoutBytes(format: FormatPlan): number[] {
  const { stored, fields } = format;
  const { flips, elements, bytes, subBlock, dGroup } = stored;
  return [
    ...little(4, stored.ggmlType ?? -1),
    ...little(1, activationOf(stored.activation).number),
    ...little(2, elements, bytes, subBlock, dGroup),
    ...little(1, stored.dBytes, fields.code_bits, fields.scale_bits, fields.min_bits),
    ...little(1, flips.code, flips.scale, flips.min),
    ...little(2, ...sectionEnds(format)),
    ...fieldNames.flatMap((field) => fieldBytes(stored.fields[field])),
    ...gridBytes(stored.grid),
  ];
}

const fieldBytes = ({ count, runs }: { count: number; runs: readonly FieldRun[] }) => [
  ...little(2, count, runs.length),
  ...runs.flatMap(({ from, groups, elements, stride, bits, shift, trit, position, advance }) => [
    ...little(2, from, groups),
    ...little(1, elements, stride, bits, shift, trit),
    ...little(4, position, advance),
  ]),
];

/** A vector length of 0: no grid. */
const gridBytes = (grid: StoredGrid | undefined) =>
  grid
    ? [
        ...little(1, grid.vector, grid.flagged.length),
        ...little(2, grid.codes.length / grid.vector, grid.span),
        ...grid.codes,
        ...grid.flagged,
        ...fieldBytes(grid.flags),
      ]
    : little(1, 0);
