import { quantize, readActivations } from "../golden/quantize.ts";
import type { FormatPlan } from "../plan/format-plan.ts";
import type { Random } from "../random.ts";
import type { Job } from "../repack/image.ts";
import { activationOf } from "../spec/activations.ts";
import type { Format } from "../spec/format.ts";
import type { ScaleType } from "../spec/format-schema.ts";
import { writeBits } from "../spec/layout.ts";

/** Stored scales that break careless arithmetic: zeros, subnormals, the smallest and largest normals, infinities, NaNs. */
const cornerScales: Record<ScaleType, number[]> = {
  f16: [0, 0x8000, 1, 0x8001, 0x3ff, 0x400, 0x8400, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x7c01, 0x3c00],
  bf16: [0, 0x8000, 1, 0x7f, 0x80, 0x8080, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x7fc0, 0x3f80],
  f32: [
    0, 0x80000000, 1, 0x7fffff, 0x800000, 0xffffff, 0x80ffffff, 0x80800000, 0x7f7fffff, 0xff7fffff, 0x7f800000,
    0xff800000, 0x7fc00000,
  ],
  e8m0: [0, 1, 2, 3, 126, 127, 128, 253, 254, 255],
  "e8m0-nan": [0, 1, 2, 3, 126, 127, 128, 253, 254, 255],
  ue4m3: [0, 1, 7, 8, 0x38, 0x7e, 0x7f, 0x80, 0xfe, 0xff],
};

/** A stored scale near 1, so that sums stay finite and every bit of them counts. */
function ordinaryScale(type: ScaleType, random: Random): number {
  const sign = random.below(2);
  switch (type) {
    case "f16":
      return (sign << 15) | (random.between(8, 20) << 10) | random.below(1024);
    case "bf16":
      return (sign << 15) | (random.between(100, 140) << 7) | random.below(128);
    case "f32":
      return ((sign << 31) | (random.between(100, 140) << 23) | random.below(2 ** 23)) >>> 0;
    case "e8m0":
    case "e8m0-nan":
      return random.between(100, 140);
    case "ue4m3":
      return random.below(128);
  }
}

/** How the scales of random blocks are drawn. */
export type ScaleKind = "ordinary" | "corner" | "any";

/** Blocks of random bits whose float scales are drawn as `kind` says. */
export function randomBlocks(format: Format, count: number, random: Random, kind: ScaleKind): Uint8Array {
  const bytes = random.bytes(count * format.bytes);
  if (random.below(4) === 0) bytes.fill(random.pick([0x00, 0xff, 0x55, 0xaa, 0x0f, 0xf0]));
  if (kind === "any") return bytes;
  const floats = [format.d, format.dmin].flatMap((scale) => (scale && scale !== "d" ? [scale] : []));
  for (let block = 0; block < count; block++) {
    for (const { type, field } of floats) {
      for (let i = 0; i < field.count; i++) {
        const value = kind === "corner" ? random.pick(cornerScales[type]) : ordinaryScale(type, random);
        for (const part of field.parts) {
          const position = block * format.bytes * 8 + part.position[i - part.from];
          clearBits(bytes, position, part.bits);
          writeBits(bytes, position, part.bits, Math.floor(value / 2 ** part.shift) % 2 ** part.bits);
        }
      }
    }
  }
  return bytes;
}

function clearBits(bytes: Uint8Array, position: number, bits: number): void {
  for (let bit = position; bit < position + bits; bit++) bytes[bit >> 3] &= ~(1 << (bit & 7));
}

/** The stored bits of a scale of 1, for probes. */
export const unitScale: Record<ScaleType, number> = {
  f16: 0x3c00,
  bf16: 0x3f80,
  f32: 0x3f800000,
  e8m0: 127,
  "e8m0-nan": 127,
  ue4m3: 0x38,
};

/** Overwrites every float scale of one kind in stored blocks. */
export function overwriteScales(format: Format, stored: Uint8Array, which: "d" | "dmin", value: number): void {
  const scale = format[which];
  if (!scale || scale === "d") return;
  for (let base = 0; base < stored.length; base += format.bytes) {
    for (const part of scale.field.parts) {
      for (const at of part.position) {
        clearBits(stored, base * 8 + at, part.bits);
        writeBits(stored, base * 8 + at, part.bits, Math.floor(value / 2 ** part.shift) % 2 ** part.bits);
      }
    }
  }
}

/** Activations as models have them: normal, a new scale for each 64, an outlier here and there. */
export function randomActivations(random: Random, k: number, columns: number): Float32Array {
  let scale = 1;
  return Float32Array.from({ length: k * columns }, (_, i) => {
    if (i % 64 === 0) scale = 2 ** random.between(-6, 3);
    const value = random.normal() * scale;
    return random.below(200) === 0 ? value * 20 : value;
  });
}

/** A MatMul of random shape, blocks and activations. */
export function randomJob(format: Format, plan: FormatPlan, random: Random, maxK: number): Job {
  const block = activationOf(format.activation).block;
  const unit = Math.max(format.elements, Number.isFinite(block) ? block : 1);
  const rows = random.between(1, 70);
  const k = unit * random.between(1, Math.floor(Math.min(maxK, 2048) / unit));
  const columns = random.below(4) === 0 ? random.between(10, 26) : random.between(1, 9);
  const kind = random.pick<ScaleKind>(["ordinary", "ordinary", "corner", "any"]);
  const blocks = (rows * k) / format.elements;
  const stored = randomBlocks(format, blocks, random, kind);
  const x = randomActivations(random, k, columns);
  if (random.below(8) === 0) x.fill(0, 0, k);
  const quantized = quantize(format.activation, x, k);
  return { format, plan, stored, rows, k, activations: readActivations(format.activation, quantized, k) };
}
