import type { CpuMatrices, ListFigures, Performance } from "../estimate/performance.ts";
import type { Model } from "../model/model.ts";
import type { Plan } from "../plan/plan.ts";
import { printable } from "../printable.ts";
import { table } from "./outcome.ts";

/** Said wherever figures of the board's memory are shown. */
export const noBoard = "no board was used; the memory model is fitted to published figures";

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const fixed = (value: number) => value.toFixed(value < 10 ? 2 : 1);

/** The text of `estimate` and `bench`. */
export function describePerformance(found: Performance, model: Model, plan: Plan, source: string): string {
  const { token, calls, prompt, endToEnd, breakEven, onCpu } = found;
  const cpu = (seconds: number) => `${(1e3 * seconds).toFixed(1)} ms`;
  const { prefetch } = calls;
  return [
    `${model.name} (${model.mix}) on ${plan.name}, ${plan.board.name} at ${plan.clockMHz} MHz: ${source}`,
    noBoard,
    "",
    "a token, one list a layer:",
    listTable(token.lists),
    `  ${(token.usefulBytes / 1e6).toFixed(1)} MB in ${token.cycles} cycles = ${fixed(token.milliseconds)} ms: ${fixed(token.gigabytesPerSecond)} GB/s, ` +
      `${percent(found.streamShare)} of a pure reader's ${fixed(found.readerGigabytesPerSecond)} GB/s`,
    `  ${fixed(found.tokensPerSecond)} tok/s in MatMuls; ceiling ${fixed(found.ceilingTokensPerSecond)}`,
    "",
    `a token, one start for each of llama.cpp's ${calls.starts} calls, ${calls.gapMicroseconds} us of host each:`,
    listTable(calls.lists),
    `  ${fixed(calls.tokensPerSecond)} tok/s in MatMuls, ${percent(calls.streamShare)} of the pure reader`,
    `  read buffers (${prefetch.bytes} bytes) filled with the next call's weights in the gap would save ${fixed(prefetch.savedMicroseconds)} us a token: ` +
      `${fixed(prefetch.tokensPerSecond)} tok/s, ${percent(prefetch.streamShare)} (cycle model)`,
    "",
    `a prompt of ${prompt.columns} tokens, logits of the last one:`,
    listTable(prompt.lists),
    `  ${fixed(prompt.milliseconds)} ms: ${fixed(prompt.tokensPerSecond)} tok/s in MatMuls; multipliers busy ${percent(prompt.layersMultiplierBusy)} in the layers`,
    "",
    `end to end at a context of ${endToEnd.context} (${endToEnd.source}):`,
    `  token: CPU ${cpu(endToEnd.tokenCpuSeconds.total)} (MatMuls ${cpu(endToEnd.tokenCpuSeconds.matmuls)}, attention ${cpu(endToEnd.tokenCpuSeconds.attention)}, quantisation ${cpu(endToEnd.tokenCpuSeconds.quantisation)}): ${fixed(endToEnd.tokensPerSecond)} tok/s`,
    `  prompt: CPU ${cpu(endToEnd.promptCpuSeconds.total)}: ${fixed(endToEnd.promptTokensPerSecond)} tok/s`,
    `break-even: the CPU is faster below about ${breakEven.weights} weights, ${breakEven.rows} rows at K = ${breakEven.k}`,
    ...(onCpu.length > 0 ? ["", "matrices that stay on the CPU:", cpuTable(onCpu)] : []),
    ...model.notes,
  ].join("\n");
}

function cpuTable(matrices: readonly CpuMatrices[]): string {
  const milliseconds = (seconds: number) => (1e3 * seconds).toFixed(1);
  return indented(
    table(
      ["tensor", "type", "count", "ms a token", "ms a prompt", "why"],
      matrices.map(({ role, type, tensors, reason, tokenSeconds, promptSeconds }) => [
        printable(role),
        type,
        tensors,
        milliseconds(tokenSeconds),
        milliseconds(promptSeconds),
        reason,
      ]),
    ),
  );
}

const indented = (lines: string) => lines.replaceAll(/^/gm, "  ");

function listTable(lists: readonly ListFigures[]): string {
  const details = [...new Set(lists.flatMap(({ detail }) => Object.keys(detail)))].filter((key) =>
    lists.every(({ detail }) => typeof detail[key] !== "object"),
  );
  return indented(
    table(
      ["list", "times", "cycles", "MB", "GB/s", ...details],
      lists.map(({ name, times, cycles, usefulBytes, gigabytesPerSecond, detail }) => [
        name,
        times,
        cycles,
        (usefulBytes / 1e6).toFixed(2),
        gigabytesPerSecond.toFixed(2),
        ...details.map((key) => detail[key] as string | number),
      ]),
    ),
  );
}
