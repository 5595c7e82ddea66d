import type { Argv } from "yargs";
import { cleanCache } from "../sim/cache.ts";
import { type CommonOptions, report } from "./outcome.ts";

export const command = "clean";
export const describe = "remove what bfq has built and kept: BFQ_CACHE, or ~/.cache/bfq";

export const builder = (yargs: Argv) => yargs;

export const handler = (options: CommonOptions) =>
  report(options, async () => {
    const cleaned = await cleanCache();
    const { folder, removed, bytes, kept } = cleaned;
    const lines = [`${(bytes / 1e6).toFixed(1)} MB freed: ${removed.length} builds in ${folder}`];
    if (kept.length > 0) lines.push(`kept, not bfq's or being built now: ${kept.join(", ")}`);
    return { ok: true, json: { ...cleaned }, text: lines.join("\n") };
  });
