import koffi from "koffi";
import { packageRoot } from "../../paths.ts";
import type { ActivationName } from "../../spec/activations.ts";
import { activationBytes } from "../quantize.ts";

/** Activation blocks that ggml knows. */
export type GgmlActivation = Exclude<ActivationName, "int8_token">;

const folder = `${packageRoot}node_modules/@node-llama-cpp/linux-x64/bins/linux-x64`;

function open(file: string) {
  try {
    return koffi.load(`${folder}/${file}`, { global: true });
  } catch (cause) {
    const fix = "npm install @node-llama-cpp/linux-x64@3.22.1 (x86-64 Linux)";
    throw new Error(`the tests compare with the real ggml, but ${folder}/${file} does not load; ${fix}`, { cause });
  }
}

const base = open("libggml-base.so");
/** The variant for any x86-64: it has no fused multiply-add, so its float bits are those of the C source. */
const cpu = open("libggml-cpu-x64.so");
cpu.func("void ggml_cpu_init(void)")();

const quantizeChunkRaw = base.func(
  "size_t ggml_quantize_chunk(int type, const void *src, void *dst, int64_t start, int64_t rows, int64_t k, const void *imatrix)",
);
const requiresImportance = base.func("bool ggml_quantize_requires_imatrix(int type)");

/** What the calls need of a format; `name` is ggml's. */
export interface GgmlFormat {
  name: string;
  ggmlType?: number;
  elements: number;
  bytes: number;
}

/** `n` weights by ggml's `dequantize_row_<format>`. */
export function dequantize(format: GgmlFormat, bytes: Uint8Array, n: number): Float32Array {
  const out = new Float32Array(n);
  base.func(`void dequantize_row_${format.name}(const void *x, void *y, int64_t k)`)(bytes, out, n);
  return out;
}

/**
 * Rows of K floats by ggml's `quantize_row_<name>_ref` (libggml-base).
 * Bytes that ggml leaves unset (the sums of an all-zero q8_K block) are zero.
 */
export function quantizeActivation(name: GgmlActivation, x: Float32Array, k: number): Uint8Array {
  const rowBytes = activationBytes(name, k);
  const out = new Uint8Array((x.length / k) * rowBytes);
  const quantize = base.func(`void quantize_row_${name}_ref(const void *x, void *y, int64_t k)`);
  for (let row = 0; row < x.length / k; row++) {
    quantize(x.subarray(row * k, (row + 1) * k), out.subarray(row * rowBytes, (row + 1) * rowBytes), k);
  }
  return out;
}

/** Floats to stored blocks as llama-quantize writes them, each weight equally important. */
export function quantizeChunk(format: GgmlFormat, x: Float32Array): Uint8Array {
  const out = new Uint8Array((x.length / format.elements) * format.bytes);
  const importance = requiresImportance(format.ggmlType) ? new Float32Array(x.length).fill(1) : null;
  quantizeChunkRaw(format.ggmlType, x, out, 0, 1, x.length, importance);
  return out;
}

export type VecDot = (k: number, w: Uint8Array, y: Uint8Array) => number;

/** ggml's un-fused C kernel for a format. Where no processor has a kernel of its own, the plain symbol is the C code. */
export function vecDotGeneric(format: GgmlFormat, activation: GgmlActivation): VecDot {
  const name = `ggml_vec_dot_${format.name}_${activation}`;
  const rest = "(int n, void *s, size_t bs, const void *x, size_t bx, const void *y, size_t by, int rows)";
  const kernel = hasSymbol(`${name}_generic`)
    ? cpu.func(`void ${name}_generic${rest}`)
    : cpu.func(`void ${name}${rest}`);
  const sum = new Float32Array(1);
  return (k, w, y) => {
    kernel(k, sum, 0, w, 0, y, 0, 1);
    return sum[0];
  };
}

function hasSymbol(name: string): boolean {
  try {
    cpu.func(`void ${name}(void)`);
    return true;
  } catch {
    return false;
  }
}
