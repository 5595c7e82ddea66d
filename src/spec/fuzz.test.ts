import fc from "fast-check";
import { expect, it } from "vitest";
import { UserError } from "../problem.ts";
import { parseFormat } from "./parse-format.ts";
import { SpecSource } from "./source.ts";
import { goodFormat } from "./testing/bad-spec.ts";

const words = [
  ...["0", "1", "-1", "32", "99999", "1e400", ".inf", "null", "true", "d", "__proto__", "constructor", "\u001b[2J"],
  ...[
    "[",
    "]",
    "{",
    "}",
    ":",
    "- ",
    ", ",
    "&a",
    "*a",
    "<<",
    "!!x",
    "'",
    '"',
    "\n",
    "  ",
    "\t",
    "#",
    "? ",
    "|",
    "%",
    "@",
  ],
];

/** Replaces a few characters somewhere by a word. */
const edit = fc.record({ at: fc.nat(goodFormat.length), drop: fc.nat(6), word: fc.constantFrom(...words) });

it("a damaged spec is read or refused with places in the file, and never breaks bfq", () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const text = edits.reduce(
        (at, { at: from, drop, word }) => at.slice(0, from) + word + at.slice(from + drop),
        goodFormat,
      );
      try {
        parseFormat(SpecSource.parse(text, "mine.yaml"));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        refused++;
        const lines = text.split("\n").length;
        for (const { file, line = 1, column = 1 } of error.problems) {
          expect(file).toBe("mine.yaml");
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
        }
        // Only line feeds between lines: nothing that steers a terminal.
        expect(error.message.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      }
    }),
    { numRuns: 2000 },
  );
  expect(refused).toBeGreaterThan(1000);
});
