import { join } from "node:path";
import { expect, it } from "vitest";
import { copyTemplate } from "../emit/emitter.ts";
import { specsFolder } from "../paths.ts";
import { planAccelerator } from "../plan/plan.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { readLibrary } from "../spec/library.ts";
import { whyNotLength, whyNotRunnable, whyNotWords } from "./placement.ts";

const plan = planAccelerator(await readAccelerator(join(specsFolder, "accelerators/k-quants.yaml")));
const library = await readLibrary();
const matrix = { type: "q4_K", rows: 8, k: 256, matrices: 1 };

it.each([
  ["several", { matrices: 3 }],
  ["long", { k: 8448 }],
  ["format", { type: "iq2_s" }],
] as const)("%s: fit, estimate and verify say it in the plug-in's words", (which, change) => {
  const said = copyTemplate("ggml/support.cpp").matchAll(/return "([^"]+)";/g);
  expect([...said].filter(([, text]) => text.includes(whyNotWords[which]))).toHaveLength(1);
  expect(whyNotRunnable({ ...matrix, ...change }, plan, library)).toContain(whyNotWords[which]);
});

it("lengths: max-k is the variant's, blocks of activations are the format's", () => {
  const q4 = library.get("q4_K")!;
  expect(whyNotRunnable(matrix, plan, library)).toBeUndefined();
  expect(whyNotLength(q4, 8192, plan)).toBeUndefined();
  expect(whyNotLength(q4, 8448, plan)).toBe("K = 8448 is longer than the variant's max-k of 8192");
  expect(whyNotLength(q4, 8448)).toBeUndefined();
  expect(whyNotLength(q4, 128)).toBe(
    "K = 128 is no multiple of 256, the block of the q8_K activations that q4_K takes",
  );
});
