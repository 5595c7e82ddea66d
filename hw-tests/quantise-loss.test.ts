import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { meanSquares } from "../src/eval/calibrate.ts";
import { evaluate } from "../src/eval/evaluate.ts";
import { openEvalModel } from "../src/eval/open.ts";
import { cutWindows } from "../src/eval/windows.ts";
import { quantizeChunk } from "../src/golden/testing/ggml.ts";
import { type Quantiser, quantiseModel } from "../src/lab/quantised.ts";
import { modelOfGguf } from "../src/model/gguf-model.ts";
import { packageRoot } from "../src/paths.ts";
import { chooseFormats, importanceOf } from "../src/quantise/model.ts";
import { quantizeRows } from "../src/quantise/rows.ts";
import { findFormat, readLibrary } from "../src/spec/library.ts";
import { isLong } from "../src/testing/run.ts";

const data = `${packageRoot}hw-tests/data/kjv-2.5m`;
const library = await readLibrary();
const { file, typeNames, model, vocabulary } = await openEvalModel(`${data}/kjv2.5M-f16.gguf`);
const described = modelOfGguf(file, typeNames);
const windows = cutWindows(await readFile(`${data}/val.txt`, "utf8"), vocabulary, 256);
/** 16 KB; the short run a quarter of it. */
const judged = windows.slice(0, isLong ? 64 : 8);

const candidate = (name: string, quantise: Quantiser) => {
  const chosen = chooseFormats(described, { format: findFormat(library, name) }, library);
  return quantiseModel(model, new Map([...chosen].map(([tensor, format]) => [tensor.name, format])), quantise);
};
const judge = (models: readonly { model: typeof model }[]) =>
  evaluate({ windows: judged, candidates: models.map(({ model }) => ({ model })), reference: { model } });

// Outside truth: ggml's own quantisers, tensor by tensor in the same types. q4_K is not among them: docs/evaluation.md has its figures.
const names = isLong ? ["q3_K", "q2_K", "mxfp4", "nvfp4"] : ["q2_K"];
it("without a text, weights that are quantised here diverge less than ggml's", async () => {
  const ours: Quantiser = (format, weights, name) =>
    quantizeRows(format, weights, importanceOf(name, described, undefined));
  const found = await judge(names.flatMap((name) => [candidate(name, ours), candidate(name, quantizeChunk)]));
  for (const [i, name] of names.entries()) {
    const [own, ggml] = found.slice(2 * i, 2 * i + 2);
    console.log(`${name}: KL ${own.kl!.mean} (loss ${own.loss!.value}), ggml's ${ggml.kl!.mean} (${ggml.loss!.value})`);
  }
  for (const [i, name] of names.entries()) {
    expect(found[2 * i].kl!.mean, name).toBeLessThanOrEqual(found[2 * i + 1].kl!.mean);
  }
});

// Measured on text that was not calibrated with.
it.runIf(isLong)("calibrated, q2_K loses at most 3.5 % and bipolar3 2.5 %", async () => {
  const importance = await meanSquares(model, windows.slice(64), () => {});
  const calibrated: Quantiser = (format, weights, name) => quantizeRows(format, weights, importance.get(name));
  const [q2, bipolar3] = await judge([candidate("q2_K", calibrated), candidate("bipolar3", calibrated)]);
  console.log(`calibrated: q2_K ${q2.loss!.value}, bipolar3 ${bipolar3.loss!.value}`);
  expect(q2.loss!.value).toBeLessThanOrEqual(0.035);
  expect(bipolar3.loss!.value).toBeLessThanOrEqual(0.025);
});

it.runIf(isLong)("takes at most a second of CPU per million weights, whatever the format", () => {
  const weights = Float32Array.from({ length: 2 ** 20 }, (_, i) => Math.sin(i * i) * Math.sin(i) ** 3);
  for (const format of library.values()) {
    if (format.code.codec) continue;
    quantizeRows(format, weights.subarray(0, 2 ** 16));
    const before = process.cpuUsage();
    quantizeRows(format, weights);
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1.048576e6;
    console.log(`${format.name}: ${seconds.toFixed(2)} s`);
    expect(seconds, format.name).toBeLessThanOrEqual(1);
  }
});
