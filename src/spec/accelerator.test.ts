import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { parseAccelerator } from "./accelerator.ts";
import { SpecSource } from "./source.ts";
import { type BadSpec, complaint, edited } from "./testing/bad-spec.ts";

const good = `bfq: 1
name: mine
board: kv260
formats: [q2_K, q3_K]
lanes: 4
columns: 1
max-k: 8192
`;

const changed = (...edits: [string, string][]) => edited(good, edits);
const parse = (yaml: string) => parseAccelerator(SpecSource.parse(yaml, "mine.yaml"));

const table: BadSpec[] = [
  {
    name: "unknown key",
    yaml: changed(["lanes", "lane"]),
    want: "mine.yaml:5:1: error[unknown-key]: unknown key 'lane' in the spec\n  fix: did you mean 'lanes'?",
  },
  {
    name: "unknown format, near a known one",
    yaml: changed(["q3_K", "q3_k"]),
    want: "mine.yaml:4:17: error[unknown-format]: no format named 'q3_k'\n  fix: did you mean 'q3_K'?",
  },
  {
    name: "format listed twice",
    yaml: changed(["q3_K", "q2_K"]),
    want: "mine.yaml:4:17: error[duplicate-format]: q2_K is listed twice\n  fix: list it once",
  },
  {
    name: "no formats",
    yaml: changed(["[q2_K, q3_K]", "[]"]),
    want: "mine.yaml:4:10: error[wrong-value]: formats: expected at least 1 entry; found a list of 0",
  },
  {
    name: "format that is neither a name nor the path of a YAML file",
    yaml: changed(["q3_K", "../../secret"]),
    want: "mine.yaml:4:17: error[wrong-value]: formats.1: expected a name (a letter, then up to 39 letters, digits, '_' or '-') or a path that ends in .yaml; found '../../secret'",
  },
  {
    name: "path of a format that is not there",
    yaml: changed(["q3_K", "./none.yaml"]),
    want: "mine.yaml:4:17: error[no-such-file]: ./none.yaml: cannot read the spec (ENOENT)\n  fix: check the path",
  },
  {
    name: "path of a board that is not there",
    yaml: changed(["kv260", "./none.yaml"]),
    want: "mine.yaml:3:8: error[no-such-file]: ./none.yaml: cannot read the spec (ENOENT)\n  fix: check the path",
  },
  {
    name: "unknown board, near a known one",
    yaml: changed(["kv260", "kv26"]),
    want: "mine.yaml:3:8: error[unknown-board]: no board named 'kv26'\n  fix: did you mean 'kv260'?",
  },
  {
    name: "lanes that are no power of two",
    yaml: changed(["lanes: 4", "lanes: 3"]),
    want: "mine.yaml:5:8: error[wrong-value]: lanes: expected one of 1, 2, 4, 8; found 3",
  },
  {
    name: "more lanes than ports",
    yaml: changed(["lanes: 4", "lanes: 8"]),
    want: "mine.yaml:5:8: error[lanes]: 8 lanes need 8 weight ports; kv260 has 4\n  fix: use 4 lanes or fewer",
  },
  {
    name: "max-k that is no multiple of 256",
    yaml: changed(["8192", "4100"]),
    want: "mine.yaml:7:8: error[max-k]: max-k 4100 is not a multiple of 256\n  fix: use 4352",
  },
  {
    name: "clock of nothing",
    yaml: `${good}clock: 0\n`,
    want: "mine.yaml:8:8: error[wrong-value]: clock: expected at least 1; found 0",
  },
  {
    name: "several mistakes, in the order of the file",
    yaml: changed(["8192", "4100"], ["lanes: 4", "lanes: 8"], ["q3_K", "q2_K"]),
    want: [
      "mine.yaml:4:17: error[duplicate-format]: q2_K is listed twice\n  fix: list it once",
      "mine.yaml:5:8: error[lanes]: 8 lanes need 8 weight ports; kv260 has 4\n  fix: use 4 lanes or fewer",
      "mine.yaml:7:8: error[max-k]: max-k 4100 is not a multiple of 256\n  fix: use 4352",
    ].join("\n"),
  },
];

describe("mistakes in a variant", () => {
  it.each(table)("$name", async ({ yaml, want }) => {
    expect(await complaint(() => parse(yaml))).toBe(want);
  });
});

it("what is far from every known name lists the known ones", async () => {
  const text = await complaint(() => parse(changed(["kv260", "zybo-z7-20"], ["q3_K", "something"])));
  expect(text).toMatch(/fix: known boards: .*kv260/);
  expect(text).toMatch(/fix: known formats: .*q2_K, q3_K, q4_0/);
});

describe("formats and boards by path", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(`${tmpdir()}/bfq-accelerator-`);
    await mkdir(`${folder}/formats/grids`, { recursive: true });
    const own = async (name: string, from: string, edit: (text: string) => string) =>
      writeFile(`${folder}/${name}`, edit(await readFile(`${specsFolder}/${from}`, "utf8")));
    await own("formats/my_q2.yaml", "formats/q2_K.yaml", (text) => text.replace("name: q2_K", "name: my_q2"));
    await own("formats/q2_K.yaml", "formats/q2_K.yaml", (text) => text);
    await own("formats/changed.yaml", "formats/q2_K.yaml", (text) => text.replace("name: q2_K", "name: q3_K"));
    await own("formats/broken.yaml", "formats/q2_K.yaml", (text) => text.replace("name: q2_K", "name: [q2_K]"));
    await own("formats/my_iq2.yaml", "formats/iq2_xs.yaml", (text) => text.replace("name: iq2_xs", "name: my_iq2"));
    await own("my board.yaml", "boards/kv260.yaml", (text) => text.replace("name: kv260", "name: mine"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const inFolder = (yaml: string) => parseAccelerator(SpecSource.parse(yaml, `${folder}/accelerator.yaml`));

  it("are read from where the spec lies; a copy of one of bfq's own is that one", async () => {
    const { formats, board } = await inFolder(
      changed(["q2_K, q3_K", "formats/my_q2.yaml, ./formats/q2_K.yaml, q3_K"], ["kv260", "my board.yaml"]),
    );
    expect([formats.map(({ name }) => name), board.name]).toEqual([["my_q2", "q2_K", "q3_K"], "mine"]);
  });

  it("take bfq's own grids by name", async () => {
    const { formats } = await inFolder(changed(["q2_K, q3_K", "formats/my_iq2.yaml"]));
    expect(formats[0].levels.max).toBe(43);
  });

  it("can't have the name of another format", async () => {
    const text = await complaint(() => inFolder(changed(["q2_K, q3_K", "formats/changed.yaml"])));
    expect(text).toBe(
      `${folder}/accelerator.yaml:4:11: error[format-name]: q3_K is the name of another format\n  fix: give yours a name of its own`,
    );
  });

  it("tell their own mistakes with their own places", async () => {
    const text = await complaint(() => inFolder(changed(["q2_K, q3_K", "formats/broken.yaml"])));
    expect(text).toMatch(
      new RegExp(`^${folder}/formats/broken.yaml:\\d+:7: error\\[wrong-value\\]: name: expected a word`),
    );
  });
});

it("the variant that the table changes is good", async () => {
  const { formats, board, lanes, maxK } = await parse(good);
  expect([formats.map(({ name }) => name), board.name, lanes, maxK]).toEqual([["q2_K", "q3_K"], "kv260", 4, 8192]);
});
