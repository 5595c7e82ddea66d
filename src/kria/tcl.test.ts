import { execa } from "execa";
import fc from "fast-check";
import { expect, it } from "vitest";
import { tclList, tclWord } from "./tcl.ts";

/** What tclsh takes each word for. */
async function read(words: string[]): Promise<string[]> {
  const prints = words.map((word) => `puts [binary encode hex [encoding convertto utf-8 ${word}]]`);
  const { stdout } = await execa("tclsh", { input: `proc braced {} {\n${prints.join("\n")}\n}\nbraced\n` });
  return stdout.split("\n").map((hex) => Buffer.from(hex, "hex").toString());
}

const hostile = [
  "[exec touch /tmp/owned]",
  "$x $" + "{x} $env(HOME)",
  'a"; exec id; "',
  "}} ; exec id ; {{",
  "back\\slash\\",
  "two\nlines\r\n",
  "a;b#c",
  "#",
  "-force",
  "",
  " ",
  "{",
  "\u0000\u0001\u007f",
  "\\u0041\\x41\\n",
  "Kria \u00b5\u2013\u65e5",
];

it("hostile words mean themselves to tclsh, in a braced body too", async () => {
  expect(await read(hostile.map(tclWord))).toEqual(hostile);
});

// Tcl 8.6 has no characters beyond the basic plane.
const word = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'[]{}$"\\;# \n\tx1'),
    fc.integer({ min: 0, max: 0xd7ff }).map((code) => String.fromCharCode(code)),
  ),
  maxLength: 40,
});

it("any word means itself to tclsh", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 50 }), async (words) => {
      expect(await read(words.map(tclWord))).toEqual(words);
    }),
    { numRuns: 20 },
  );
});

it("a list has the words it was made of", async () => {
  const { stdout } = await execa("tclsh", {
    input: `foreach word ${tclList(hostile.map(tclWord))} {puts [binary encode hex [encoding convertto utf-8 $word]]}`,
  });
  expect(stdout.split("\n").map((hex) => Buffer.from(hex, "hex").toString())).toEqual(hostile);
});
