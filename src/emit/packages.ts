import {
  descriptorBaseWords,
  descriptorFields,
  descriptorFormatWord,
  descriptorMagic,
  registers,
  wordBytes,
} from "../plan/interface.ts";
import { longestBurst, openBursts } from "../plan/masters.ts";
import { capabilities, type MachineParameters } from "../plan/parameters.ts";
import { countedSections, tileSections } from "../plan/sections.ts";
import { type GeneratedFile, renderTemplate } from "./emitter.ts";

/** The SystemVerilog packages that are printed from the plan and the device interface, as files of `rtl/`. */
export function printedPackages(parameters: MachineParameters): GeneratedFile[] {
  const views = {
    bfq_params: parametersView(parameters),
    bfq_descriptor: descriptorView(),
    bfq_format: formatView(),
    bfq_tile: tileView(),
    bfq_registers: registersView(),
    bfq_masters: mastersView(),
  };
  return Object.entries(views).map(([name, view]) => ({
    path: `rtl/${name}.sv`,
    text: renderTemplate(`rtl/${name}.sv.hbs`, view),
  }));
}

function parametersView(all: MachineParameters) {
  const { CONFIG_HASH, ...integers } = all;
  const parameters = Object.entries(integers).map(([name, value]) => ({ name, value }));
  return { parameters, configHash: CONFIG_HASH, capabilities: capabilities(all) };
}

const wordBits = wordBytes * 8;
const firstBit = ({ word, bit }: { word: number; bit: number }) => word * wordBits + bit;

function descriptorView() {
  let reserved = (1n << BigInt(descriptorBaseWords * wordBits)) - 1n;
  for (const field of descriptorFields) reserved &= ~(((1n << BigInt(field.bits)) - 1n) << BigInt(firstBit(field)));
  return {
    fields: descriptorFields.map((field) => ({ name: field.name.toUpperCase(), bit: firstBit(field) })),
    sectionWords: firstBit(sectionWords),
    format: descriptorFormatWord * wordBits,
    bits: descriptorBaseWords * wordBits,
    magic: descriptorMagic,
    reserved: reserved.toString(16),
  };
}

const inFormat = (field: { word: number; bit: number }) => firstBit(field) - descriptorFormatWord * wordBits;

const formatView = () => ({
  fields: descriptorFields
    .filter(({ word }) => word >= descriptorFormatWord)
    .map((field) => ({ name: field.name.toUpperCase(), bit: inFormat(field) })),
  sectionWords: inFormat(sectionWords),
});

/** The first of the fields that say how many words a section has: they lie side by side. */
const sectionWords = descriptorFields.find(({ name }) => name === `${countedSections[0]}_words`)!;

function tileView() {
  const everyTile = tileSections.map((section) => ("everyTile" in section ? "1" : "0"));
  return {
    sections: tileSections.map(({ name, reader }, index) => ({ name: name.toUpperCase(), index, reader: reader.rtl })),
    count: tileSections.length,
    everyTile: everyTile.reverse().join(""),
  };
}

const registersView = () => ({
  registers: registers.map(({ name, offset }) => ({ name: name.toUpperCase(), word: (offset / 4).toString(16) })),
});

const mastersView = () => ({
  longestBurst,
  open: Object.entries(openBursts).map(([name, bursts]) => ({ name: name.toUpperCase(), bursts })),
});
