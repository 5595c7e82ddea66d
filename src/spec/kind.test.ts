import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { readAccelerator } from "./accelerator.ts";
import { readBoard } from "./board.ts";
import { specKind } from "./kind.ts";
import { readFormat } from "./parse-format.ts";
import { complaint } from "./testing/bad-spec.ts";

const folder = await mkdtemp(join(tmpdir(), "bfq-kind-"));
afterAll(() => rm(folder, { recursive: true }));

describe("a spec of another kind is called what it is, whatever the file's name", () => {
  const readers = { accelerator: readAccelerator, format: readFormat, board: readBoard };
  const files = { accelerator: "accelerators/f-bfq", format: "formats/q4_K", board: "boards/kv260" };
  const pairs = Object.keys(files).flatMap((kind) =>
    Object.keys(readers).flatMap((wanted) => (kind === wanted ? [] : [[kind, wanted]])),
  ) as [keyof typeof files, keyof typeof readers][];
  it.each(pairs)("%s for %s", async (kind, wanted) => {
    const text = await complaint(() => readers[wanted](`${specsFolder}/${files[kind]}.yaml`));
    expect(text).toMatch(new RegExp(`:\\d+:\\d+: error\\[spec-kind\\]: this is the spec of an? ${kind}, not of an?`));
    expect(text).toContain(`not of ${wanted === "accelerator" ? "an" : "a"} ${wanted}`);
    expect(text).toContain("\n  fix: ");
  });
});

it.each([
  ["a mistyped accelerator", { lanes: 4, block: {} }],
  ["nothing", null],
  ["a word", "formats"],
  ["a model", { layers: 2 }],
])("%s is of no one kind: its reader says what is wrong", (_, value) => {
  expect(specKind(value)).toBeUndefined();
});

it("so what lacks keys of its kind is read as its kind", async () => {
  const file = join(folder, "mine.yaml");
  await writeFile(file, "bfq: 1\nname: mine\nfields: {}\n");
  expect(await complaint(() => readFormat(file))).toContain("error[missing-key]: block is missing");
});
