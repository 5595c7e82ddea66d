import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "./paths.ts";
import { quote } from "./printable.ts";

describe("quote", () => {
  const cases = [
    { given: "blk.0.attn_q.weight", want: '"blk.0.attn_q.weight"' },
    { given: "a b ß 東", want: '"a b ß 東"' },
    { given: "\u001b[2J\r\n\u0000", want: '"\\u{1b}[2J\\u{d}\\u{a}\\u{0}"' },
    { given: 'say "\\u"', want: '"say \\u{22}\\u{5c}u\\u{22}"' },
    { given: "\u202egnp\u200b\u2028\u00a0\ud800", want: '"\\u{202e}gnp\\u{200b}\\u{2028}\\u{a0}\\u{d800}"' },
    { given: "x".repeat(61), want: `"${"x".repeat(61)}"` },
    { given: "x".repeat(62), want: `"${"x".repeat(61)}…"` },
    { given: "\n".repeat(1000), want: `"${"\\u{a}".repeat(12)}…"` },
  ];
  it.each(cases)("$want", ({ given, want }) => {
    expect(quote(given)).toBe(want);
    expect(quote(given).length).toBeLessThanOrEqual(64);
  });
});

/** `report` and `sayLine` escape whatever text was put together of. These write too: a problem of stdout itself, and a cursor. */
it("what is said goes through src/cli/outcome.ts", () => {
  const others = new Map([
    ["src/cli/main.ts", "process.stderr.write(`${problems.map(formatProblem)"],
    ["src/cli/progress.ts", "process.stderr.write(showCursor)"],
  ]);
  const files = readdirSync(join(packageRoot, "src"), { recursive: true, encoding: "utf8" }).map(
    (path) => `src/${path}`,
  );
  const sources = files.filter(
    (path) => /\.(ts|mjs)$/.test(path) && !/testing|\.test\.ts$|^src\/cli\/outcome\.ts$/.test(path),
  );
  expect(sources.length).toBeGreaterThan(100);
  const writing = sources.flatMap((path) =>
    readFileSync(join(packageRoot, path), "utf8")
      .split("\n")
      .filter((line) => /\bconsole\.|\.std(out|err)\.write\(/.test(line))
      .filter((line) => !others.has(path) || !line.includes(others.get(path)!))
      .map((line) => `${path}: ${line.trim()}`),
  );
  expect(writing).toEqual([]);
});
