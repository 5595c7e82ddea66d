import type { Activations } from "../golden/quantize.ts";
import { tileColumns, wordBytes } from "../plan/interface.ts";
import { activationRecord } from "../plan/record.ts";

export const recordBytes = activationRecord.words * wordBytes;

/**
 * Quantised activations to device records (docs/interface.md, "Activation record"): per column and K tile the fp32
 * scales of 8 groups of 32, the sums of 16 groups of 16 codes, and 256 codes. Elements beyond K are zero.
 */
export function packActivations(activations: Activations): Uint8Array {
  const { k, columns, codes, scales, block } = activations;
  const kTiles = Math.ceil(k / tileColumns);
  const bytes = new Uint8Array(columns * kTiles * recordBytes);
  const view = new DataView(bytes.buffer);
  const signed = new Int8Array(bytes.buffer);
  const { scaleGroup, sumGroup } = activationRecord;
  for (let column = 0; column < columns; column++) {
    for (let tile = 0; tile < kTiles; tile++) {
      const base = (column * kTiles + tile) * recordBytes;
      const first = tile * tileColumns;
      const last = Math.min(first + tileColumns, k);
      for (let at = first; at < last; at += scaleGroup) {
        const scale = scales[Math.floor((column * k + at) / block)];
        view.setFloat32(base + ((at - first) / scaleGroup) * 4, scale, true);
      }
      for (let at = first; at < last; at += sumGroup) {
        let sum = 0;
        for (let i = at; i < Math.min(at + sumGroup, last); i++) sum += codes[column * k + i];
        view.setInt16(base + activationRecord.sums * wordBytes + ((at - first) / sumGroup) * 2, sum, true);
      }
      signed.set(codes.subarray(column * k + first, column * k + last), base + activationRecord.codes * wordBytes);
    }
  }
  return bytes;
}
