import {
  type DescriptorField,
  descriptorBaseWords,
  descriptorFields,
  descriptorFormatWord,
  descriptorMagic,
  wordBytes,
} from "../plan/interface.ts";
import { countedSections } from "../plan/sections.ts";

const wordBits = wordBytes * 8;

/** What bfq_fields.hpp prints. */
export function fieldsView() {
  const ofFormat = descriptorFields.filter(({ word }) => word >= descriptorFormatWord);
  const ofMatmul = descriptorFields.filter(({ word, name }) => word < descriptorFormatWord && name !== "magic");
  return {
    magic: `0x${descriptorMagic.toString(16)}u`,
    matmulFields: ofMatmul.map(fieldView),
    formatWord: descriptorFormatWord,
    formatWords: descriptorBaseWords - descriptorFormatWord,
    formatFields: ofFormat.map(fieldView),
    reserved: unnamedBits().map(({ word, bit, bits }) => `field<${bits}>(words[${word}], ${bit})`),
    countedSections,
  };
}

function fieldView({ name, word, bit, bits, signed }: DescriptorField) {
  const take = signed ? "signed_field" : "field";
  return {
    name,
    type: bits === 64 ? "address_t" : `${signed ? "ap_int" : "ap_uint"}<${bits}>`,
    read: `${take}<${bits}>(words[${word}], ${bit})`,
  };
}

/** Runs of bits that no field names. */
function unnamedBits() {
  const runs: { word: number; bit: number; bits: number }[] = [];
  for (let word = 0; word < descriptorBaseWords; word++) {
    const named = descriptorFields.filter((field) => field.word === word).sort((a, b) => a.bit - b.bit);
    let bit = 0;
    for (const field of [...named, { bit: wordBits, bits: 0 }]) {
      if (field.bit > bit) runs.push({ word, bit, bits: field.bit - bit });
      bit = field.bit + field.bits;
    }
  }
  return runs;
}
