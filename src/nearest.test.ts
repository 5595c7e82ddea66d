import { expect, it } from "vitest";
import { nearest, ranked } from "./nearest.ts";

it("ranks by single-letter edits", () => {
  const names = ["output.weight", "blk.0.attn_k.weight", "blk.10.attn_q.weight", "blk.0.attn_q.weight"];
  expect(ranked("blk.0.attn_q.wieght", names, 3)).toEqual([
    "blk.0.attn_q.weight",
    "blk.0.attn_k.weight",
    "blk.10.attn_q.weight",
  ]);
  expect(ranked("", ["abc", "ab", ""], 2)).toEqual(["", "ab"]);
});

it("guesses only what is near, whatever its case", () => {
  expect(nearest("q2_k", ["q3_K", "q2_K"])).toBe("q2_K");
  expect(nearest("colums", ["columns", "lanes"])).toBe("columns");
  expect(nearest("gearbox", ["columns", "lanes"])).toBeUndefined();
  expect(nearest("x", [])).toBeUndefined();
});
