/** One run of a field's elements: where each element's bits start in the block, and which bits of the value they are. */
export interface Part {
  /** First element of the field that this part serves. */
  from: number;
  /** Bits it adds (2 for a trit, whose values are 0, 1, 2). */
  bits: number;
  /** Position of these bits in the element's value. */
  shift: number;
  /** Per element: bit position in the block. */
  position: Int32Array;
  /** Per element, for base-3 packing: which digit of the byte, most significant first. */
  trit?: Uint8Array;
}

/** A field of a block: `count` unsigned integers of `bits` bits each. */
export interface Field {
  count: number;
  bits: number;
  /** Where the integers lie; empty where they come of a codec. */
  parts: Part[];
  codec?: FieldCodec;
}

/** Integers that a block does not hold one by one (grid indices). */
export interface FieldCodec {
  /** The fields that the block does hold, by their names in the spec. */
  readonly fields: readonly [string, Field][];
  read(bytes: Uint8Array, base: number, out: Uint8Array | Uint32Array, at: number): void;
  write(values: Uint8Array | Uint32Array, at: number, bytes: Uint8Array, base: number): void;
}

export const emptyField: Field = { count: 0, bits: 0, parts: [] };

const power3 = [1, 3, 9, 27, 81, 243];

/** Reads up to 32 bits that start at a bit position; bit 0 of a byte is its least significant. */
export function readBits(bytes: Uint8Array, position: number, bits: number): number {
  const first = position >> 3;
  const shift = position & 7;
  if (shift + bits <= 24) {
    // Bytes behind the block read as 0.
    return ((bytes[first] | (bytes[first + 1] << 8) | (bytes[first + 2] << 16)) >>> shift) & ((1 << bits) - 1);
  }
  let value = 0;
  for (let got = 0, at = first; got < bits + shift; got += 8, at++) value += bytes[at] * 2 ** got;
  return Math.floor(value / 2 ** shift) % 2 ** bits;
}

/** ORs up to 32 bits into a block whose bits there are zero. */
export function writeBits(bytes: Uint8Array, position: number, bits: number, value: number): void {
  for (let done = 0; done < bits; ) {
    const shift = (position + done) & 7;
    const take = Math.min(8 - shift, bits - done);
    const piece = Math.floor(value / 2 ** done) % 2 ** take;
    bytes[(position + done) >> 3] |= piece << shift;
    done += take;
  }
}

/**
 * Unpacks a field of the block at `base` into `out[at ..]`.
 * Base-3 bytes follow ggml's tq1_0: digit n is the top base-3 digit of (byte * 3^n mod 256).
 */
export function readField(field: Field, bytes: Uint8Array, base: number, out: Uint8Array | Uint32Array, at = 0): void {
  if (field.codec) {
    field.codec.read(bytes, base, out, at);
    return;
  }
  out.fill(0, at, at + field.count);
  for (const { from, bits, shift, position, trit } of field.parts) {
    const mask = 2 ** bits - 1;
    const start = at + from;
    for (let i = 0; i < position.length; i++) {
      const place = position[i];
      const byte = base + (place >> 3);
      if (trit) out[start + i] += ((((bytes[byte] * power3[trit[i]]) & 255) * 3) >> 8) << shift;
      else if ((place & 7) + bits <= 8) out[start + i] += ((bytes[byte] >> (place & 7)) & mask) << shift;
      else out[start + i] += readBits(bytes, base * 8 + place, bits) * 2 ** shift;
    }
  }
}

/** Packs a field into a block whose bits there are zero; the inverse of readField except for unused base-3 values. */
export function writeField(
  field: Field,
  values: Uint8Array | Uint32Array,
  bytes: Uint8Array,
  base: number,
  at = 0,
): void {
  if (field.codec) {
    field.codec.write(values, at, bytes, base);
    return;
  }
  const digits = new Map<number, number>();
  for (const { from, bits, shift, position, trit } of field.parts) {
    for (let i = 0; i < position.length; i++) {
      const value = Math.floor(values[at + from + i] / 2 ** shift) % 2 ** bits;
      if (trit) {
        const byte = base + (position[i] >> 3);
        digits.set(byte, (digits.get(byte) ?? 0) + value * power3[4 - trit[i]]);
      } else {
        writeBits(bytes, base * 8 + position[i], bits, value);
      }
    }
  }
  // ceil(256 n / 243) is the byte whose top digits, by the rule of readField, are those of n.
  for (const [byte, n] of digits) bytes[byte] = Math.floor((n * 256 + 242) / 243);
}
