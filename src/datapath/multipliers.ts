import type { Envelope } from "../plan/parameters.ts";
import type { Datapath } from "./datapath.ts";

const rtl = (module: string) => `templates/rtl/${module}.sv`;

/** Two columns share a DSP48E2; of levels wider than 8 bits its low field holds no more than four such products. */
const chainsOfFour = ({ COLUMNS, LEVEL_BITS }: Envelope) => COLUMNS > 1 && LEVEL_BITS > 8;

/** 64 x COLUMNS products a cycle in DSP48E2. */
export const multipliers: Datapath = {
  name: "multipliers",
  files: {
    rtl: ["bfq_products_multipliers", "bfq_dot16", "bfq_dot_chain"].map(rtl),
    hls: ["templates/hls/bfq_products_multipliers.hpp"],
  },
  refuses: () => undefined,
  parameters: () => ({}),
  cyclesPerRowStep: () => 1,
  latency: (envelope) => (chainsOfFour(envelope) ? 5 : 6),
  dsps: ({ COLUMNS }) => 64 * Math.ceil(COLUMNS / 2),
  luts: (envelope) => (chainsOfFour(envelope) ? 144 * envelope.COLUMNS : 0),
};
