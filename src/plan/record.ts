import { activations } from "../spec/activations.ts";
import { tileColumns, wordBytes } from "./interface.ts";

/** An activation record: one K tile of one activation column. Where its parts begin and its size, in words. */
export interface ActivationRecord {
  /** fp32, one for each `scaleGroup` columns. */
  scales: number;
  /** int16, one for each `sumGroup` columns. */
  sums: number;
  codes: number;
  words: number;
  scaleGroup: number;
  sumGroup: number;
}

const scaleGroup = 32;
const sumGroup = 16;

function planRecord(codeBits: number): ActivationRecord {
  const words = (bits: number) => Math.ceil(bits / (wordBytes * 8));
  const sums = words((tileColumns / scaleGroup) * 32);
  const codes = sums + words((tileColumns / sumGroup) * 16);
  return { scales: 0, sums, codes, words: codes + words(tileColumns * codeBits), scaleGroup, sumGroup };
}

/** The machine's record: it has room for the widest codes. */
export const activationRecord = planRecord(Math.max(...[...activations.values()].map(({ codes }) => codes.bits)));
