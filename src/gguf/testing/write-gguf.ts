/**
 * Writes GGUF files for tests, good and bad: it checks nothing, and every count and length can be made to lie.
 * Its own reading of the GGUF specification, shared with no reader.
 */

export const valueType = { u8: 0, u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9, u64: 10, f64: 12 } as const;

export interface RawValue {
  type: number;
  bytes: Uint8Array;
}

export interface RawTensor {
  name: string;
  type: number;
  /** ggml order, K first. */
  shape: (number | bigint)[];
  data: Uint8Array;
  /** From the start of the data; the next free aligned one if absent. */
  offset?: bigint;
}

export interface RawGguf {
  magic?: string;
  version?: number;
  tensorCount?: bigint;
  keyCount?: bigint;
  /** Pads the header and the tensors; the key general.alignment is the caller's. */
  alignment?: number;
  keys?: [key: string | Uint8Array, value: RawValue][];
  tensors?: RawTensor[];
}

const join = (parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
export const concat = (...parts: Uint8Array[]): Uint8Array => join(parts);

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

export function u64(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/** A string as GGUF stores it; `length` to lie about it. */
export function text(value: string | Uint8Array, length?: bigint): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return concat(u64(length ?? bytes.length), bytes);
}

export const u32Value = (value: number): RawValue => ({ type: valueType.u32, bytes: u32(value) });
export const stringValue = (value: string): RawValue => ({ type: valueType.string, bytes: text(value) });

export function arrayValue(elementType: number, elements: Uint8Array[], count?: bigint): RawValue {
  return {
    type: valueType.array,
    bytes: concat(u32(elementType), u64(count ?? elements.length), join(elements)),
  };
}

export function writeGguf(file: RawGguf): Uint8Array {
  const { magic = "GGUF", version = 3, alignment = 32, keys = [], tensors = [] } = file;
  const pad = (length: number) => new Uint8Array((alignment - (length % alignment)) % alignment);
  const entries: Uint8Array[] = [];
  const data: Uint8Array[] = [];
  let next = 0;
  for (const tensor of tensors) {
    const { name, shape, type, offset = BigInt(next) } = tensor;
    entries.push(text(name), u32(shape.length), ...shape.map(u64), u32(type), u64(offset));
    const padded = concat(tensor.data, pad(tensor.data.length));
    data.push(padded);
    next += padded.length;
  }
  const header = concat(
    new TextEncoder().encode(magic),
    u32(version),
    u64(file.tensorCount ?? tensors.length),
    u64(file.keyCount ?? keys.length),
    ...keys.flatMap(([key, { type, bytes }]) => [typeof key === "string" ? text(key) : key, u32(type), bytes]),
    ...entries,
  );
  return concat(header, tensors.length > 0 ? pad(header.length) : new Uint8Array(0), ...data);
}
