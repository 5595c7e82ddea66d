import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { isLong } from "../../src/testing/run.ts";
import { subjects } from "../mutants/subjects.ts";
import { type Coverage, countCoverage } from "./coverage.ts";
import { coverBench } from "./verilate.ts";

const bench = (name: string) => subjects.find(({ bench: { top } }) => top === name)!.bench;

// Truth: Verilator's counters.
it("a bench's counters: all lines of a small module, and its toggles", async () => {
  const found = countCoverage(await coverBench(bench("bfq_byte_select"))).get("bfq_byte_select")!;
  expect(found.toggle.of).toBeGreaterThan(100);
  expect(found.unseen).toEqual([]);
});

describe.runIf(isLong)("line and toggle coverage of the RTL by the benches of its modules", () => {
  it("above 95 % of lines and of toggles, all modules together", async () => {
    const texts: string[] = [];
    for (const subject of subjects) texts.push(...(await coverBench(subject.bench)));
    const modules = [...countCoverage(texts)].filter(([name]) => name !== "DSP48E2").sort();
    const percent = ({ seen, of }: Coverage["line"]) => (of === 0 ? "" : ((100 * seen) / of).toFixed(1));
    const rows = modules.map(([name, { line, toggle }]) => `| ${name} | ${percent(line)} | ${percent(toggle)} |`);
    const sum = (kind: "line" | "toggle") => {
      const parts = modules.map(([, coverage]) => coverage[kind]);
      return parts.reduce((all, { seen, of }) => ({ seen: all.seen + seen, of: all.of + of }), { seen: 0, of: 0 });
    };
    console.log(["| module | lines, % | toggles, % |", "|---|---|---|", ...rows].join("\n"));
    console.log(`all: lines ${percent(sum("line"))} %, toggles ${percent(sum("toggle"))} %`);
    const file = process.env.BFQ_UNSEEN; // for who explains them
    if (file) await writeFile(file, `${modules.flatMap(([, { unseen }]) => unseen).join("\n")}\n`);
    for (const kind of ["line", "toggle"] as const) expect(sum(kind).seen / sum(kind).of).toBeGreaterThan(0.95);
  });
});
