import { promptTokens } from "./hardware.ts";
import type { LabRow } from "./lab.ts";

/**
 * Whose figure a column is: `measured` here, on the model and the text; `simulated` by the machine's cycle model with the
 * simulator's memory; `derived` from the format's spec, the plan and our model of Yosys' counts.
 */
export type Source = "measured" | "simulated" | "derived";

export interface Column {
  key: string;
  title: string;
  source: Source;
  /** What the figure is of, in a line. */
  how: string;
  value(row: LabRow): number | undefined;
  /** Standard error of a measured value. */
  error?(row: LabRow): number | undefined;
  digits: number;
}

/** What the columns speak of. */
export interface Subject {
  model: string;
  text: string;
  target: string;
  board: string;
}

/** The columns of a lab's table, in its text, its JSON and its page. */
export function labColumns({ model, text, target, board }: Subject): Column[] {
  const onText = `of ${model} on ${text}`;
  const onBoard = `${target}, ${board}`;
  return [
    {
      ...{ key: "bits", title: "bits", source: "derived", how: "bits a weight as stored", digits: 3 },
      value: ({ bits }) => bits,
    },
    {
      ...{ key: "deviceBits", title: "on device", source: "derived", how: "bits a weight in device tiles", digits: 3 },
      value: ({ hardware }) => hardware?.deviceBits,
    },
    {
      ...{ key: "rmse", title: "RMSE %", source: "measured", digits: 2 },
      how: `error of the weights of ${model}, root mean square over root mean square`,
      value: ({ accuracy }) => accuracy && 100 * accuracy.rmse,
    },
    {
      ...{ key: "loss", title: "loss %", source: "measured", digits: 2 },
      how: `perplexity over the unquantised model's, less 1, ${onText}`,
      value: ({ accuracy }) => accuracy && 100 * accuracy.loss.value,
      error: ({ accuracy }) => accuracy && 100 * accuracy.loss.error,
    },
    {
      ...{ key: "kl", title: "KL", source: "measured", digits: 5 },
      how: `divergence from the unquantised model, nats a token, ${onText}`,
      value: ({ accuracy }) => accuracy?.kl.mean,
      error: ({ accuracy }) => accuracy?.kl.error,
    },
    {
      ...{ key: "sameTop", title: "same top %", source: "measured", digits: 1 },
      how: `positions where both find the same token likeliest, ${onText}`,
      value: ({ accuracy }) => accuracy && 100 * accuracy.sameTop.value,
    },
    {
      ...{ key: "lut", title: "LUT", source: "derived", digits: 0 },
      how: `of the SystemVerilog kernel for the formats of ${target}, after our model of Yosys' counts`,
      value: ({ hardware }) => hardware?.lut,
    },
    {
      ...{ key: "dsp", title: "DSP", source: "derived", how: "of the same kernel, by its plan", digits: 0 },
      value: ({ hardware }) => hardware?.dsp,
    },
    {
      ...{ key: "megabytes", title: "MB", source: "derived", how: `matrices of ${target} as stored`, digits: 0 },
      value: ({ hardware }) => hardware && hardware.modelBytes / 1e6,
    },
    {
      ...{ key: "tokensPerSecond", title: "tok/s", source: "simulated", digits: 2 },
      how: `${onBoard}: by the cycle model with the simulator's memory, the CPU's share derived`,
      value: ({ hardware }) => hardware?.tokensPerSecond,
    },
    {
      ...{ key: "promptTokensPerSecond", title: "prompt tok/s", source: "simulated", digits: 1 },
      how: `the same for a prompt of ${promptTokens} tokens`,
      value: ({ hardware }) => hardware?.promptTokensPerSecond,
    },
  ];
}

/** A cell's text: the value with its error, or a dash. */
export function cell(column: Column, row: LabRow): string {
  const value = column.value(row);
  if (value === undefined || Number.isNaN(value)) return "-";
  const error = column.error?.(row);
  const text = value.toFixed(column.digits);
  return error === undefined ? text : `${text} ±${error.toFixed(column.digits)}`;
}
