import { printable } from "../../printable.ts";
import type { Manifest } from "../package/manifest.ts";
import { busyWatts, type Speed, type TokenSpeed } from "./benchmark.ts";
import type { Facts } from "./deploy-steps.ts";

/** A measurement of a whole deploy, as it can be published: what ran where, and what else ran. */
export interface BoardRecord {
  board: string;
  system: string;
  app: string;
  configHash: string;
  clockMHz: number | null;
  formats: { format: string; gbPerSecond: number; watts: number | null }[];
  /** Of the whole board: the app loaded and nothing at work, and while MatMuls run. */
  watts: { idle: number | null; busy: number | null };
  /** Of all CPUs, by other programs, at rest. */
  cpuBusyPercent: number | null;
  tokens: TokenSpeed | null;
}

export interface Measured {
  manifest: Manifest;
  /** Of the step of that name. */
  facts(step: string): Facts | undefined;
  speeds: readonly Speed[];
  tokens: TokenSpeed | undefined;
}

export function boardRecord({ manifest, facts, speeds, tokens }: Measured): BoardRecord {
  const { model = "", os = "", kernel = "" } = facts("preflight") ?? {};
  const { idle_uw, cpu_busy_percent } = facts("power") ?? {};
  const hertz = facts("clock")?.pl0_hz;
  return {
    board: model || manifest.board,
    system: [os, kernel].filter(Boolean).join(", "),
    app: manifest.app,
    configHash: manifest.configHash,
    clockMHz: hertz ? Number(hertz) / 1e6 : null,
    formats: speeds.map(({ format, gbPerSecond, microwatts }) => ({
      format,
      gbPerSecond,
      watts: microwatts === undefined ? null : microwatts / 1e6,
    })),
    watts: { idle: idle_uw ? Number(idle_uw) / 1e6 : null, busy: busyWatts(speeds) ?? null },
    cpuBusyPercent: cpu_busy_percent ? Number(cpu_busy_percent) : null,
    tokens: tokens ?? null,
  };
}

const columns = [
  "board",
  "system",
  "app, configuration",
  "MHz",
  "GB/s",
  "W at rest, at work",
  "CPUs busy at rest",
  "model",
  "tok/s, J/token of weight MatMuls",
];

/** The record as a Markdown table of one row (docs/kria.md has the columns). */
export function recordRow({ board, system, app, configHash, clockMHz, formats, ...rest }: BoardRecord): string {
  const { watts, cpuBusyPercent, tokens } = rest;
  const fixed = (number: number | null | undefined, digits: number) => number?.toFixed(digits) ?? "-";
  const cells = [
    board,
    system,
    `${app} ${configHash}`,
    fixed(clockMHz, 1),
    formats.map(({ format, gbPerSecond }) => `${format} ${fixed(gbPerSecond, 2)}`).join(", "),
    `${fixed(watts.idle, 2)}, ${fixed(watts.busy, 2)}`,
    cpuBusyPercent === null ? "-" : `${cpuBusyPercent} %`,
    tokens ? `${tokens.model} ${tokens.mix}` : "-",
    tokens ? `${fixed(tokens.tokensPerSecond, 1)}, ${fixed(tokens.joulesPerToken, 3)}` : "-",
  ];
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text) => printable(text, 200).replaceAll("|", "/")).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), line(cells)].join("\n");
}
