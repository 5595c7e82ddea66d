import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal, type JournalRecord, readJournal } from "./journal.ts";

const space = { name: "mine", hash: "0123" };
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/bfq-journal-`);
  file = `${folder}/journal.jsonl`;
});
afterEach(() => rmSync(folder, { recursive: true }));

function add(records: JournalRecord[]): JournalRecord[] {
  const { journal, records: known } = Journal.open(file, space);
  journal.append(records);
  journal.close();
  return known;
}
const refused = (n: number) => ({ n, refused: `why ${n}` });

it("gives back what was added, run after run", () => {
  expect(add([refused(0), refused(1)])).toEqual([]);
  expect(add([refused(2)])).toEqual([refused(0), refused(1)]);
  expect(readJournal(file, space).records).toEqual([refused(0), refused(1), refused(2)]);
});

it("cut at any byte it keeps its whole lines, and takes new ones", () => {
  add([refused(0), { n: 1, leftOut: true }, refused(2)]);
  const whole = readFileSync(file, "utf8");
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(file, whole.slice(0, length));
    const lines = whole.slice(0, length).split("\n").slice(1, -1);
    const isWhole = (line: string) => line.endsWith("}");
    const kept = add([refused(7)]);
    // A last line may be whole but for its end of line.
    expect(kept.length - lines.filter(isWhole).length).toBeOneOf([0, 1]);
    expect(kept).toEqual([refused(0), { n: 1, leftOut: true }, refused(2)].slice(0, kept.length));
    expect(readJournal(file, space).records, `cut at ${length}`).toEqual([...kept, refused(7)]);
  }
});

describe("what is not its own is left as it is", () => {
  it.each([
    ["a text", "notes\nmore notes\n", "error[foreign-file]: it is not a journal of bfq's"],
    ["a text of one line", "notes", "error[foreign-file]"],
    ["JSON of others", '{"tool":"else"}\n', "error[foreign-file]"],
    ["an empty line first", "\n\nnotes\n", "error[foreign-file]"],
    [
      "another space's",
      '{"tool":"bfq","journal":1,"space":"other","hash":"ffff"}\n',
      "error[other-space]: the journal is of another space (other), or of one before a change",
    ],
  ])("%s", (_, text, want) => {
    writeFileSync(file, text);
    expect(() => Journal.open(file, space)).toThrow(want);
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});
