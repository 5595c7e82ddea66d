import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Format } from "./format.ts";
import { readField, writeField } from "./layout.ts";
import { parseFormat } from "./parse-format.ts";
import { SpecSource } from "./source.ts";
import { complaint, edited } from "./testing/bad-spec.ts";

const good = `bfq: 1
name: mine
block: { elements: 16, bytes: 6, sub-block: 16 }
activation: q8_0
step: 16
fields:
  d: { type: f16, byte: 0 }
  code:
    - { bits: 2, byte: 2, shape: [4], stride: [2] }
  sign:
    - { bits: 1, byte: 3, shape: [16], stride: [1] }
  padding:
    - { bits: 8, byte: 5 }
level: { grid: mine }
`;

const goodGrid = "# four vectors of four\n1 1 1 1\n1 1 1 3\n3 1 3 1 # more\n\n3 3 3 3\n";
const deltas: [string, string] = [
  "sign:\n    - { bits: 1, byte: 3, shape: [16], stride: [1] }",
  "delta:\n    - { bits: 1, byte: 3, shape: [2], stride: [1] }\n    ",
];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-grid-`);
  await mkdir(`${folder}/grids`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function parse(edits: [string, string][], grid: string): Promise<Format> {
  await writeFile(`${folder}/grids/mine.txt`, grid);
  return parseFormat(SpecSource.parse(edited(good, edits), `${folder}/mine.yaml`));
}

const table: { name: string; edits?: [string, string][]; grid?: string; want: string }[] = [
  {
    name: "no such grid",
    edits: [["grid: mine", "grid: other"]],
    want: "mine.yaml:14:16: error[unknown-grid]: no grid named 'other'\n  fix: put its vectors into grids/other.txt",
  },
  {
    name: "grid beside another map",
    edits: [["grid: mine", "grid: mine, offset: 3"]],
    want: "mine.yaml:14:8: error[level]: level needs exactly one map; it has offset and grid\n  fix: choose one of offset, twos-complement, bipolar, codebook, minifloat, grid",
  },
  {
    name: "flags without a grid",
    edits: [
      ["grid: mine", "offset: 0"],
      ["shape: [4], stride: [2]", "shape: [16], stride: [0]"],
    ],
    want: "mine.yaml:11:5: error[grid-flags]: fields.sign belongs to grid formats, and there is no level.grid\n  fix: drop fields.sign",
  },
  {
    name: "sign and delta",
    edits: [["  sign", "  delta:\n    - { bits: 1, byte: 5 }\n  sign"]],
    want: "mine.yaml:11:5: error[grid-flags]: fields.sign and fields.delta exclude each other\n  fix: drop one of them",
  },
  {
    name: "signs of another count",
    edits: [["shape: [16], stride: [1]", "shape: [8], stride: [1]"]],
    want: "mine.yaml:11:5: error[grid-flags]: fields.sign has 8 values of 1 bits\n  why: signs are one bit an element, or 7 bits for 8 elements with the eighth by even parity",
  },
  {
    name: "deltas of two bits",
    edits: [deltas, ["{ bits: 1, byte: 3, shape: [2]", "{ bits: 2, byte: 3, shape: [2]"]],
    want: "mine.yaml:11:5: error[grid-flags]: fields.delta has 2 values of 2 bits\n  why: deltas are one bit for a run of elements",
  },
  {
    name: "indices of another count",
    edits: [["shape: [4], stride: [2]", "shape: [2], stride: [2]"]],
    want: "mine.yaml:9:5: error[field-count]: fields.code has 2 elements; the block needs 4\n  why: one index for each vector of 4 elements\n  fix: the product of `shape`, plus `from`, gives the count",
  },
  {
    name: "vectors of another length",
    grid: "1 1 1 1\n1 1 1\n",
    want: "grids/mine.txt:2:1: error[grid]: 3 values; the first vector has 4",
  },
  {
    name: "word in the grid",
    grid: "1 1 1 1\n1 1 one 1\n",
    want: "grids/mine.txt:2:1: error[grid]: expected whole numbers below 1000; found 'one'",
  },
  {
    name: "vectors too long",
    grid: "1 1 1 1 1 1 1 1 1\n",
    want: "grids/mine.txt: error[grid]: vectors of 9 values; 8 are the most",
  },
  { name: "empty grid", grid: "# nothing\n", want: "grids/mine.txt: error[grid]: the grid is empty" },
  {
    name: "too few vectors",
    grid: "1 1 1 1\n3 3 3 3\n",
    want: "mine.yaml:14:16: error[grid]: the grid has 2 vectors; indices of 2 bits need 4",
  },
  {
    name: "a vector twice",
    grid: "1 1 1 1\n1 1 1 3\n1 1 1 1\n3 3 3 3\n",
    want: "grids/mine.txt: error[grid]: vectors 0 and 2 are equal: 1 1 1 1\n  why: stored blocks must come back from device tiles bit by bit",
  },
  {
    name: "a level that both signs have",
    grid: "0 1 1 1\n1 1 1 3\n3 1 3 1\n3 3 3 3\n",
    want: "grids/mine.txt: error[grid]: level 0 comes of both values of fields.sign\n  why: stored blocks must come back from device tiles bit by bit",
  },
  {
    name: "levels out of range",
    grid: "1 1 1 1\n1 1 1 200\n3 1 3 1\n3 3 3 3\n",
    want: "grids/mine.txt: error[grid]: 6 levels from -200 to 200; 64 from -127 to 127 are the most",
  },
];

describe("mistakes in grid formats", () => {
  it.each(table)("$name", async ({ edits = [], grid = goodGrid, want }) => {
    expect((await complaint(() => parse(edits, grid))).replaceAll(`${folder}/`, "")).toBe(want);
  });
});

describe("codes are places among the levels (truth: worked out by hand)", () => {
  it("signs, a bit an element", async () => {
    const format = await parse([], goodGrid);
    expect([...format.levels.table!]).toEqual([-3, -1, 1, 3]);
    // Indices 1, 2, 0, 3; elements 0 and 9 are negative.
    const block = Uint8Array.of(0, 0, 0b11_00_10_01, 0b0000_0001, 0b0000_0010, 0);
    const codes = new Uint8Array(16);
    readField(format.code, block, 0, codes);
    const levels = Array.from(codes, (code) => format.levels.table![code]);
    expect(levels).toEqual([-1, 1, 1, 3, 3, 1, 3, 1, 1, -1, 1, 1, 3, 3, 3, 3]);
    const back = new Uint8Array(6);
    writeField(format.code, codes, back, 0);
    expect(back).toEqual(block);
  });

  it("signs, 7 bits for 8 elements", async () => {
    const format = await parse(
      [
        ["bits: 1, byte: 3, shape: [16], stride: [1]", "bits: 7, byte: 3, shape: [2], stride: [7]"],
        ["bits: 8, byte: 5", "bits: 10, byte: 4, bit: 6"],
      ],
      goodGrid,
    );
    const block = Uint8Array.of(0, 0, 0, 0b1000_0001, 0b0000_0001, 0);
    const codes = new Uint8Array(16);
    readField(format.code, block, 0, codes);
    const levels = Array.from(codes, (code) => format.levels.table![code]);
    // First eight: element 0, and 7 for parity. Second: elements 0 and 1 (bits 7 and 8 of the field), already even.
    expect(levels).toEqual([-1, 1, 1, 1, 1, 1, 1, -1, -1, -1, 1, 1, 1, 1, 1, 1]);
    const back = new Uint8Array(6);
    writeField(format.code, codes, back, 0);
    expect(back).toEqual(block);
  });

  it("deltas, a bit for 8 elements: eighths of a grid step", async () => {
    const format = await parse([deltas, ["bits: 8, byte: 5", "bits: 22, byte: 3, bit: 2"]], goodGrid);
    expect([...format.levels.table!]).toEqual([7, 9, 23, 25]);
    expect(format.levels.unit).toBe(1 / 8);
    const block = Uint8Array.of(0, 0, 0b11_00_10_01, 0b10, 0, 0);
    const codes = new Uint8Array(16);
    readField(format.code, block, 0, codes);
    const levels = Array.from(codes, (code) => format.levels.table![code]);
    expect(levels).toEqual([9, 9, 9, 25, 25, 9, 25, 9, 7, 7, 7, 7, 23, 23, 23, 23]);
    const back = new Uint8Array(6);
    writeField(format.code, codes, back, 0);
    expect(back).toEqual(block);
  });
});
