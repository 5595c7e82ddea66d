import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { isLong } from "../../src/testing/run.ts";
import { benchSubject, runBenchMutant } from "./benches.ts";
import { buildMutants, type Mutant, type Mutated } from "./build.ts";
import { changesNothing, isEquivalent } from "./equivalent.ts";
import { judgeKernel, kernelSubject } from "./kernel.ts";
import { subjects } from "./subjects.ts";

// A mutant is one bit of one cell that Yosys inverts, ties to a constant or mixes with another. Drawn from a fixed seed, so
// that two runs of the same RTL tell the same.
const seed = 1;

interface Score {
  name: string;
  mutants: Mutant[];
  /** Found by no test, though they are not proved to be equivalent. */
  survivors: Mutant[];
  equivalent: Mutant[];
}

/** @param survives whether the tests pass with a mutant; with 0, the unmutated netlist, they must */
async function score(top: string, mutated: Mutated, survives: (select: number) => Promise<boolean>): Promise<Score> {
  const { mutants } = mutated;
  expect(await survives(0), `${top}: the unmutated netlist must pass`).toBe(true);
  const survivors: Mutant[] = [];
  const equivalent: Mutant[] = [];
  for (const mutant of mutants) {
    if (!(await survives(mutant.select))) continue;
    // SAT takes long: the short run counts as a gap in the tests what the optimiser doesn't drop.
    const same = (await changesNothing(mutated, top, mutant)) || (isLong && (await isEquivalent(mutated, top, mutant)));
    (same ? equivalent : survivors).push(mutant);
  }
  return { name: top, mutants, survivors, equivalent };
}

async function scoreBench(bench: (typeof subjects)[number]["bench"], count: number): Promise<Score> {
  const mutated = await buildMutants(await benchSubject(bench), count, seed);
  return score(bench.top, mutated, (select) => runBenchMutant(mutated.executable, select, 60));
}

/** Subjects on all cores; results in their order. */
async function scoreBenches(chosen: typeof subjects, count: number): Promise<Score[]> {
  const scores: Score[] = [];
  const queue = [...chosen.entries()];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, { bench }] = next;
      scores[index] = await scoreBench(bench, count);
      print(scores[index]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return scores;
}

async function scoreKernel(count: number): Promise<Score> {
  const mutated = await buildMutants(await kernelSubject(), count, seed);
  return score("bfq_kernel", mutated, async (select) => (await judgeKernel(mutated.executable, select)) === undefined);
}

function print({ name, mutants, survivors, equivalent }: Score) {
  const killed = mutants.length - survivors.length - equivalent.length;
  console.log(`${name}: ${killed} of ${mutants.length} mutants killed, ${equivalent.length} equivalent (seed ${seed})`);
  for (const { module, what, place } of survivors) console.log(`  survives: ${module} ${what} at ${place}`);
}

/** Of at least 95 % of the mutants that differ from the design, the tests must say that something is wrong. */
function expectKilled(scores: readonly Score[], least: number) {
  const count = (of: (score: Score) => Mutant[]) => scores.flatMap(of).length;
  const different = count(({ mutants }) => mutants) - count(({ equivalent }) => equivalent);
  const alive = count(({ survivors }) => survivors);
  console.log(`${different - alive} of ${different} mutants killed: ${(100 * (1 - alive / different)).toFixed(1)} %`);
  expect(different).toBeGreaterThanOrEqual(least);
  expect(alive / different).toBeLessThanOrEqual(0.05);
}

const quick = ["bfq_code_gearbox", "bfq_dot16", "bfq_fp32_mul", "bfq_axi_read", "bfq_row_steps"];

describe("Yosys' mutants of the RTL are found by its tests", () => {
  it("25 mutants of gearbox, dot product, fp32, AXI and control", async () => {
    const chosen = subjects.filter(({ bench }) => quick.includes(bench.top));
    expectKilled(await scoreBenches(chosen, 5), 20);
  });

  it.runIf(isLong)("every module by its bench, and the whole kernel", { timeout: 14_400_000 }, async () => {
    const scores = await scoreBenches(subjects, 12);
    const kernel = await scoreKernel(60);
    print(kernel);
    expectKilled([...scores, kernel], 300);
  });
});
