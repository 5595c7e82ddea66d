import { describe, expect, it } from "vitest";
import { Random } from "../random.ts";
import type { Field } from "../spec/layout.ts";
import { readBits, readField } from "../spec/layout.ts";
import { readLibrary } from "../spec/library.ts";
import { planStoredBlock, type StoredBlock } from "./stored-block.ts";

const power3 = [1, 3, 9, 27, 81];

/** Elements of a field as the runs say, one by one. */
function readRuns({ count, runs }: StoredBlock["fields"]["code"], block: Uint8Array): number[] {
  const out = new Array<number>(count).fill(0);
  for (const { from, groups, elements, position, advance, stride, bits, shift, trit } of runs) {
    for (let n = 0; n < groups * elements; n++) {
      const at = position + Math.floor(n / elements) * advance + (n % elements) * stride;
      const value = trit < 0 ? readBits(block, at, bits) : (((block[at / 8] * power3[trit]) & 255) * 3) >> 8;
      out[from + n] += value * 2 ** shift;
    }
  }
  return out;
}

describe("runs name the same bits as the fields of the spec (agreement with readField)", async () => {
  const formats = [...(await readLibrary()).values()];
  it.each(formats.map((format) => [format.name, format] as const))("%s", (_, format) => {
    const { fields } = planStoredBlock(format);
    const random = new Random(1);
    const same = (field: Field, runs: StoredBlock["fields"]["code"]) => {
      for (let i = 0; i < 5; i++) {
        const block = random.bytes(format.bytes);
        const want = new Uint32Array(field.count);
        readField(field, block, 0, want);
        expect(readRuns(runs, block)).toEqual([...want]);
      }
    };
    if (!format.code.codec) same(format.code, fields.code); // grids are judged by repack (hw-tests/driver)
    same(format.scale.field, fields.scale);
    same(format.d.field, fields.d);
    if (format.min) same(format.min.field, fields.min);
    if (format.dmin && format.dmin !== "d") same(format.dmin.field, fields.dmin);
  });
});
