import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Point } from "../estimate/point.ts";
import { judgeSpace } from "./front.ts";
import type { Space } from "./space.ts";

/** A space of two keys with made-up figures. */
const space = {
  axes: [
    { key: "lanes", values: [1, 2, 4], changes: [{}, {}, {}] },
    { key: "columns", values: [1, 2], changes: [{}, {}] },
  ],
  size: 6,
  leaveOut: [],
  bounds: [],
  objectives: [
    { figure: "tokens-per-second", goal: "most", within: 0 },
    { figure: "lut", goal: "least", within: 0 },
  ],
} as unknown as Space;

const record = (n: number, tokensPerSecond: number, lut: number, fits = true) => ({
  n,
  point: { tokensPerSecond, lut, fits } as Point,
});
const numbers = (points: readonly { n: number }[]) => points.map(({ n }) => n);

// Truth: the definition, pair by pair.
it("the front of random points is what no other point beats", () => {
  const point = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 60 }), (points) => {
      const records = points.map(([speed, lut], n) => record(n, speed, lut));
      const beats = ([a, b]: number[], [c, d]: number[]) => a >= c && b <= d && (a > c || b < d);
      const isFirst = (n: number) => points.findIndex(([a, b]) => a === points[n][0] && b === points[n][1]) === n;
      const want = points.flatMap((one, n) => (isFirst(n) && !points.some((other) => beats(other, one)) ? [n] : []));
      expect(numbers(judgeSpace(space, records).front)).toEqual(want);
      expect(judgeSpace(space, records.toReversed()).front, "in any order").toEqual(judgeSpace(space, records).front);
    }),
  );
});

describe("the winner", () => {
  const records = [record(0, 100, 900), record(1, 99.6, 500), record(2, 99, 300), record(3, 50, 10)];
  it.each([
    [0, 0],
    [0.5, 1],
    [1, 2],
    [50, 3],
  ])("within %d per cent of the best speed the smallest", (within, n) => {
    const [first, ...others] = space.objectives;
    const lenient = { ...space, objectives: [{ ...first, within }, ...others] };
    expect(judgeSpace(lenient, records).winner?.n).toBe(n);
  });

  it("is none beyond the board or the bounds", () => {
    const bounded: Space = { ...space, bounds: [{ figure: "lut", most: 400 }] };
    const found = judgeSpace(bounded, [...records.slice(0, 2), record(2, 99, 300, false)]);
    expect(found).toMatchObject({
      front: [],
      counts: { beyondBoard: 1, beyondBounds: 2, allowed: 0 },
      sensitivity: [],
    });
    expect(found.winner).toBeUndefined();
  });
});

it("sensitivity: one key at a time from the winner", () => {
  const first = record(0, 1, 10);
  const records = [first, { n: 1, refused: "no room" }, { n: 2, leftOut: true as const }];
  const found = judgeSpace(space, [...records, record(3, 2, 9, false), record(4, 3, 5), record(5, 2, 20)]);
  expect(found.winner?.n).toBe(4);
  expect(found.sensitivity).toEqual([
    {
      key: "lanes",
      steps: [
        { value: 1, isWinners: false, isAllowed: true, point: first.point },
        { value: 2, isWinners: false, isAllowed: false },
        { value: 4, isWinners: true, isAllowed: true, point: record(4, 3, 5).point },
      ],
    },
    {
      key: "columns",
      steps: [
        { value: 1, isWinners: true, isAllowed: true, point: record(4, 3, 5).point },
        { value: 2, isWinners: false, isAllowed: true, point: record(5, 2, 20).point },
      ],
    },
  ]);
  expect(found.counts).toEqual({ points: 6, leftOut: 1, refused: 1, beyondBoard: 1, beyondBounds: 0, allowed: 3 });
});
