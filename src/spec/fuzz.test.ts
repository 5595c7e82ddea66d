import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseSpace } from "../explore/space.ts";
import { parseModelSpec } from "../model/model-spec.ts";
import { specsFolder } from "../paths.ts";
import { UserError } from "../problem.ts";
import { isLong, newSeed } from "../testing/run.ts";
import { parseAccelerator } from "./accelerator.ts";
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

const ofLibrary = (name: string) => readFile(`${specsFolder}/${name}.yaml`, "utf8");

const numRuns = isLong ? 50_000 : 1000;
const seed = newSeed("damaged specs");

/** A kind of spec: one without mistakes, and its reader. */
const kinds: [kind: string, good: string, read: (source: SpecSource) => unknown][] = [
  ["format", goodFormat, parseFormat],
  ["accelerator", await ofLibrary("accelerators/k-quants"), parseAccelerator],
  ["model", await ofLibrary("models/tinyllama-1.1b"), parseModelSpec],
  ["space", await ofLibrary("spaces/kv260-tinyllama"), parseSpace],
];

it.each(kinds)(
  "a damaged %s is read or refused with places in the file, and never breaks bfq",
  async (_, good, read) => {
    let refused = 0;
    /** Replaces a few characters somewhere by a word. */
    const edit = fc.record({ at: fc.nat(good.length), drop: fc.nat(6), word: fc.constantFrom(...words) });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const text = edits.reduce(
          (at, { at: from, drop, word }) => at.slice(0, from) + word + at.slice(from + drop),
          good,
        );
        try {
          await read(SpecSource.parse(text, "mine.yaml"));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          refused++;
          const lines = text.split("\n").length;
          for (const { file, line = 1, column = 1 } of error.problems) {
            expect(file).toBeDefined();
            if (file !== "mine.yaml") continue; // of a spec that it names
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(lines);
            expect(column).toBeGreaterThanOrEqual(1);
          }
          // Only line feeds between lines: nothing that steers a terminal.
          expect(error.message.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
        }
      }),
      { numRuns, seed },
    );
    console.log(`${refused} of ${numRuns} refused`);
    expect(refused).toBeGreaterThan(numRuns / 10);
  },
);
