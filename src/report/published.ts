/** What others publish for this board: docs/board-facts.md has the same with its sources. Batch 1. */
export const published = [
  {
    system: "F-BFQ (2025, 200 MHz)",
    model: "GPT-2, Q2_K/Q3_K",
    tokensPerSecond: 12.2,
    context: "not said",
    source: "arXiv 2510.13401",
  },
  {
    system: "F-BFQ (2025, 200 MHz)",
    model: "1.1-1.4B, Q2_K/Q3_K",
    tokensPerSecond: 1.7,
    context: "not said",
    source: "inferred from arXiv 2510.13401's mean",
  },
  {
    system: "bitnet-kv260 (250 MHz)",
    model: "BitNet 2B, ternary",
    tokensPerSecond: 16.8,
    context: "short",
    source: "its own pages, on a board",
  },
  {
    system: "Hummingbird (2025, 300 MHz)",
    model: "LLaMA3-8B, W4",
    tokensPerSecond: 4.8,
    context: "not said",
    source: "its paper",
  },
  {
    system: "TeLLMe v2",
    model: "BitNet 0.73B, ternary",
    tokensPerSecond: 25,
    context: "not said",
    source: "its paper",
  },
] as const;
