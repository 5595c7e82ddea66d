/** Storage of one ggml type: `bytes` hold `elements` consecutive values of a row. */
export interface TypeSize {
  elements: number;
  bytes: number;
  name: string;
}

/** By ggml type number. */
export type TypeSizes = ReadonlyMap<number, TypeSize>;

/** The ggml types without blocks, under ggml's public numbers and names. Block formats come from the format specs. */
export const plainTypes: TypeSizes = new Map([
  [0, { elements: 1, bytes: 4, name: "f32" }],
  [1, { elements: 1, bytes: 2, name: "f16" }],
  [24, { elements: 1, bytes: 1, name: "i8" }],
  [25, { elements: 1, bytes: 2, name: "i16" }],
  [26, { elements: 1, bytes: 4, name: "i32" }],
  [27, { elements: 1, bytes: 8, name: "i64" }],
  [28, { elements: 1, bytes: 8, name: "f64" }],
  [30, { elements: 1, bytes: 2, name: "bf16" }],
]);

export interface GgufTensor {
  name: string;
  /** The file that holds it: a model can be split. */
  path: string;
  /** ggml type number. */
  type: number;
  /** ggml order: the row length K first. Up to 4 dimensions, none for a scalar; 0 is a size. */
  shape: number[];
  /** Absolute byte offset in the file. */
  offset: number;
  /** Absent where the type is unknown, as its size then is unknown too. */
  bytes?: number;
}
