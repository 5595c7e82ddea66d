import { stringify } from "yaml";
import { activationNames, activationOf } from "../src/spec/activations.ts";
import type { Format } from "../src/spec/format.ts";
import { minifloats, scaleTypes } from "../src/spec/format-schema.ts";
import { parseFormat } from "../src/spec/parse-format.ts";
import { SpecSource } from "../src/spec/source.ts";
import type { Random } from "../src/verify/random.ts";

interface Piece {
  bits: number;
  byte: number;
  bit?: number;
  shape: number[];
  stride: number[];
}

/** Fields one after another, each from a byte boundary; bits left over are padding. */
class Layout {
  byte = 0;
  readonly padding: Piece[] = [];

  /** Room for `bits`, and the padding after it. @returns its first byte */
  take(bits: number): number {
    const start = this.byte;
    this.byte += Math.ceil(bits / 8);
    const left = this.byte * 8 - start * 8 - bits;
    if (left > 0) this.padding.push({ bits: left, byte: this.byte - 1, bit: 8 - left, shape: [1], stride: [0] });
    return start;
  }

  /** `count` fields of `bits` bits, in one of the ways that real formats pack them. */
  field(count: number, bits: number, random: Random): Piece[] {
    const way = random.below(3);
    if (way === 0 && bits > 1) {
      const low = random.between(1, bits - 1);
      return [...this.linear(count, low), ...this.linear(count, bits - low)];
    }
    const run = random.pick([2, 4].filter((size) => count % size === 0).concat(1));
    if (way === 1 && run > 1) {
      const byte = this.take(count * bits);
      return [{ bits, byte, shape: [run, count / run], stride: [bits, bits * run] }];
    }
    return this.linear(count, bits);
  }

  private linear(count: number, bits: number): Piece[] {
    return [{ bits, byte: this.take(count * bits), shape: [count], stride: [bits] }];
  }
}

const scaleBits = { f16: 16, bf16: 16, f32: 32, e8m0: 8, "e8m0-nan": 8, ue4m3: 8 } as const;
const minifloatBits = { e2m1: 4, e3m2: 6, e2m3: 6, e4m3: 8, e5m2: 8 } as const;

function randomLevel(bits: number, random: Random): Record<string, unknown> {
  const fitting = minifloats.filter((name) => minifloatBits[name] === bits);
  const kind = random.below(bits <= 6 ? 5 : 3);
  if (kind === 0) return { offset: random.below(2 ** bits) };
  if (kind === 1) return { "twos-complement": true };
  if (kind === 2) return { bipolar: true };
  if (kind === 3 && fitting.length > 0) return { minifloat: random.pick(fitting) };
  return { codebook: Array.from({ length: 2 ** bits }, () => random.between(-128, 127)) };
}

function randomInteger(bits: number, random: Random): Record<string, unknown> {
  return {
    type: random.pick(["uint", "twos-complement"]),
    ...(bits < 8 && random.below(2) === 0 && { multiplier: 2 }),
    offset: random.between(-8, 2 ** bits / 2),
  };
}

/** The text of a random format spec: code bits 1-8, all level maps and scale types, scales, mins, layouts. */
function randomSpec(name: string, random: Random): string {
  const elements = random.pick([32, 64, 128, 256]);
  const subBlock = random.pick([16, 32, 64, 128, 256].filter((size) => size <= elements));
  const type = random.pick(scaleTypes);
  // All of a sub-block shares one d.
  const most = elements / subBlock;
  const groups = random.pick([1, Math.min(2, most), most]);
  const activation = random.pick(activationNames);
  const { block } = activationOf(activation);
  const layout = new Layout();
  const fields: Record<string, unknown> = {};
  const spec: Record<string, unknown> = {};
  const floats = () => {
    const byte = layout.take(groups * scaleBits[type]);
    return { type, byte, shape: [groups], stride: [scaleBits[type]] };
  };
  fields.d = floats();
  const codeBits = random.between(1, 8);
  const minKind = random.below(4);
  if (minKind === 1) Object.assign(spec, { min: { constant: random.pick([-1, 1, 3]) } });
  if (minKind >= 2) {
    const bits = random.between(1, 8);
    fields.min = layout.field(elements / subBlock, bits, random);
    spec.min = randomInteger(bits, random);
  }
  if (minKind >= 1) fields.dmin = random.below(3) === 0 ? "d" : floats();
  fields.code = layout.field(elements, codeBits, random);
  if (random.below(3) > 0) {
    const bits = random.between(1, 8);
    fields.scale = layout.field(elements / subBlock, bits, random);
    spec.scale = randomInteger(bits, random);
  }
  if (layout.padding.length > 0) {
    // Each padding piece is an element of its own; the field's pieces follow each other through `from`.
    fields.padding = padding(layout.padding);
  }
  return stringify({
    bfq: 1,
    name,
    block: { elements, bytes: layout.byte, "sub-block": subBlock },
    activation,
    step: Math.min(elements / groups, block),
    fields,
    level: randomLevel(codeBits, random),
    ...spec,
  });
}

/** Padding bits as single-bit elements, so that runs of different widths fit one field. */
function padding(pieces: Piece[]): (Piece & { from: number })[] {
  let from = 0;
  return pieces.map(({ bits, byte, bit }) => {
    const piece = { bits: 1, byte, bit: bit ?? 0, shape: [bits], stride: [1], from };
    from += bits;
    return piece;
  });
}

/** A random format; its spec text is what a failing test prints. */
export function randomFormat(name: string, random: Random): { format: Format; text: string } {
  const text = randomSpec(name, random);
  return { format: parseFormat(SpecSource.parse(text, `${name}.yaml`)), text };
}
