import fc from "fast-check";
import { expect, it } from "vitest";
import { paretoFront } from "./pareto.ts";

const point = fc.record({ cost: fc.integer({ min: 0, max: 9 }), loss: fc.integer({ min: 0, max: 9 }) });

// Truth: the definition, tried point by point.
it("Pareto's front: no point is beaten in one and equalled in the other, and every other one is", () => {
  fc.assert(
    fc.property(fc.array(point), (points) => {
      const front = paretoFront(points, ({ cost, loss }) => [cost, loss]);
      const beats = (a: { cost: number; loss: number }, b: { cost: number; loss: number }) =>
        a.cost <= b.cost && a.loss <= b.loss && (a.cost < b.cost || a.loss < b.loss);
      for (const one of front) expect(points.some((other) => beats(other, one))).toBe(false);
      const left = points.filter((one) => !front.includes(one));
      for (const one of left) {
        expect(front.some((other) => beats(other, one) || (other.cost === one.cost && other.loss === one.loss))).toBe(
          true,
        );
      }
    }),
  );
});
