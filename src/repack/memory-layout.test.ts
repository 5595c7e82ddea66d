import fc from "fast-check";
import { expect, test } from "vitest";
import { planFormat } from "../plan/format-plan.ts";
import { findFormat, readLibrary } from "../spec/library.ts";
import { bankPeriod, deviceBytes, MemoryLayout } from "./memory-layout.ts";
import { tileLayout } from "./tiles.ts";

const format = planFormat(findFormat(await readLibrary(), "q3_K"));

/** Truth: what docs/interface.md says of addresses; and that nothing lies on anything else. */
test("no two regions overlap, neighbouring lanes lie in different banks, activations are where they were if they are the same", () => {
  const matmul = fc.record({
    rows: fc.integer({ min: 1, max: 300 }),
    k: fc.integer({ min: 1, max: 5 }).map((blocks) => blocks * 256),
    columns: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(matmul, { minLength: 1, maxLength: 5 }), (lanes, list) => {
      const layout = new MemoryLayout(lanes);
      const regions: { from: number; bytes: number }[] = [];
      for (const { rows, k, columns } of list) {
        const place = layout.placeMatmul(format, rows, k, columns);
        const again = layout.placeMatmul(format, rows, k, columns, true);
        expect(again.activations).toBe(place.activations);
        expect((place.laneStride / 2 ** 14) % 4).toBe(1);
        expect(place.weights % bankPeriod).toBe(0);
        for (const { weights, output, outputStride } of [place, again]) {
          regions.push({ from: weights, bytes: deviceBytes(tileLayout(format, rows, k, lanes), lanes) });
          regions.push({ from: output, bytes: columns * outputStride * 4 });
        }
        regions.push({ from: place.activations, bytes: columns * place.kTiles * 320 });
      }
      regions.push({ from: layout.placeList(100), bytes: 100 });
      regions.sort((a, b) => a.from - b.from);
      const ends = regions.map(({ from, bytes }) => from + bytes);
      expect(regions.every(({ from }, i) => i === 0 || from >= ends[i - 1])).toBe(true);
      expect(layout.bytes).toBeGreaterThanOrEqual(ends.at(-1)!);
    }),
  );
});
