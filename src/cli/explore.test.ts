import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallSpace } from "../explore/testing/small-space.ts";
import { smallModel } from "../model/testing/small-model.ts";
import { packageRoot } from "../paths.ts";
import { Random } from "../random.ts";
import { edited } from "../spec/testing/bad-spec.ts";
import { bfq } from "./testing/bfq.ts";

let folder: string;
let space: string;
let whole: string;
/** Milliseconds that a whole run took. */
let took: number;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-explore-`);
  space = `${folder}/space.yaml`;
  await writeFile(`${folder}/small.yaml`, smallModel);
  await writeFile(space, smallSpace);
  whole = `${folder}/whole`;
  const begin = performance.now();
  expect(await bfq(["explore", space, "-o", whole])).toMatchObject({ exitCode: 0, stderr: "" });
  took = performance.now() - begin;
});
afterAll(() => rm(folder, { recursive: true }));

const read = (out: string, file: string) => readFile(`${out}/${file}`, "utf8");

it("writes a front, and a winner that is a spec: its estimate is the point's", async () => {
  const { winner, front, counts, objectives } = JSON.parse(await read(whole, "front.json"));
  expect(objectives[0]).toEqual({ figure: "tokens-per-second", goal: "most", within: 1 });
  expect(counts).toMatchObject({ points: 1344, leftOut: 112 });
  const best = front.find(({ n }: { n: number }) => n === winner);
  const run = await bfq([
    "estimate",
    `${whole}/winner.yaml`,
    "--model",
    `${folder}/small.yaml`,
    "--mix",
    "Q2_K",
    "--columns",
    "16",
    "--json",
  ]);
  expect(JSON.parse(run.stdout).point).toEqual(best.point);
});

it("a second run evaluates nothing and writes the same", async () => {
  const out = `${folder}/again`;
  await cp(whole, out, { recursive: true });
  const run = await bfq(["explore", space, "-o", out, "--json"]);
  const { evaluated, winner, sensitivity, note } = JSON.parse(run.stdout);
  expect({ evaluated, note }).toEqual({ evaluated: 0, note: expect.stringContaining("no board was used") });
  expect(winner.values.lanes).toBe(4);
  expect(sensitivity.map(({ key }: { key: string }) => key)).toEqual([
    "lanes",
    "columns",
    "replay",
    "formats",
    "max-k",
  ]);
  for (const file of ["journal.jsonl", "front.json"]) expect(await read(out, file)).toBe(await read(whole, file));
});

it("killed at random times and started again: the same front, no point twice", async () => {
  const random = new Random(Number(process.env.BFQ_SEED ?? Date.now() % 1e9));
  const out = `${folder}/killed`;
  let deaths = 0;
  for (let run = 0; run < 4; run++) {
    const child: ChildProcess = spawn(process.execPath, [
      `${packageRoot}dist/cli/main.js`,
      "explore",
      space,
      "-o",
      out,
    ]);
    const timer = setTimeout(() => child.kill("SIGKILL"), random.between(Math.round(took / 3), Math.round(took)));
    const [code] = await once(child, "exit");
    clearTimeout(timer);
    if (code === null) deaths++;
  }
  console.log(`${deaths} of 4 runs were killed`);
  expect((await bfq(["explore", space, "-o", out])).exitCode).toBe(0);
  expect(await read(out, "front.json")).toBe(await read(whole, "front.json"));
  const numbers = (await read(out, "journal.jsonl"))
    .split("\n")
    .slice(1)
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line).n);
  expect(numbers.length).toBe(1344);
  expect(new Set(numbers).size).toBe(1344);
});

describe("a folder that isn't this exploration's is left as it is", () => {
  it("of another space", async () => {
    const other = `${folder}/other.yaml`;
    await writeFile(other, edited(smallSpace, [["context: 16", "context: 32"]]));
    const { exitCode, stderr } = await bfq(["explore", other, "-o", whole]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/whole\/journal\.jsonl: error\[other-space\]: .*\n.*why: .*\n.*fix: name another folder/);
  });

  it("the user's own", async () => {
    await mkdir(`${folder}/mine`);
    await writeFile(`${folder}/mine/notes.txt`, "mine");
    const { exitCode, stderr } = await bfq(["explore", space, "-o", `${folder}/mine`]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("mine: error[foreign-folder]");
  });

  it("a winner that was changed by hand", async () => {
    const out = `${folder}/changed`;
    await cp(whole, out, { recursive: true });
    await writeFile(`${out}/winner.yaml`, "name: better\n");
    const { exitCode, stderr } = await bfq(["explore", space, "-o", out]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("winner.yaml: error[file-changed]");
    expect((await bfq(["explore", space, "-o", out, "--force"])).exitCode).toBe(0);
  });
});

it("no point within the bounds: exit code 1, and what to do", async () => {
  const tight = `${folder}/tight.yaml`;
  await writeFile(tight, edited(smallSpace, [["dsp-percent: { most: 60 }", "lut: { most: 10 }"]]));
  const { exitCode, stdout } = await bfq(["explore", tight, "-o", `${folder}/tight`]);
  expect(exitCode).toBe(1);
  expect(stdout).toContain("no point is within board and bounds: widen the constraints");
});
