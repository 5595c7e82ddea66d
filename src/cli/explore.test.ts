import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallSpace } from "../explore/testing/small-space.ts";
import { smallModel } from "../model/testing/small-model.ts";
import { packageRoot } from "../paths.ts";
import { edited } from "../spec/testing/bad-spec.ts";
import { newRandom } from "../testing/run.ts";
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
  expect(await bfq(["explore", space, "-o", whole])).toMatchObject({ exitCode: 0 });
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
  const random = newRandom("times of death");
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
    const part = await bfq(["explore", space, "-o", `${folder}/mine`, "--part", "0/2"]);
    expect(part.stderr).toContain("mine: error[foreign-folder]");
    expect(await readdir(`${folder}/mine`)).toEqual(["notes.txt"]);
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

describe("parts, for clusters", () => {
  it("parts that were evaluated elsewhere are taken in: the same front, none again", async () => {
    const out = `${folder}/parts`;
    for (const part of ["0/3", "2/3", "2/3"]) await bfq(["explore", space, "-o", out, "--part", part]);
    const again = await bfq(["explore", space, "-o", out, "--part", "2/3", "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, part: 2, of: 3, evaluated: 0 });
    const run = await bfq(["explore", space, "-o", out, "--json"]);
    expect(JSON.parse(run.stdout).evaluated).toBe(448);
    expect(await read(out, "front.json")).toBe(await read(whole, "front.json"));
  });

  it("a part that is none", async () => {
    const { exitCode, stderr } = await bfq(["explore", space, "--part", "3/3"]);
    expect(stderr).toContain('error[usage]: --part is "3/3"; it must be I/N, with I from 0 to N - 1');
    expect(exitCode).toBe(2);
  });

  it("without Slurm: exit code 3, and how to get it", async () => {
    const run = await bfq(["explore", space, "-o", `${folder}/none`, "--executor", "slurm"], { PATH: folder });
    expect(run.stderr).toMatch(
      /error\[tool-missing\]: sbatch is not installed.*\n.*\n {2}fix: apt install slurm-client/,
    );
    expect(run.exitCode).toBe(3);
  });

  it("jobs that end without a point: three, then exit code 4 and where their words are", async () => {
    const bin = `${folder}/bin`;
    await mkdir(bin);
    // Stand-ins: what is wrong with tasks is the cluster's.
    await writeFile(`${bin}/sbatch`, `#!/bin/sh\necho x >> ${folder}/submitted\necho 17\n`, { mode: 0o755 });
    await writeFile(
      `${bin}/squeue`,
      "#!/bin/sh\necho 'slurm_load_jobs error: Invalid job id specified' >&2\nexit 1\n",
      {
        mode: 0o755,
      },
    );
    const out = `${folder}/failing`;
    const run = await bfq(["explore", space, "-o", out, "--executor", "slurm"], { PATH: `${bin}:${process.env.PATH}` });
    expect(run.stderr).toContain("error[slurm]: job 17 ended, and 1344 points are missing: 3 jobs in a row found none");
    expect(run.stderr).toContain(`why: the tasks' words are in ${out}/parts`);
    expect(run.exitCode).toBe(4);
    expect(await readFile(`${folder}/submitted`, "utf8")).toBe("x\nx\nx\n");
  });
});
