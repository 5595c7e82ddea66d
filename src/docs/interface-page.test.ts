import { beforeAll, describe, expect, it } from "vitest";
import { findTensor, openGguf, readTensor } from "../gguf/gguf.ts";
import { packageRoot, specsFolder } from "../paths.ts";
import { descriptorFields } from "../plan/interface.ts";
import { type Plan, planAccelerator } from "../plan/plan.ts";
import { TileCodec, tileLayout } from "../repack/tiles.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { committedText, updateCommand } from "../testing/committed.ts";
import { type ExampleTile, interfacePage } from "./interface-page.ts";

let plan: Plan;
let tile: ExampleTile;
let page: string;

beforeAll(async () => {
  const accelerator = await readAccelerator(`${specsFolder}/accelerators/f-bfq.yaml`);
  plan = planAccelerator(accelerator);
  const [format] = accelerator.formats;
  const sizes = new Map(
    accelerator.formats.map((f) => [f.ggmlType!, { elements: f.elements, bytes: f.bytes, name: f.name }]),
  );
  const file = await openGguf(`${packageRoot}hw-tests/data/kjv-2.5m/kjv2.5M-q2_k.gguf`, sizes);
  const tensor = findTensor(file, "token_embd.weight");
  const bytes = new Uint8Array(plan.formats[0].tileWords * 16);
  const layout = tileLayout(plan.formats[0], tensor.shape[1], tensor.shape[0], 1);
  new TileCodec(format, plan.formats[0]).pack(await readTensor(tensor), layout, 0, 0, bytes, 0);
  tile = {
    title: "rows 0-7, columns 0-255 of `token_embd.weight` (Q2_K) in kjv2.5M-q2_k.gguf",
    format: plan.formats[0],
    bytes,
  };
  page = interfacePage(plan, tile);
});

it("docs/interface.md is what the plan prints", () => {
  expect(committedText("docs/interface.md", page), `make it again: ${updateCommand} src/docs`).toBe(page);
});

describe("the dumps, against bytes worked out from the stored blocks without bfq", () => {
  // By hand from the 84-byte blocks of rows 0-7 at byte 0 of the tensor's data: bytes 80-81 are d, 82-83 dmin, bytes
  // 0-15 hold scale (low nibble) and min (high nibble) of 16 sub-blocks, the codes are 2 bits each from byte 16 on.
  const words: Record<number, string> = {
    0: "a415c625 5a167415 2e172e14 96141e15",
    1: "43193e29 d718af18 2c1a2918 ef17ad16",
    2: "7c11aa3a 35be3ef9 d6312e32 edecf3fd",
    5: "3301a5cb 44a846ca 24613ea9 f9dfe9fd",
    6: "273547f9 8f8bda7e e400eeb6 ddfcb3f9",
    9: "21da171d 3b47b7b8 a5ecefd8 d8d1c8ed",
    10: "c3cd27ee 9a779571 eff64370 5dbf2e1e",
    11: "8f4f1602 09041a03 5290eb7f f7f7fb7e",
    17: "a5b70dad f422a71c 4e7a5a5a c8ff7ca5",
  };

  it("tile", () => {
    const hex = Buffer.from(tile.bytes).toString("hex");
    for (const [word, want] of Object.entries(words)) {
      expect(hex.slice(Number(word) * 32, Number(word) * 32 + 32), `word ${word}`).toBe(want.replaceAll(" ", ""));
    }
  });

  it("descriptor", () => {
    for (const want of [
      "0  42465131 00000000 40000000 03000000", // "BFQ1", flags, 64 rows, 3 K tiles
      "1  02000000 40000000 00400100 2a000000", // 2 columns, stride 64, lane stride 0x14000, 42 words per tile
      "2  00000100 00000000 00000600 00000000", // weights 0x10000, activations 0x60000
      "3  00100600 00000000 00000000 00000000", // output 0x61000
      "4  02000000 00000408 04000000 04000000", // 2-bit codes; sub-block 2^4, step 2^8; 4-bit scales; 4-bit mins
      "5  00080000 01000000 01010404 00000000", // f16 d for 2^8 columns; dmin section; 1 + 1 + 4 + 4 header words
    ]) {
      expect(page).toContain(want);
    }
  });
});

it("descriptor fields do not overlap and stay inside their words", () => {
  const used = new Set<number>();
  for (const { word, bit, bits } of descriptorFields) {
    expect(bit + bits).toBeLessThanOrEqual(128);
    for (let i = bit; i < bit + bits; i++) {
      expect(used.has(word * 128 + i)).toBe(false);
      used.add(word * 128 + i);
    }
  }
});
