import { describe, expect, it } from "vitest";
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
