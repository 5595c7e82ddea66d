import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layOutList } from "../src/bench/list-image.ts";
import { estimateRun } from "../src/estimate/cycles.ts";
import { boardMemory, idealMemory, type MemoryTiming } from "../src/estimate/timing.ts";
import type { Matmul } from "../src/estimate/workload.ts";
import { tileRows } from "../src/plan/interface.ts";
import type { Plan } from "../src/plan/plan.ts";
import { Random } from "../src/random.ts";
import { useBoardMemory } from "../src/sim/board-memory.ts";
import type { Machine } from "../src/sim/machine.ts";
import { isLong, newSeed } from "../src/testing/run.ts";
import { variant } from "../src/testing/variant.ts";
import { engines } from "../src/verify/engines.ts";

/** The model may be off by this part of the cycles, or by so many cycles of a small run. */
interface Tolerance {
  relative: number;
  absolute: number;
}

/** f-bfq's one column has no batches of columns and few limits but its stream. */
const ideal: Record<string, Tolerance> = {
  "f-bfq": { relative: 0.02, absolute: 100 },
  "k-quants": { relative: 0.02, absolute: 500 },
};
const board: Tolerance = { relative: 0.02, absolute: 1000 };

const memoryBytes = 1 << 27;
const lists = 100;
const runs = isLong ? 20 : 1;

/** Format, rows, k, columns, whether the activations are those of the MatMul before. */
type Shape = [string, number, number, number, "new" | "same"];

/** Lists that the model was wrong about, on the board's memory. */
const kept: Record<string, Shape[][]> = {
  "k-quants": [
    [["q2_K", 600, 256, 20, "new"]], // many short writes
    [["q6_K", 448, 2816, 24, "new"]], // lanes drifted apart
    [
      ["q3_K", 326, 256, 10, "new"], // writes hold up a long load
      ["q5_K", 360, 256, 10, "same"],
      ["q8_0", 14, 4608, 10, "new"],
    ],
  ],
  "f-bfq": [],
};

/**
 * One to four MatMuls, of which some share their activations; sizes log-uniform, so that small ones occur as well.
 * @param token one column, and as many rows for each lane
 */
function randomList({ formats, parameters }: Plan, random: Random, token = false): Matmul[] {
  const upTo = (most: number) => Math.floor(2 ** (random.below(1000 * Math.log2(most + 1)) / 1000));
  const round = token ? tileRows * parameters.LANES : 1;
  const columns =
    token || random.below(2) === 0 ? 1 : random.between(1, 2 * parameters.COLUMNS * parameters.REPLAY + 3);
  const draw = (): Matmul => {
    const k = 256 * upTo(Math.min(24, parameters.MAX_K_TILES));
    const format = random.pick(formats);
    const rows = Math.ceil(upTo(600) / round) * round;
    return { name: format.name, format, rows, k, columns, sameActivations: false, usefulBytes: 0 };
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

  async function compare(list: readonly Matmul[], memory: MemoryTiming, { relative, absolute }: Tolerance) {
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

  async function compareRandom(count: number, memory: MemoryTiming, tolerance: Tolerance, token = false) {
    for (let run = 0; run < runs; run++) await compareRun(count, memory, tolerance, token);
  }

  async function compareRun(count: number, memory: MemoryTiming, tolerance: Tolerance, token: boolean) {
    const random = new Random(newSeed(`cycle model of ${name}, memory ${memory.name}`));
    const off: number[] = [];
    for (let i = 0; i < count; i++) off.push(await compare(randomList(plan, random, token), memory, tolerance));
    off.sort((a, b) => a - b);
    const median = off[Math.floor(count / 2)];
    console.log(`${name}, memory ${memory.name}: half within ${median} cycles, at most ${off[count - 1]} off`);
    expect(median).toBeLessThanOrEqual(200);
  }

  it(`${lists} lists of random shapes, formats and columns`, () => compareRandom(lists, idealMemory, ideal[name]));

  it("a large matrix, one row, the longest K", async () => {
    const one = { name: "", format: plan.formats[0], columns: 1, sameActivations: false, usefulBytes: 0 };
    for (const [rows, k] of [
      [2048, 2048],
      [1, 256],
      [40, 256 * plan.parameters.MAX_K_TILES],
    ]) {
      await compare([{ ...one, rows, k }], idealMemory, ideal[name]);
    }
  });

  it(`${lists} lists like a token's on the board's memory`, async () => {
    useBoardMemory(machine, plan.board);
    await compareRandom(lists, boardMemory(plan.board), board, true);
  });

  const any = isLong ? lists : lists / 4;

  it(`${any} lists of any kind on the board's memory`, async () => {
    useBoardMemory(machine, plan.board);
    await compareRandom(any, boardMemory(plan.board), board);
  });

  it.each(kept[name].map((shapes) => [shapes.map((shape) => shape.join(" ")).join("; "), shapes] as const))(
    "on the board's memory: %s",
    async (_, shapes) => {
      useBoardMemory(machine, plan.board);
      const list = shapes.map(([format, rows, k, columns, activations]): Matmul => {
        const known = plan.formats.find((candidate) => candidate.name === format)!;
        const sameActivations = activations === "same";
        return { name: format, format: known, rows, k, columns, sameActivations, usefulBytes: 0 };
      });
      await compare(list, boardMemory(plan.board), board);
    },
  );
});
