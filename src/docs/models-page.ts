import type { Fit } from "../estimate/fit.ts";

/** What `fit` and `estimate` say of one model on one variant. */
export interface ModelFigures {
  name: string;
  variant: string;
  fit: Fit;
  /** End to end; or why there are none. */
  estimate: { tokensPerSecond: number; cpuMilliseconds: number } | { why: string };
}

/** Prints docs/models.md: what of current models runs, what stays on the CPU and why. */
export function modelsPage(models: readonly ModelFigures[]): string {
  return [
    "# Current models on the variants",
    "",
    "Printed from the headers of src/model/testing/model-headers.ts by src/docs/models-page.ts: tensor lists of public configurations,",
    "no weights. No board was used; docs/performance.md says what the figures are worth.",
    "",
    "- **runs**: stored MB of the matrices that the variant multiplies by.",
    "- **on the CPU**: matrices that the CPU multiplies by in each token, with the milliseconds and the reason.",
    "- **tok/s**: end to end at a context of 128, with the CPU's matrices; a start for each of llama.cpp's calls.",
    "",
    "| model | variant | runs | on the CPU | tok/s |",
    "|---|---|---|---|---|",
    ...models.map((model) => `| ${cells(model).join(" | ")} |`),
    "",
  ].join("\n");
}

function cells({ name, variant, fit, estimate }: ModelFigures): string[] {
  const speed =
    "why" in estimate
      ? `none: ${estimate.why}`
      : `${estimate.tokensPerSecond.toFixed(2)} (CPU ${estimate.cpuMilliseconds.toFixed(0)} ms)`;
  return [name, variant, `${(fit.memory.stored / 1e6).toFixed(1)} MB`, onCpu(fit) || "-", speed];
}

/** By reason, the slowest first; sizes differ from tensor to tensor, so those without room share a line. */
function onCpu({ tensors }: Fit): string {
  const groups = new Map<string, { roles: Set<string>; seconds: number }>();
  for (const { role, type, runs, reason = "", cpuSeconds = 0 } of tensors) {
    if (runs || cpuSeconds === 0) continue;
    const why = reason.startsWith("its ") ? "no room in device memory" : reason;
    const group = groups.get(why) ?? { roles: new Set(), seconds: 0 };
    group.roles.add(`${role} (${type})`);
    group.seconds += cpuSeconds;
    groups.set(why, group);
  }
  return [...groups]
    .sort(([, a], [, b]) => b.seconds - a.seconds)
    .map(([why, { roles, seconds }]) => `${[...roles].join(", ")}: ${(1e3 * seconds).toFixed(1)} ms, ${why}`)
    .join("<br>");
}
