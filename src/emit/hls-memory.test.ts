import { join } from "node:path";
import { expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { planAccelerator } from "../plan/plan.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { hlsMemoryBlocks } from "./hls-memory.ts";

// By hand: per weight port 1,024 words of 130 bits are 4 BRAM36, activations 256 and descriptors 32 are 2 each, so is output;
// an activation memory of 128 bits is two UltraRAM wide, one per lane and column.
it.each([
  ["f-bfq", { bram36: 4 * 4 + 2 + 2 + 2, uram: 4 * 1 * 2 }],
  ["k-quants", { bram36: 22, uram: 4 * 4 * 2 }],
  ["everything", { bram36: 22, uram: 4 * 4 * 2 }],
])("block memories of the HLS kernel of %s, within the board's", async (name, want) => {
  const { parameters, board } = planAccelerator(
    await readAccelerator(join(specsFolder, "accelerators", `${name}.yaml`)),
  );
  expect(hlsMemoryBlocks(parameters)).toEqual(want);
  expect(want.bram36).toBeLessThanOrEqual(board.resources.bram36);
  expect(want.uram).toBeLessThanOrEqual(board.resources.uram);
});
