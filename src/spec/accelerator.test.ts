import { describe, expect, it } from "vitest";
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
    name: "format that is a path",
    yaml: changed(["q3_K", "../../secret"]),
    want: "mine.yaml:4:17: error[wrong-value]: formats.1: expected a letter, then up to 39 letters, digits, '_' or '-'; found '../../secret'",
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

it("the variant that the table changes is good", async () => {
  const { formats, board, lanes, maxK } = await parse(good);
  expect([formats.map(({ name }) => name), board.name, lanes, maxK]).toEqual([["q2_K", "q3_K"], "kv260", 4, 8192]);
});
