import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ExitCode } from "../problem.ts";
import { type Build, cachedBuild } from "./build.ts";

let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "bfq-build-"));
  vi.stubEnv("BFQ_CACHE", cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

/** "Builds" by copying the input beside a random number: a second build would differ. */
const copyWithRandom = (text: string): Build => ({
  files: [{ path: "in/text.txt", text }],
  commands: [{ tool: "bash", args: ["-c", "cat in/text.txt > product; echo $RANDOM$RANDOM$RANDOM >> product"] }],
  product: "product",
});

test("equal inputs are built once, others anew", async () => {
  const first = await cachedBuild(copyWithRandom("a\n"));
  const text = await readFile(first, "utf8");
  expect(text).toMatch(/^a\n\d+\n$/);
  expect(await cachedBuild(copyWithRandom("a\n"))).toBe(first);
  expect(await readFile(first, "utf8")).toBe(text);
  expect(await cachedBuild(copyWithRandom("b\n"))).not.toBe(first);
  expect(await cachedBuild({ ...copyWithRandom("a\n"), outside: "headers" })).not.toBe(first);
});

test("two builds at once leave one result and nothing beside it", async () => {
  const [a, b] = await Promise.all([cachedBuild(copyWithRandom("a\n")), cachedBuild(copyWithRandom("a\n"))]);
  expect(a).toBe(b);
  expect(await readdir(cache)).toHaveLength(1);
});

test("a missing tool is exit code 3 and names tool and package", async () => {
  const command = { tool: "aarch64-linux-gnu-g++", args: [] };
  vi.stubEnv("PATH", cache);
  await expect(cachedBuild({ files: [], commands: [command], product: "x" })).rejects.toMatchObject({
    exitCode: ExitCode.toolMissing,
    message: expect.stringMatching(
      /aarch64-linux-gnu-g\+\+ is not installed[\s\S]*apt install g\+\+-aarch64-linux-gnu/,
    ),
  });
});

test("what surrounds a build is called where the cache has none, and only there", async () => {
  let calls = 0;
  const around = (work: () => Promise<void>) => {
    calls++;
    return work();
  };
  await cachedBuild(copyWithRandom("a\n"), around);
  await cachedBuild(copyWithRandom("a\n"), around);
  expect(calls).toBe(1);
});

test("a failing tool is exit code 4, shows the end of its log, and leaves no result", async () => {
  const command = { tool: "bash", args: ["-c", "echo broken by purpose >&2; exit 7"] };
  await expect(cachedBuild({ files: [], commands: [command], product: "x" })).rejects.toMatchObject({
    exitCode: ExitCode.toolFailed,
    message: expect.stringMatching(/bash ended with 7[\s\S]*broken by purpose/),
  });
  expect(await readdir(cache)).toEqual([]);
});
