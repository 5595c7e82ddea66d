import { stringify } from "yaml";
import type { Format } from "../../spec/format.ts";
import { parseFormat } from "../../spec/parse-format.ts";
import { SpecSource } from "../../spec/source.ts";
import type { Random } from "./random.ts";

const pick = <T>(random: Random, choices: readonly T[]): T => choices[random.below(choices.length)];

/** Pieces of a field of `count` elements of `bits` bits that starts at a byte, in one of the ways formats lay them out. */
function layField(random: Random, count: number, bits: number, byte: number) {
  const packed = [{ bits, byte, shape: [count], stride: [bits] }];
  const planes = Array.from({ length: bits }, (_, bit) => {
    return { bits: 1, byte: byte + (bit * count) / 8, shape: [count], stride: [1] };
  });
  const perByte = 8 / bits;
  const bytewise = [{ bits, byte, shape: [perByte, count / perByte], stride: [bits, 8] }];
  return pick(random, [packed, planes, ...(Number.isInteger(perByte) ? [bytewise] : [])]);
}

/** A valid format of random widths, layout, level map, scales and mins. */
export function randomFormat(random: Random): Format {
  const activation = pick(random, ["q8_0", "q8_K"] as const);
  const elements = pick(random, [16, 32, 64, activation === "q8_0" ? 96 : 128, 256]);
  const step = Math.min(elements, activation === "q8_0" ? 32 : 256);
  const subBlock = pick(
    random,
    [2, 4, 8, 16, 32, elements].filter((size) => elements % size === 0 && (size <= step || size % step === 0)),
  );
  let bytes = 2;
  const place = (count: number, bits: number) => {
    // A count of whole bytes a bit plane, so that every layout fits.
    const pieces =
      count % 8 === 0 ? layField(random, count, bits, bytes) : [{ bits, byte: bytes, shape: [count], stride: [8] }];
    const slack =
      count % 8 === 0 || bits === 8 ? [] : [{ bits: 8 - bits, byte: bytes, bit: bits, shape: [count], stride: [8] }];
    bytes += count % 8 === 0 ? (count * bits) / 8 : count;
    return { pieces, slack };
  };
  const bits = 1 + random.below(8);
  const code = place(elements, bits);
  const scale = random.below(3) ? place(elements / subBlock, 1 + random.below(8)) : undefined;
  const min = random.below(2) ? place(elements / subBlock, 1 + random.below(8)) : undefined;
  const integer = () => ({
    multiplier: pick(random, [1, 2]),
    ...pick(random, [{}, { offset: random.below(256) }, { type: "twos-complement" }]),
  });
  const padding = [...(scale?.slack ?? []), ...(min?.slack ?? [])];
  const text = stringify({
    bfq: 1,
    name: "random",
    block: { elements, bytes, "sub-block": subBlock },
    activation,
    step,
    fields: {
      d: { type: "f16", byte: 0 },
      code: code.pieces,
      ...(scale && { scale: scale.pieces }),
      ...(min && { min: min.pieces, dmin: "d" }),
      ...(padding.length > 0 && { padding }),
    },
    level: pick(random, [
      { offset: random.below(256) },
      { "twos-complement": true },
      { bipolar: true },
      { codebook: Array.from({ length: 2 ** bits }, () => random.below(256) - 128) },
      ...(bits === 8 ? [{ minifloat: "e4m3" }] : []),
      // Under integer scales, sums of e5m2 levels leave the exact range of doubles.
      ...(bits === 8 && !scale ? [{ minifloat: "e5m2" }] : []),
    ]),
    ...(scale && { scale: integer() }),
    ...(min && { min: integer() }),
  });
  return parseFormat(SpecSource.parse(text, "random.yaml"));
}
