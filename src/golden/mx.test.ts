import { describe, expect, it } from "vitest";
import { readLibrary } from "../spec/library.ts";
import { decode } from "./decode.ts";

const formats = await readLibrary();

interface Element {
  format: string;
  exponent: number;
  mantissa: number;
  bias: number;
  /** Largest and smallest positive numbers in the tables of OCP Microscaling Formats (MX) v1.0, section 5.3. */
  largest: number;
  smallest: number;
}

const elements: Element[] = [
  { format: "mxfp8_e4m3", exponent: 4, mantissa: 3, bias: 7, largest: 448, smallest: 2 ** -9 },
  { format: "mxfp8_e5m2", exponent: 5, mantissa: 2, bias: 15, largest: 57344, smallest: 2 ** -16 },
  { format: "mxfp6_e3m2", exponent: 3, mantissa: 2, bias: 3, largest: 28, smallest: 0.0625 },
  { format: "mxfp6_e2m3", exponent: 2, mantissa: 3, bias: 1, largest: 7.5, smallest: 0.125 },
  { format: "mxfp4_e2m1", exponent: 2, mantissa: 1, bias: 1, largest: 6, smallest: 0.5 },
];

/** The value of a code read from its binary digits, as the OCP document defines it. */
function ocpValue({ format, exponent, mantissa, bias }: Element, code: number): number {
  const digits = code.toString(2).padStart(1 + exponent + mantissa, "0");
  const e = digits.slice(1, 1 + exponent);
  const m = digits.slice(1 + exponent);
  const sign = digits[0] === "1" ? -1 : 1;
  if (format === "mxfp8_e4m3" && `${e}${m}` === "1111111") return NaN;
  if (format === "mxfp8_e5m2" && e === "11111") return m === "00" ? sign * Infinity : NaN;
  const isSubnormal = !e.includes("1");
  const significand = Number.parseInt(`${isSubnormal ? 0 : 1}${m}`, 2) / 2 ** mantissa;
  return sign * significand * 2 ** ((isSubnormal ? 1 : Number.parseInt(e, 2)) - bias);
}

/** Blocks that hold all codes in order, low bits first behind the scale byte. */
function blocksOfAllCodes(bits: number, scale: number): Uint8Array {
  const count = Math.max(2 ** bits, 32);
  const bytes = new Uint8Array((count / 32) * (1 + 4 * bits));
  for (let i = 0; i < count; i++) {
    const base = Math.floor(i / 32) * (1 + 4 * bits);
    bytes[base] = scale;
    for (let b = 0; b < bits; b++) {
      const at = (i % 32) * bits + b;
      bytes[base + 1 + (at >> 3)] |= (((i % 2 ** bits) >> b) & 1) << (at & 7);
    }
  }
  return bytes;
}

const bitsOf = ({ exponent, mantissa }: Element) => 1 + exponent + mantissa;

describe("OCP MX element formats, every code (truth: the definitions of OCP MX v1.0; -0 decodes as +0)", () => {
  it.each(elements)("$format", (element) => {
    const bits = bitsOf(element);
    const want = Array.from({ length: 2 ** bits }, (_, code) => ocpValue(element, code) + 0);
    const finite = want.filter((value) => value > 0 && Number.isFinite(value));
    expect([Math.max(...finite), Math.min(...finite)]).toEqual([element.largest, element.smallest]);
    expect([...decode(formats.get(element.format)!, blocksOfAllCodes(bits, 127))].slice(0, 2 ** bits)).toEqual(want);
  });

  it("mxint8: two's complement with 6 fraction bits", () => {
    const got = decode(formats.get("mxint8")!, blocksOfAllCodes(8, 127));
    expect([...got]).toEqual(Array.from({ length: 256 }, (_, code) => (code < 128 ? code : code - 256) / 64));
  });
});

describe("E8M0 scales: 2^(e - 127), 0xFF makes the whole block NaN", () => {
  const all = [...elements.map((element) => [element.format, bitsOf(element)] as const), ["mxint8", 8] as const];

  it.each(all)("%s", (name, bits) => {
    const format = formats.get(name)!;
    const one = decode(format, blocksOfAllCodes(bits, 127));
    for (const scale of [0, 1, 100, 126, 128, 200, 254]) {
      const want = one.map((value) => value * 2 ** (scale - 127));
      expect([...decode(format, blocksOfAllCodes(bits, scale))]).toEqual([...want]);
    }
    expect(decode(format, blocksOfAllCodes(bits, 255)).every(Number.isNaN)).toBe(true);
  });
});
