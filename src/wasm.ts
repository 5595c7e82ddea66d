/** WebAssembly modules assembled in TypeScript: what the inner loops of the golden model and of `eval` need, no more. */

/** What we use of the WebAssembly API (Node's type declarations leave it out). */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => WasmMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, WasmFunction> };
};

export interface WasmMemory {
  buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Our functions take and return 32-bit integers: addresses and lengths in bytes. */
export type WasmFunction = (...parameters: number[]) => void;

export const i32 = 0x7f;
export const v128 = 0x7b;
const blockOfNothing = 0x40;
const pageBytes = 65536;

/** An unsigned number as WebAssembly writes it: seven bits a byte, lowest first. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}

/** The same for signed numbers: bit 6 of the last byte is the sign. */
function signedLeb(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signedLeb(value >> 7)];
}

export const get = (local: number) => [0x20, local];
export const set = (local: number) => [0x21, local];
export const constant = (value: number) => [0x41, ...signedLeb(value)];
export const add = [0x6a];
export const isBelow = [0x49];
export const storeI32 = [0x36, 2, 0];
/** Ends the body of a loop: again, if the number on the stack is not zero. */
export const repeatIf = [0x0d, 0];
const end = [0x0b];
export const loop = (...body: number[][]) => [0x03, blockOfNothing, ...body.flat(), ...end];
export const advance = (local: number, bytes: number) => [...get(local), ...constant(bytes), ...add, ...set(local)];
export const advanceBy = (local: number, by: number) => [...get(local), ...get(by), ...add, ...set(local)];

export const vector = (operation: number, ...immediates: number[]) => [0xfd, ...leb(operation), ...immediates];
/** Vectors lie at multiples of four bytes at least. */
export const loadVector = (offset = 0) => vector(0, 2, ...leb(offset));
/** One 32-bit number into all four lanes. */
export const loadSplat = (offset: number) => vector(9, 2, ...leb(offset));
export const storeVector = (offset = 0) => vector(11, 2, ...leb(offset));
export const zeroVector = vector(12, ...new Array<number>(16).fill(0));

/** A function of i32 parameters: its further locals as pairs of count and type, and its instructions. */
export interface WasmBody {
  parameters: number;
  locals: [count: number, type: number][];
  code: number[];
}

/** A memory and the one function of a module that works on it. */
export function instantiate(body: WasmBody): { memory: WasmMemory; run: WasmFunction } {
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const sized = (bytes: number[]) => [...leb(bytes.length), ...bytes];
  const section = (id: number, bytes: number[]) => [id, ...sized(bytes)];
  const locals = [body.locals.length, ...body.locals.flatMap(([count, type]) => [...leb(count), type])];
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, body.parameters, ...new Array<number>(body.parameters).fill(i32), 0]),
    ...section(2, [1, ...name("env"), ...name("m"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("run"), 0, 0]),
    ...section(10, [1, ...sized([...locals, ...body.code, ...end])]),
  ]);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { m: memory } });
  return { memory, run: exports.run };
}

/** Makes a memory at least `bytes` long; its old views are worthless afterwards. */
export function reserve(memory: WasmMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
}
