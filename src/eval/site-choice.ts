import { type Site, sites } from "./activations.ts";
import type { Candidate, Evaluation } from "./evaluate.ts";
import { Forward } from "./forward.ts";
import { Calibration, type SitePlan } from "./sites.ts";
import type { Window } from "./windows.ts";

/** Takes the ranges of static sites from windows of a calibration text. */
export async function calibrateSites(plan: SitePlan, candidate: Candidate, windows: Window[]): Promise<SitePlan> {
  const calibration = new Calibration(plan);
  const forward = new Forward(candidate.model, calibration.multiply, candidate.attention);
  for (const { tokens, first } of windows) await forward.logits(tokens, first);
  return calibration.finish();
}

const bitsOf = (narrow: readonly Site[]): SitePlan => ({
  types: Object.fromEntries(sites.map((site) => [site, { bits: narrow.includes(site) ? 4 : 8, scale: "block" }])),
});

/**
 * 8 or 4 bits a site: the sites that lose least by 4 bits alone are narrowed first, as many as the budget allows together.
 * @param budget perplexity over that of 8 bits everywhere, less 1
 * @param run evaluates candidates on the text
 */
export async function chooseSites(
  candidate: Candidate,
  budget: number,
  run: (candidates: Candidate[]) => Promise<Evaluation[]>,
): Promise<SitePlan> {
  const plans = (narrow: Site[][]) => narrow.map((names) => ({ ...candidate, sites: bitsOf(names) }));
  const [wide, ...alone] = await run(plans([[], ...sites.map((site) => [site])]));
  const perplexity = new Map(sites.map((site, i) => [site, alone[i].perplexity.value]));
  const order = sites.toSorted((a, b) => perplexity.get(a)! - perplexity.get(b)!);
  const prefixes = order.map((_, i) => order.slice(0, i + 1));
  const together = await run(plans(prefixes));
  const fits = together.map((found) => found.perplexity.value / wide.perplexity.value - 1 <= budget);
  return bitsOf(prefixes[fits.lastIndexOf(true)] ?? []);
}
