import {
  descriptorFields,
  flagSameActivations,
  minGroup,
  planeColumns,
  registers,
  tileColumns,
  tileRows,
  wordBytes,
} from "../plan/interface.ts";
import { activationRecord } from "../plan/record.ts";
import { tileSections } from "../plan/sections.ts";
import { activationNames } from "../spec/activations.ts";
import { type GeneratedFile, renderTemplate } from "./emitter.ts";

/** The device interface as a C++ header: what driver and simulators are written against. */
export const interfaceHeader = (path: string): GeneratedFile => ({
  path,
  text: renderTemplate("driver/bfq_interface.hpp.hbs", {
    constants: Object.entries({
      WORD_BYTES: wordBytes,
      TILE_ROWS: tileRows,
      TILE_COLUMNS: tileColumns,
      PLANE_COLUMNS: planeColumns,
      MIN_GROUP: minGroup,
      FLAG_SAME_ACTIVATIONS: flagSameActivations,
      RECORD_BYTES: activationRecord.words * wordBytes,
      RECORD_SCALES_AT: activationRecord.scales * wordBytes,
      RECORD_SUMS_AT: activationRecord.sums * wordBytes,
      RECORD_CODES_AT: activationRecord.codes * wordBytes,
      RECORD_SCALE_GROUP: activationRecord.scaleGroup,
      RECORD_SUM_GROUP: activationRecord.sumGroup,
    }).map(([name, value]) => ({ name, value: `${value}u` })),
    sections: tileSections.map(({ name }) => name.toUpperCase()),
    activations: activationNames,
    registers: registers.map(({ name, offset }) => ({ name, offset: `0x${offset.toString(16).padStart(3, "0")}` })),
    offsets: descriptorFields
      .filter(({ bits }) => bits >= 32)
      .map(({ name, word, bit }) => ({ name, offset: word * wordBytes + bit / 8 })),
  }),
});
