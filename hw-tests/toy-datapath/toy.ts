import { fileURLToPath } from "node:url";
import type { Datapath } from "../../src/datapath/datapath.ts";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Shift and add, a bit of the levels a cycle: small and slow, and its activations take time to be made ready. */
export const toy: Datapath = {
  name: "toy",
  files: { rtl: [file("bfq_products_toy.sv")], hls: [file("bfq_products_toy.hpp")] },
  refuses: (format) =>
    format.widths.level > 8 ? `needs ${format.widths.level} bits of a level; it takes 8` : undefined,
  parameters: () => ({ PAUSE: 5 }),
  cyclesPerRowStep: (_, { LEVEL_BITS }) => LEVEL_BITS,
  latency: () => 2,
  dsps: () => 0,
  luts: ({ COLUMNS }) => COLUMNS * 64 * 12,
};
