import { stringify } from "yaml";
import type { Random } from "../random.ts";
import { activationNames, activationOf } from "../spec/activations.ts";
import type { Format } from "../spec/format.ts";
import { minifloats, scaleTypes } from "../spec/format-schema.ts";
import { parseFormat } from "../spec/parse-format.ts";
import { SpecSource } from "../spec/source.ts";

interface Piece {
  bits: number;
  byte: number;
  bit?: number;
  shape: number[];
  stride: number[];
}

/**
 * What shapes are drawn: mostly those that a machine takes; or the odd ones of the golden model alone, short blocks and
 * sub-blocks under one f16 scale, in steps that end within a block.
 */
export type Shapes = "machine" | "odd";

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
    const way = random.below(4);
    if (way === 0 && bits > 1) {
      const low = random.between(1, bits - 1);
      return [...this.linear(count, low), ...this.linear(count, bits - low)];
    }
    const run = random.pick([2, 4].filter((size) => count % size === 0).concat(1));
    if (way === 1 && run > 1) {
      const byte = this.take(count * bits);
      return [{ bits, byte, shape: [run, count / run], stride: [bits, bits * run] }];
    }
    if (way === 2 && count % 8 === 0) return Array.from({ length: bits }, () => this.linear(count, 1)).flat();
    return this.linear(count, bits);
  }

  private linear(count: number, bits: number): Piece[] {
    return [{ bits, byte: this.take(count * bits), shape: [count], stride: [bits] }];
  }
}

const scaleBits = { f16: 16, bf16: 16, f32: 32, e8m0: 8, "e8m0-nan": 8, ue4m3: 8 } as const;
const minifloatBits = { e2m1: 4, e3m2: 6, e2m3: 6, e4m3: 8, e5m2: 8 } as const;

function randomLevel(bits: number, random: Random, shapes: Shapes, hasScale: boolean): Record<string, unknown> {
  // Under integer scales, sums of e5m2 levels leave the exact range of doubles.
  const fitting = minifloats.filter((name) => minifloatBits[name] === bits && !(name === "e5m2" && hasScale));
  const kind = random.below(shapes === "odd" || bits <= 6 ? 5 : 3);
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
function randomSpec(name: string, random: Random, shapes: Shapes): string {
  const isOdd = shapes === "odd";
  const activation = random.pick(isOdd ? (["q8_0", "q8_K"] as const) : activationNames);
  const block = activationOf(activation).block;
  const elements = random.pick(isOdd ? [16, 32, 64, block === 32 ? 96 : 128, 256] : [32, 64, 128, 256]);
  const step = Math.min(elements, block);
  const subBlock = random.pick(
    isOdd
      ? [2, 4, 8, 16, 32, elements].filter((size) => elements % size === 0 && (size <= step || size % step === 0))
      : [16, 32, 64, 128, 256].filter((size) => size <= elements),
  );
  const type = isOdd ? "f16" : random.pick(scaleTypes);
  // All of a sub-block shares one d.
  const most = isOdd ? 1 : elements / subBlock;
  const groups = random.pick([1, Math.min(2, most), most]);
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
  if (minKind >= 1) fields.dmin = isOdd || random.below(3) === 0 ? "d" : floats();
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
    fields,
    level: randomLevel(codeBits, random, shapes, "scale" in fields),
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
export function randomFormat(name: string, random: Random, shapes: Shapes): { format: Format; text: string } {
  const text = randomSpec(name, random, shapes);
  return { format: parseFormat(SpecSource.parse(text, `${name}.yaml`)), text };
}
