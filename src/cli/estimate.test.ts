import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallModel } from "../model/testing/small-model.ts";
import { bfq } from "./testing/bfq.ts";

const kQuants = "specs/accelerators/k-quants.yaml";
let folder: string;
let small: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-estimate-`);
  small = `${folder}/small.yaml`;
  await writeFile(small, smallModel);
});
afterAll(() => rm(folder, { recursive: true }));

async function estimate(...args: string[]) {
  const { exitCode, stdout } = await bfq(["estimate", kQuants, ...args, "--json"]);
  return { exitCode, ...JSON.parse(stdout) };
}

// Outside truth: the roofline of docs/board-facts.md, from published shapes and 16.0 GB/s.
it.each([
  ["pure-Q2_K", 43],
  ["pure-Q3_K", 34],
  ["pure-Q4_K", 27],
])("TinyLlama %s: ceiling %d tok/s, and the lists come near it", async (mix, want) => {
  const found = await estimate("--model", "tinyllama-1.1b", "--mix", mix);
  expect(found).toMatchObject({ exitCode: 0, ok: true, note: expect.stringContaining("no board was used") });
  expect(Math.round(found.ceilingTokensPerSecond)).toBe(want);
  expect(found.tokensPerSecond).toBeLessThan(found.ceilingTokensPerSecond);
  expect(found.streamShare).toBeGreaterThan(0.98);
});

describe("estimate of a small model", () => {
  it("counts each layer's types, and each of llama.cpp's calls", async () => {
    const { token, calls, prompt, onCpu } = await estimate("--model", small, "--mix", "Q2_K", "--columns", "10");
    // Layers 0 and 2 are equal, layer 1 has another type in ffn_down.
    const names = (lists: { name: string; times: number }[]) => lists.map(({ name, times }) => `${times} ${name}`);
    expect(names(token.lists)).toEqual(["2 layer", "1 layer", "1 head"]);
    expect(names(calls.lists)).toEqual(["3 attn_q", "3 attn_k", "2 ffn_down", "1 ffn_down", "1 head"]);
    expect(calls.starts).toBe(3 * 3 + 1);
    expect(calls.cycles).toBeGreaterThan(token.cycles);
    expect(token.usefulBytes).toBe(
      3 * (256 + 128) * 84 + 2 * 300 * 110 + 300 * 84 + 300 * 210, // blocks of 256
    );
    expect(prompt.lists[0].matmuls[0]).toBe("attn_q q2_K 256 x 256 x 10");
    expect(prompt.lists.at(-1).matmuls).toEqual(["output q6_K 300 x 256 x 1"]);
    expect(onCpu).toEqual([]);
  });

  it("names what stays on the CPU", async () => {
    const run = await bfq(["estimate", "specs/accelerators/f-bfq.yaml", "--model", small, "--mix", "Q2_K"]);
    expect(run.stdout).toMatch(
      /matrices that stay on the CPU:\n.*\n.*\n {2}output +q6_K .* q6_K is not in the variant/,
    );
    expect(run.stdout).toContain("no board was used");
    expect(run.exitCode).toBe(0);
  });

  it("is refused where nothing runs", async () => {
    const run = await bfq(["estimate", "specs/accelerators/f-bfq.yaml", "--model", small, "--mix", "pure-q8_0"]);
    expect(run.stderr).toContain("error[nothing-runs]: no MatMul of small-1 runs on f-bfq\n  fix: `bfq fit` says why");
    expect(run.exitCode).toBe(2);
  });
});
