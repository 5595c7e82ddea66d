import { expect, test } from "vitest";
import { hlsEmitter } from "../../src/emit/hls.ts";
import { buildCsim } from "../../src/sim/csim.ts";
import { startMachine } from "../../src/sim/machine.ts";
import { fullWorkload } from "./full-workload.ts";
import { kernelFiles, planWith, widest } from "./support.ts";

// II = 1 needs at most one read and one write of each stream, RAM and memory port per beat. Our C simulation counts them in
// every test that runs the kernel; these show that it would notice.

/** Accesses are counted with our shim only, so these tests always take that. */
const shim = "";

async function runBroken(file: string, from: string, to: string): Promise<string> {
  const plan = await planWith({ ...widest, LANES: 1, COLUMNS: 1, REPLAY: 2 });
  const files = hlsEmitter.files(plan).map(({ path, text }) => {
    if (path !== `hls/${file}`) return { path, text };
    expect(text).toContain(from);
    return { path, text: text.replace(from, to) };
  });
  const workload = fullWorkload(plan.parameters);
  const machine = await startMachine(await buildCsim(files, shim), workload.memory.length);
  machine.write(0, workload.memory);
  await expect(machine.run(workload.list, 1)).rejects.toThrow("the simulator ended");
  return machine.log().trim();
}

test.each([
  {
    what: "a stream is written twice",
    file: "bfq_replay.hpp",
    from: "step_factors.write(factor_word);",
    to: "step_factors.write(factor_word);\n      step_factors.write(factor_word);",
    log: "second write of step_factors_0 in one beat of replay_tiles<0>",
  },
  {
    what: "a memory port is read twice",
    file: "bfq_readers.hpp",
    from: "weights.write(read_port(memory, base + i));",
    to: "weights.write(word_t(read_port(memory, base + i) | read_port(memory, base + i)));",
    log: "second read of its memory port in one beat of read_weights<0>",
  },
  {
    what: "a RAM is read twice",
    file: "bfq_replay.hpp",
    from: "step_factors.write(factor_word);",
    to: "step_factors.write(is_new ? factor_word : word_t(tile_factors[step]));",
    log: "second read of tile_factors in one beat of replay_tiles<0>",
  },
  {
    what: "a word comes back earlier than the dependence pragma promises",
    file: "bfq_replay.hpp",
    from: "BFQ_RAM(word_t, tile_factors, ROW_STEPS, ROW_STEPS);",
    to: "BFQ_RAM(word_t, tile_factors, ROW_STEPS, ROW_STEPS + 1);",
    log: "too early read of tile_factors in one beat of replay_tiles<0>",
  },
])("the simulation ends where $what in a beat", async ({ file, from, to, log }) => {
  expect(await runBroken(file, from, to)).toBe(log);
});

/** The text from each `pipeline` pragma to the end of its loop. */
function pipelinedLoops(source: string): string[] {
  return [...source.matchAll(/^ *#pragma HLS pipeline/gm)].map(({ index }) => {
    let depth = 1;
    let end = index;
    for (; depth > 0; end++) depth += source[end] === "{" ? 1 : source[end] === "}" ? -1 : 0;
    return source.slice(index, end);
  });
}

test("each pipelined loop counts its beats, and names no stream twice for reading or for writing", async () => {
  const sources = (await kernelFiles()).filter(({ path }) => path.startsWith("hls/"));
  const loops = sources.flatMap(({ text }) => pipelinedLoops(text));
  expect(loops.length).toBeGreaterThan(15);
  for (const loop of loops) {
    expect(loop).toMatch(/^(\s*(#pragma|\/\/).*\n)+\s*BFQ_BEAT\n/);
    const accesses = [...loop.matchAll(/(\w+)(?:\[[^\]]*\])?\.(read|write)\(/g)].map(
      ([, stream, how]) => `${stream} ${how}`,
    );
    expect(new Set(accesses).size, accesses.join(", ")).toBe(accesses.length);
  }
});

test("each RAM's promise in the simulation is that of its dependence pragmas", async () => {
  const sources = (await kernelFiles()).filter(({ path }) => path.startsWith("hls/bfq_") && path.endsWith(".hpp"));
  const promises = sources.flatMap(({ text }) =>
    [...text.matchAll(/BFQ_RAMS?\(.*?, (\w+),.*, (\w+)\);/g)].map(([, ram, distance]) => `${ram} ${distance}`),
  );
  const pragmas = sources.flatMap(({ text }) =>
    [...text.matchAll(/dependence variable=(\w+) type=inter direction=raw distance=(\w+)/g)].map(
      ([, ram, distance]) => `${ram} ${distance}`,
    ),
  );
  expect(promises.sort()).toEqual(pragmas.sort());
});
