import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallModel } from "../model/testing/small-model.ts";
import { bfq } from "./testing/bfq.ts";

const kQuants = "specs/accelerators/k-quants.yaml";
let folder: string;
let small: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-bench-`);
  small = `${folder}/small.yaml`;
  await writeFile(small, smallModel);
});
afterAll(() => rm(folder, { recursive: true }));

describe("bench", () => {
  it.each(["ideal", "board"])("a small model on the RTL, memory %s", async (memory) => {
    const args = ["--model", small, "--mix", "Q2_K", "--columns", "10", "--memory", memory];
    const run = await bfq(["bench", kQuants, ...args, "--json"]);
    expect(run.stderr).toBe("");
    const found = JSON.parse(run.stdout);
    expect(found).toMatchObject({
      ok: true,
      source: `rtl, memory ${memory}`,
      note: expect.stringContaining("no board"),
    });
    const { token, calls, prompt } = found;
    const lists = [...token.lists, ...calls.lists, ...prompt.lists];
    // Equal lists are simulated once: what the parts took is what was simulated.
    const distinct = new Map(lists.map(({ matmuls, cycles }) => [matmuls.join(), cycles]));
    expect([...distinct.values()].reduce((sum, cycles) => sum + cycles, 0)).toBe(found.simulated.cycles);
    for (const { cycles, detail } of lists) expect(cycles).toBeGreaterThan(detail.words);
    // A lane's words at one per cycle are the least; a small run spends most of its time on start and end.
    expect(found.streamShare).toBeGreaterThan(0.1);
    expect(found.streamShare).toBeLessThan(1);
    expect(found.tokensPerSecond / found.ceilingTokensPerSecond).toBeCloseTo(found.streamShare, 6);
    expect(calls.tokensPerSecond).toBeLessThan(found.tokensPerSecond);
    expect(calls.prefetch.tokensPerSecond).toBeGreaterThanOrEqual(calls.tokensPerSecond);
    expect(prompt.tokensPerSecond).toBeGreaterThan(found.tokensPerSecond);
    expect(found.endToEnd.tokensPerSecond).toBeLessThan(calls.tokensPerSecond);
  });

  it("says what it found, and that no board was used", async () => {
    const args = ["--model", small, "--mix", "Q2_K", "--columns", "3", "--memory", "ideal"];
    const { stdout, exitCode } = await bfq(["bench", kQuants, ...args]);
    expect(stdout).toContain("small-1 (Q2_K) on k-quants, kv260 at 250 MHz: rtl, memory ideal\nno board was used");
    expect(stdout).toMatch(/\d+ cycles simulated in [\d.]+ s/);
    expect(exitCode).toBe(0);
  });

  it.each([
    [["--columns", "0"], "error[usage]: --columns is 0; it must be an integer from 1 to 4096"],
    [["--engine", "csim"], 'Argument: engine, Given: "csim", Choices: "rtl"'],
    [["--memory", "fast"], 'Argument: memory, Given: "fast", Choices: "board", "ideal"'],
  ])("wrong use: %s", async (args, want) => {
    const { stderr, exitCode, stdout } = await bfq(["bench", kQuants, "--model", small, "--mix", "Q2_K", ...args]);
    expect(stderr).toContain(want);
    expect([exitCode, stdout]).toEqual([2, ""]);
  });

  it("a list that the simulator's memory can't hold is refused before anything is built", async () => {
    await writeFile(`${folder}/huge.yaml`, smallModel.replace("rows: 300", "rows: 16000000"));
    // A Kria's shared memory is smaller than the simulator's: there such a head would stay on the CPU.
    const spec = (await readFile(kQuants, "utf8")).replace(/^board: .*$/m, "board: ./large.yaml");
    const board = await readFile("specs/boards/zcu104.yaml", "utf8");
    await writeFile(`${folder}/large.yaml`, board.replace(/bytes: \d+/, "bytes: 16000000000"));
    await writeFile(`${folder}/large-board.yaml`, spec);
    const args = ["--model", `${folder}/huge.yaml`, "--mix", "Q2_K", "--memory", "ideal"];
    const { stderr, exitCode } = await bfq(["bench", `${folder}/large-board.yaml`, ...args], { PATH: folder });
    expect(stderr).toContain("error[memory-limit]: head needs");
    expect(exitCode).toBe(2);
  });
});
