import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallModel } from "../model/testing/small-model.ts";
import { specsFolder } from "../paths.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { SpecSource } from "../spec/source.ts";
import { complaint, edited } from "../spec/testing/bad-spec.ts";
import { acceleratorOf, isLeftOut, parseSpace, readSpace, valuesOf } from "./space.ts";
import { smallSpace } from "./testing/small-space.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-space-`);
  await writeFile(`${folder}/small.yaml`, smallModel);
});
afterAll(() => rm(folder, { recursive: true }));

const parse = (text: string) => parseSpace(SpecSource.parse(text, `${folder}/space.yaml`));
const where = (text: string) => text.replaceAll(`${folder}/`, "");

const bad: [name: string, from: string, to: string, want: string][] = [
  [
    "an unknown key to vary",
    "columns: {",
    "colums: {",
    "space.yaml:9:3: error[unknown-key]: unknown key 'colums' in vary\n  fix: did you mean 'columns'?",
  ],
  [
    "a value that no spec may have",
    "[1, 2, 4, 8]",
    "[1, 3]",
    "space.yaml:8:14: error[wrong-value]: vary.lanes.1: expected one of 1, 2, 4, 8; found 3",
  ],
  [
    "a range over such a value",
    "to: 8, times: 2",
    "to: 8",
    "space.yaml:9:12: error[wrong-value]: columns: the range holds 3, which columns can't be\n  fix: list the values: [1, 2, 4]; or use `times` in place of `step`",
  ],
  [
    "a range backwards",
    "from: 768, to: 4096",
    "from: 768, to: 512",
    "space.yaml:12:10: error[empty-range]: max-k: the range holds no value\n  fix: from must not be above to",
  ],
  [
    "step and times",
    "times: 2",
    "times: 2, step: 1",
    "space.yaml:9:12: error[wrong-value]: vary.columns: expected a range with step or times, not both; found a map",
  ],
  [
    "a longest row of no whole tiles",
    "from: 768",
    "from: 700",
    "space.yaml:12:10: error[max-k]: max-k 700 is not a multiple of 256\n  fix: use 768",
  ],
  [
    "a value twice",
    "[1, 2, 4, 8]",
    "[1, 2, 1]",
    "space.yaml:8:17: error[duplicate-value]: lanes: 1 is given twice\n  fix: give it once",
  ],
  ["an unknown format", "q3_K, q6_K", "q3_K, q7_K", "space.yaml:11:40: error[unknown-format]: no format named 'q7_K'"],
  [
    "an unknown base",
    "base: f-bfq",
    "base: f-bqf",
    "space.yaml:3:7: error[no-such-file]: f-bqf: cannot read the spec (ENOENT)",
  ],
  [
    "an unknown figure",
    "dsp-percent: {",
    "dsp-percnt: {",
    "space.yaml:16:3: error[unknown-key]: unknown key 'dsp-percnt' in constraints\n  fix: did you mean 'dsp-percent'?",
  ],
  [
    "a bound without one",
    "{ most: 60 }",
    "{}",
    "space.yaml:16:16: error[wrong-value]: constraints.dsp-percent: expected least, most, or both; found a map",
  ],
  ["an unknown mix", "mix: Q2_K", "mix: Q9_K", "space.yaml:4:8: error[unknown-mix]: small-1 has no mix 'Q9_K'"],
  [
    "more points than anyone waits for",
    "from: 768, to: 4096, step: 256",
    "from: 256, to: 65536, step: 256 }\n  clock: { from: 1, to: 1000",
    "space.yaml:8:3: error[space-size]: the space has 24576000 points; 1000000 are allowed\n  fix: give fewer values, or longer steps",
  ],
  [
    "nothing to vary",
    smallSpace.slice(smallSpace.indexOf("vary:"), smallSpace.indexOf("leave-out:")),
    "vary: {}\n",
    "space.yaml:7:7: error[nothing-varies]: no key varies\n  fix: name one, with its values",
  ],
];

describe("mistakes of a space, with their place", () => {
  it.each(bad)("%s", async (_, from, to, want) => {
    expect(where(await complaint(() => parse(edited(smallSpace, [[from, to]]))))).toContain(want);
  });

  it("an accelerator in its place is called what it is, and it in an accelerator's", async () => {
    const accelerator = `${specsFolder}/accelerators/f-bfq.yaml`;
    expect(await complaint(() => readSpace(accelerator))).toContain("spec of an accelerator, not of a space");
    const space = `${specsFolder}/spaces/kv260-tinyllama.yaml`;
    expect(await complaint(() => readAccelerator(space))).toContain("spec of a space, not of an accelerator");
  });
});

it("each point is another one, and has the values that its number says", async () => {
  const space = await parse(smallSpace);
  expect(space.size).toBe(4 * 4 * 3 * 2 * 14);
  const all = Array.from({ length: space.size }, (_, n) => JSON.stringify(valuesOf(space, n)));
  expect(new Set(all).size).toBe(space.size);
  expect(valuesOf(space, 0)).toEqual({ lanes: 1, columns: 1, replay: 1, formats: ["q2_K", "q3_K"], "max-k": 768 });
  expect(valuesOf(space, 1)["max-k"]).toBe(1024);
  const last = acceleratorOf(space, space.size - 1);
  expect(last).toMatchObject({ lanes: 8, columns: 8, replay: 4, maxK: 4096, board: { name: "kv260" } });
  expect(last.formats.map(({ name }) => name)).toEqual(["q2_K", "q3_K", "q6_K"]);
  const leftOut = Array.from({ length: space.size }, (_, n) => n).filter((n) => isLeftOut(space, n));
  expect(leftOut).toHaveLength(space.size / 4 / 3);
});

it("another objective is the same space to a journal, another value or model is not", async () => {
  const { hash } = await parse(smallSpace);
  expect((await parse(edited(smallSpace, [["{ least: lut }", "{ least: dsp }"]]))).hash).toBe(hash);
  expect((await parse(edited(smallSpace, [["times: 2", "times: 4"]]))).hash).not.toBe(hash);
  expect((await parse(edited(smallSpace, [["base: f-bfq", "base: k-quants"]]))).hash).not.toBe(hash);
  expect((await parse(edited(smallSpace, [["context: 16", "context: 17"]]))).hash).not.toBe(hash);
});
