import { expect, it } from "vitest";
import { f32FromBits, flush32, minNormal32, scaleOperand } from "./float.ts";

it("a block scale just below 2^-126 is zero, although its fp32 rounding would be 2^-126", () => {
  const exact = f32FromBits(0x00ffffff) / 2;
  expect(exact).toBeLessThan(minNormal32);
  expect(Math.fround(exact)).toBe(minNormal32);
  expect(scaleOperand(exact)).toBe(0);
  expect(Object.is(scaleOperand(-exact), -0)).toBe(true);
  expect(scaleOperand(minNormal32)).toBe(minNormal32);
});

it("a result of an operation rounds first and flushes then", () => {
  expect(flush32(f32FromBits(0x00ffffff) / 2)).toBe(minNormal32);
  expect(Object.is(flush32(-minNormal32 / 2), -0)).toBe(true);
  expect(flush32(NaN)).toBeNaN();
});
