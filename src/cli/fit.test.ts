import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallModel } from "../model/testing/small-model.ts";
import { bfq } from "./testing/bfq.ts";

const kQuants = "specs/accelerators/k-quants.yaml";
const fBfq = "specs/accelerators/f-bfq.yaml";
let folder: string;
let small: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-fit-`);
  small = `${folder}/small.yaml`;
  await writeFile(small, smallModel);
});
afterAll(() => rm(folder, { recursive: true }));

async function runFit(...args: string[]) {
  const { exitCode, stdout } = await bfq(["fit", ...args, "--json"]);
  return { exitCode, ...JSON.parse(stdout) };
}

describe("fit", () => {
  it("says what runs, and that tiles pad rows to 8", async () => {
    const found = await runFit(kQuants, "--model", small, "--mix", "Q2_K");
    expect(found).toMatchObject({ exitCode: 0, ok: true, model: "small-1", mix: "Q2_K", fits: true });
    const down = found.tensors.filter(({ role }: { role: string }) => role === "ffn_down");
    // 100 x 768 weights: 300 blocks; 13 row tiles of 3 tiles, of 55 and 42 words.
    expect(down).toMatchObject([
      { type: "q3_K", count: 2, runs: true, storedBytes: 300 * 110, tileBytes: 13 * 3 * 55 * 16 },
      { type: "q2_K", count: 1, runs: true, storedBytes: 300 * 84, tileBytes: 13 * 3 * 42 * 16 },
    ]);
    const lookup = found.tensors.find(({ role }: { role: string }) => role === "token_embd");
    expect(lookup).toMatchObject({ runs: false, reason: "single rows are looked up: nothing to multiply" });
  });

  it("names the parameter that keeps a format out", async () => {
    const { tensors } = await runFit(fBfq, "--model", small, "--mix", "Q2_K");
    expect(tensors.at(-1)).toMatchObject({
      role: "output",
      runs: false,
      reason: "q6_K is not in the variant: it needs 6 bits of a code; the machine has 3 (CODE_BITS)",
    });
  });

  it("reads the types from a GGUF header", async () => {
    const model = "hw-tests/data/kjv-2.5m/kjv2.5M-q4_k_m.gguf";
    const { ok, tensors } = await runFit(kQuants, "--model", model);
    expect(ok).toBe(true);
    const runs = tensors.filter((tensor: { runs: boolean }) => tensor.runs);
    expect(runs.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(22);
    expect(tensors.find(({ role }: { role: string }) => role === "output_norm")).toMatchObject({
      runs: false,
      reason: "not a matrix",
    });
  });

  it("ends with 1 where nothing runs, and with the reason: K too long", async () => {
    const found = await runFit(
      fBfq,
      "--model",
      await write(smallModel.replaceAll("k: 256", "k: 8448")),
      "--mix",
      "Q2_K",
    );
    expect(found.tensors[0].reason).toBe("K = 8448 is longer than the variant's max-k of 8192");
    const none = await runFit(fBfq, "--model", small, "--mix", "pure-mxfp8_e4m3");
    expect(none).toMatchObject({ exitCode: 1, ok: false });
    expect(none.tensors[0].reason).toBe("mxfp8_e4m3 runs in the golden model only");
  });

  async function write(text: string) {
    const path = `${folder}/changed.yaml`;
    await writeFile(path, text);
    return path;
  }
});

describe("wrong use of --model", () => {
  it.each([
    [
      ["--model", "tinylama-1.1b"],
      "error[unknown-model]: no model named 'tinylama-1.1b'\n  fix: did you mean 'tinyllama-1.1b'?",
    ],
    [["--model", "gpt2"], "error[usage]: gpt2 needs --mix\n  fix: one of Q2_K, Q3_K_M, Q4_K_M"],
    [["--model", "gpt2", "--mix", "Q9"], "error[unknown-mix]: gpt2 has no mix 'Q9'"],
    [["--model", "a.gguf", "--mix", "Q2_K"], "error[usage]: a GGUF file has its types: leave --mix out"],
    [["--model", "none.yaml", "--mix", "Q2_K"], "none.yaml: error[no-such-file]"],
  ])("%s", async (args, want) => {
    const { exitCode, stderr, stdout } = await bfq(["fit", kQuants, ...args]);
    expect(stderr).toContain(want);
    expect([exitCode, stdout]).toEqual([2, ""]);
  });
});
