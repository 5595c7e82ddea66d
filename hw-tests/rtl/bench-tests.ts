import { expect, it } from "vitest";
import { isLong, newRandom } from "../../src/testing/run.ts";
import { type Bench, type Mutation, runBench } from "./verilate.ts";

/** A bench named after its module. */
export const unit = (name: string, parameters?: Record<string, number>): Bench => ({
  top: `bfq_${name}`,
  bench: `${name}_tb.cpp`,
  ...(parameters && { parameters }),
});

const title = ({ top, parameters }: Bench) =>
  [top, ...Object.entries(parameters ?? {}).map(([name, value]) => `${name}=${value}`)].join(" ");

export function testBenches(benches: readonly Bench[]): void {
  it.each(benches.map((bench) => [title(bench), bench] as const))("%s", async (_, bench) => {
    const { passed, output } = await runBench(bench);
    expect(passed, output).toBe(true);
  });
}

/** Deliberate defects that the benches must find: all with BFQ_LONG, else some, as each is a build of its own. */
export function testDefects(defects: readonly (readonly [Bench, Mutation])[]): void {
  const drawn = isLong ? defects : draw(defects, 8);
  it.each(drawn.map(([bench, mutation]) => [`${mutation.file}: ${mutation.from}`, bench, mutation] as const))(
    "%s",
    async (_, bench, mutation) => {
      const { passed, output } = await runBench(bench, mutation);
      expect(passed, output).toBe(false);
      expect(output).toMatch(/FAIL at cycle|Assertion failed/);
    },
  );
}

/** `count` different ones. */
function draw<T>(from: readonly T[], count: number): T[] {
  const random = newRandom("defects");
  const left = [...from];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(random.below(left.length), 1)[0]!);
}
