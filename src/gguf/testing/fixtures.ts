import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { UserError } from "../../problem.ts";
import { openGguf, type TypeSizes } from "../gguf.ts";
import {
  arrayValue,
  type RawGguf,
  type RawTensor,
  stringValue,
  text,
  u32,
  u32Value,
  u64,
  valueType,
} from "./write-gguf.ts";

/** Facts from ggml, as the format specs are not this folder's business. */
export const blockTypes: TypeSizes = new Map([
  [2, { elements: 32, bytes: 18, name: "q4_0" }],
  [10, { elements: 256, bytes: 84, name: "q2_K" }],
  [11, { elements: 256, bytes: 110, name: "q3_K" }],
  [12, { elements: 256, bytes: 144, name: "q4_K" }],
  [13, { elements: 256, bytes: 176, name: "q5_K" }],
  [14, { elements: 256, bytes: 210, name: "q6_K" }],
]);

/** Of the importing test file, removed after it. */
export const folder = mkdtempSync(join(tmpdir(), "bfq-gguf-"));
afterAll(() => rmSync(folder, { recursive: true }));
export const model = join(folder, "model.gguf");

export function openBytes(bytes: Uint8Array) {
  writeFileSync(model, bytes);
  return openGguf(model, blockTypes);
}

/** The text a user sees, with the folder of the test taken out. */
export async function errorText(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => expect.fail("no error"),
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(error.exitCode).toBe(2);
  return error.message.replaceAll(`${folder}/`, "");
}

/** Data with few zeros and no short period. */
export const bytes = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 37 + 11) & 0xff);
export const f32: RawTensor = { name: "norm.weight", type: 0, shape: [8], data: bytes(32) };
export const q4: RawTensor = { name: "blk.0.attn_q.weight", type: 2, shape: [64, 3], data: bytes(108) };
export const unknown: RawTensor = { name: "future.weight", type: 99, shape: [32, 2], data: bytes(40) };
export const good: RawGguf = {
  keys: [
    ["general.architecture", stringValue("llama")],
    ["general.alignment", u32Value(32)],
    ["llama.rope.freq_base", { type: valueType.f64, bytes: u64(0x40c3880000000000n) }],
    ["llama.parameters", { type: valueType.u64, bytes: u64(1n << 60n) }],
    ["tokenizer.ggml.tokens", arrayValue(valueType.string, [text("a"), text("ß"), text("")])],
    ["tokenizer.ggml.token_type", arrayValue(valueType.u32, [u32(1), u32(2), u32(3)])],
    ["tokenizer.ggml.empty", arrayValue(valueType.string, [])],
    ["tokenizer.ggml.add_bos_token", { type: valueType.bool, bytes: Uint8Array.of(1) }],
  ],
  tensors: [f32, q4, unknown],
};
