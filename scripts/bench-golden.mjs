// Speed of the golden model and of repack, one thread, against ggml's generic C kernel in the same run:
//   npm run build && node scripts/bench-golden.mjs [format ...]
// A 2048 x 2048 matrix times one vector. Each figure is the best call within a second, since other work on the machine
// only adds time; unpack and repack take an eighth of the rows a call, short enough to pass undisturbed (times 8 below).
// "matmul / ggml" is the figure to quote: the golden model unpacks a matrix once, for any number of columns.

import koffi from "koffi";
import { matmul, unpackWeights } from "../dist/golden/matmul.js";
import { quantize, readActivations } from "../dist/golden/quantize.js";
import { packageRoot } from "../dist/paths.js";
import { planFormat } from "../dist/plan/format-plan.js";
import { repack } from "../dist/repack/tiles.js";
import { findFormat, readLibrary } from "../dist/spec/library.js";

const rows = 2048;
const k = 2048;
const names = process.argv.length > 2 ? process.argv.slice(2) : ["q3_K", "q4_K"];

const bins = `${packageRoot}node_modules/@node-llama-cpp/linux-x64/bins/linux-x64`;
koffi.load(`${bins}/libggml-base.so`, { global: true });
const cpu = koffi.load(`${bins}/libggml-cpu-x64.so`);
cpu.func("void ggml_cpu_init(void)")();

const formats = await readLibrary();
const table = names.map((name) => measure(findFormat(formats, name)));
console.table(Object.fromEntries(table));

function measure(format) {
  const stored = Uint8Array.from({ length: (rows * k * format.bytes) / format.elements }, () => Math.random() * 256);
  const x = Float32Array.from({ length: k }, () => Math.random() - 0.5);
  const y = quantize(format.activation, x, k);
  const activations = readActivations(format.activation, y, k);
  const plan = planFormat(format);
  const kernel = cpu.func(
    `void ggml_vec_dot_${format.name}_${format.activation}_generic(int n, void *s, size_t bs, const void *x, size_t bx, const void *y, size_t by, int rows)`,
  );
  const sums = Array.from({ length: rows }, () => new Float32Array(1));
  const rowBytes = stored.length / rows;
  const storedRows = sums.map((_, row) => stored.subarray(row * rowBytes, (row + 1) * rowBytes));
  const weights = unpackWeights(format, stored, rows, k);
  const part = stored.subarray(0, stored.length / 8);
  const ggml = best(() => {
    for (let row = 0; row < rows; row++) kernel(k, sums[row], 0, storedRows[row], 0, y, 0, 1);
  });
  const product = best(() => matmul(weights, activations));
  const unpack = 8 * best(() => unpackWeights(format, part, rows / 8, k));
  const pack = 8 * best(() => repack(format, plan, part, rows / 8, k, 4));
  const megabytes = stored.length / 1e6;
  return [
    format.name,
    {
      "ggml ms": round(ggml),
      "matmul ms": round(product),
      "matmul / ggml": round(product / ggml),
      "unpack ms": round(unpack),
      "(unpack + matmul) / ggml": round((unpack + product) / ggml),
      "unpack MB/s": Math.round((1000 * megabytes) / unpack),
      "repack MB/s": Math.round((1000 * megabytes) / pack),
    },
  ];
}

/** Milliseconds of the fastest call within a second. */
function best(run) {
  let fastest = Infinity;
  for (const end = performance.now() + 1000; performance.now() < end; ) {
    const start = performance.now();
    run();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

function round(value) {
  return Number(value.toFixed(2));
}
