import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layOutList } from "../src/bench/list-image.ts";
import { estimateRun } from "../src/estimate/cycles.ts";
import { boardMemory, idealMemory, type MemoryTiming } from "../src/estimate/timing.ts";
import type { Matmul } from "../src/estimate/workload.ts";
import type { Plan } from "../src/plan/plan.ts";
import { useBoardMemory } from "../src/sim/board-memory.ts";
import type { Machine } from "../src/sim/machine.ts";
import { engines } from "../src/verify/engines.ts";
import { Random } from "../src/verify/random.ts";
import { isLong, newSeed, variant } from "./testing.ts";

/** The model may be off by this part of the cycles, or by so many cycles of a small run. */
const tolerance = { ideal: 0.02, board: 0.15 };
const absolute = 250;

const memoryBytes = 1 << 27;
const lists = isLong ? 600 : 60;

/** One to four MatMuls, of which some share their activations; sizes log-uniform, so that small ones occur as well. */
function randomList({ formats, parameters }: Plan, random: Random): Matmul[] {
  const upTo = (most: number) => Math.floor(2 ** (random.below(1000 * Math.log2(most + 1)) / 1000));
  const columns = random.below(2) === 0 ? 1 : random.between(1, 2 * parameters.COLUMNS * parameters.REPLAY + 3);
  const draw = (): Matmul => {
    const k = 256 * upTo(Math.min(24, parameters.MAX_K_TILES));
    const format = random.pick(formats);
    return { name: format.name, format, rows: upTo(600), k, columns, sameActivations: false, usefulBytes: 0 };
  };
  const list = [draw()];
  while (list.length < 4 && random.below(3) > 0) {
    const { k } = list[list.length - 1];
    list.push(random.below(2) === 0 ? draw() : { ...draw(), k, sameActivations: true });
  }
  return list;
}

// f-bfq has one column, k-quants four; cycles don't depend on what the weights are.
describe.each(["k-quants", "f-bfq"])("cycle model of %s against the RTL", (name) => {
  let plan: Plan;
  let machine: Machine;

  beforeAll(async () => {
    ({ plan } = await variant(name));
    const rtl = engines.get("rtl")!;
    machine = await (await rtl.prepare(rtl.files(plan)))(memoryBytes);
  });
  afterAll(() => machine.close());

  async function compare(list: readonly Matmul[], memory: MemoryTiming, relative: number) {
    const image = layOutList(list, plan.parameters);
    expect(image.bytes).toBeLessThanOrEqual(memoryBytes);
    machine.write(image.address, image.descriptors);
    const { status, cycles } = await machine.run(image.address, list.length);
    expect(status).toBe(0);
    const model = estimateRun(list, plan, memory);
    const parts = model.matmuls.reduce(
      (sum, { gap, stream, memory, compute }) => sum + gap + stream + memory + compute,
      0,
    );
    expect(parts + model.drain, "the parts sum up").toBeCloseTo(model.cycles, -1);
    const off = Math.abs(model.cycles - cycles);
    const what = list.map(({ format, rows, k, columns, sameActivations }) =>
      [format.name, rows, k, columns, sameActivations ? "same" : "new"].join(" "),
    );
    expect(off, `RTL ${cycles}, model ${model.cycles}: ${what.join("; ")}`).toBeLessThanOrEqual(
      Math.max(relative * cycles, absolute),
    );
    return off;
  }

  async function compareRandom(count: number, memory: MemoryTiming, relative: number) {
    const random = new Random(newSeed(`cycle model of ${name}, memory ${memory.name}`));
    let worst = 0;
    for (let i = 0; i < count; i++) worst = Math.max(worst, await compare(randomList(plan, random), memory, relative));
    console.log(`${name}, memory ${memory.name}: at most ${worst} cycles off`);
  }

  it(`${lists} lists of random shapes, formats and columns`, () => compareRandom(lists, idealMemory, tolerance.ideal));

  it("a large matrix, one row, the longest K", async () => {
    const one = { name: "", format: plan.formats[0], columns: 1, sameActivations: false, usefulBytes: 0 };
    for (const [rows, k] of [
      [2048, 2048],
      [1, 256],
      [40, 256 * plan.parameters.MAX_K_TILES],
    ]) {
      await compare([{ ...one, rows, k }], idealMemory, tolerance.ideal);
    }
  });

  // Of the board's memory the model knows latencies. Lanes with unequal rows drift apart over several passes, and meet in a bank.
  it(`${lists / 4} lists on the board's memory`, async () => {
    useBoardMemory(machine, plan.board);
    await compareRandom(lists / 4, boardMemory(plan.board), tolerance.board);
  });
});
