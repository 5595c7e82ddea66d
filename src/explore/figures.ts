import type { Point } from "../estimate/point.ts";

/** Figures of a point that a space may bound or aim at, by the names that YAML has for them. */
export const figures = {
  "tokens-per-second": "tokensPerSecond",
  "prompt-tokens-per-second": "promptTokensPerSecond",
  "end-to-end-tokens-per-second": "endToEndTokensPerSecond",
  "end-to-end-prompt-tokens-per-second": "endToEndPromptTokensPerSecond",
  "on-cpu": "onCpu",
  lut: "lut",
  ff: "ff",
  dsp: "dsp",
  bram36: "bram36",
  uram: "uram",
  "lut-percent": "lutPercent",
  "ff-percent": "ffPercent",
  "dsp-percent": "dspPercent",
  "bram36-percent": "bram36Percent",
  "uram-percent": "uramPercent",
} as const satisfies Record<string, keyof Point>;

export type FigureName = keyof typeof figures;

export const figureNames = Object.keys(figures) as [FigureName, ...FigureName[]];

export const figureOf = (point: Point, name: FigureName): number => point[figures[name]];
