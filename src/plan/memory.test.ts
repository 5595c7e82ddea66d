import { describe, expect, it } from "vitest";
import { multipliers } from "../datapath/multipliers.ts";
import { parseAccelerator } from "../spec/accelerator.ts";
import { SpecSource } from "../spec/source.ts";
import { complaint } from "../spec/testing/bad-spec.ts";
import { planAccelerator } from "./plan.ts";

const plan = async (changes: string) => {
  const yaml = `bfq: 1\nname: mine\nboard: kv260\nformats: [q2_K, q4_K]\nlanes: 4\n${changes}`;
  return planAccelerator(await parseAccelerator(SpecSource.parse(yaml, "mine.yaml")));
};

it("a datapath of four cycles a row step hides the next tile behind fewer batches, and fp32 steps behind more of them", async () => {
  const yaml = `bfq: 1\nname: mine\nboard: kv260\nformats: [q4_K]\nlanes: 4\ncolumns: 4\nmax-k: 8192\ndatapath: slow\n`;
  const accelerator = await parseAccelerator(SpecSource.parse(yaml, "mine.yaml"));
  const slow = (cycles: number) => ({ ...multipliers, name: "slow", cyclesPerRowStep: () => cycles });
  const of = (cycles: number) => planAccelerator(accelerator, [slow(cycles)]).parameters;
  // By hand: 72 words behind walks of 32 cycles; 8 steps of two cycles for 4 columns are 64 cycles.
  expect([1, 4, 16].map((cycles) => of(cycles).REPLAY)).toEqual([3, 1, 1]);
  expect([1, 4, 16].map((cycles) => of(cycles).FP_INTERVAL)).toEqual([1, 2, 2]);
});

describe("batches of columns for which a tile stays on chip", () => {
  it.each([
    ["columns: 4\nmax-k: 8192", 3, "72 words behind 3 x 32 cycles"],
    ["columns: 1\nmax-k: 8192", 1, "one column is for decoding"],
    ["columns: 4\nmax-k: 16384", 1, "two halves of 2 batches of 64 K tiles are 5120 words; an UltraRAM has 4096"],
    ["columns: 4\nmax-k: 65536", 1, "activations alone are more than an UltraRAM"],
    ["columns: 4\nmax-k: 8192\nreplay: 2", 2, "as the spec says"],
    ["columns: 1\nmax-k: 2048\nreplay: 8", 8, "as the spec says"],
  ])("%j: %i (%s)", async (changes, replay) => {
    const { parameters, activationBufferBytes } = await plan(changes);
    expect(parameters.REPLAY).toBe(replay);
    expect(activationBufferBytes).toBe(
      4 * parameters.COLUMNS * 2 * parameters.REPLAY * parameters.MAX_K_TILES * 20 * 16,
    );
  });

  it("more than fits is refused, with what would", async () => {
    expect(await complaint(() => plan("columns: 4\nmax-k: 8192\nreplay: 5"))).toBe(
      [
        "mine.yaml:8:9: error[replay]: replay 5 at max-k 8192 needs 6400 words of activations a column",
        "  why: the two halves of 5 batches must fit the 4096 words of an UltraRAM",
        "  fix: use replay 3 or less, or max-k 5120 or less",
      ].join("\n"),
    );
  });
});
