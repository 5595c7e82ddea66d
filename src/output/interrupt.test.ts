import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, it } from "vitest";
import { bfq } from "../cli/testing/bfq.ts";
import { packageRoot } from "../paths.ts";

const base = mkdtempSync(join(tmpdir(), "bfq-interrupt-"));
afterAll(() => rmSync(base, { recursive: true }));

/** A g++ that starts a "compiler" of its own and waits, as the real one does. */
const tools = join(base, "bin");
mkdirSync(tools);
writeFileSync(
  join(tools, "g++"),
  `#!/bin/sh\n[ "$1" != --version ] || exec echo "g++ 12.2.0"\nsleep 600 &\necho $! >"$BFQ_TEST_CHILD"\nwait\n`,
);
chmodSync(join(tools, "g++"), 0o755);

/** However long that takes: the test's own time limit ends what never comes. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 50));
}

const isAlive = (pid: number) => {
  try {
    // A zombie that nobody has waited for yet is dead.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s in a build: its tools and their children end, the cache is left as it was", async (signal, code) => {
  const cache = join(base, `cache of ${signal}`);
  const child = join(base, signal);
  const env = { BFQ_CACHE: cache, BFQ_TEST_CHILD: child, PATH: `${tools}:${process.env.PATH}` };
  const command = [`${packageRoot}dist/cli/main.js`, "verify", "specs/accelerators/f-bfq.yaml", "--runs", "1"];
  const run = execa(process.execPath, command, { cwd: packageRoot, env, reject: false, stdin: "ignore" });
  const childId = () => {
    try {
      return Number(readFileSync(child, "utf8"));
    } catch {
      return 0;
    }
  };
  await until(() => childId() > 0);
  const [half] = readdirSync(cache);
  expect(half).toMatch(/^[0-9a-f]{64}\./);
  // A build that is under way is not cleaned away.
  const clean = await bfq(["clean", "--json"], env);
  expect(JSON.parse(clean.stdout)).toMatchObject({ ok: true, removed: [], bytes: 0, kept: [half] });
  run.kill(signal);
  const { exitCode, stderr } = await run;
  expect({ exitCode, stderr }).toEqual({ exitCode: code, stderr: expect.not.stringContaining("error") });
  expect(readdirSync(cache)).toEqual([]);
  await until(() => !isAlive(childId()));
});

it("clean removes what bfq built, and says how much that was; other files stay", async () => {
  const cache = join(base, "cache");
  const put = (path: string, text: string) => {
    mkdirSync(join(cache, path, ".."), { recursive: true });
    writeFileSync(join(cache, path), text);
  };
  put("0123/bfq-cache.json", '{ "tool": "bfq" }\n');
  put("0123/obj/program", "x".repeat(100_000));
  put("thesis/chapter", "mine");
  put("other/bfq-cache.json", '{ "tool": "make" }');
  const { stdout, exitCode } = await bfq(["clean"], { BFQ_CACHE: cache });
  expect(stdout).toMatch(/^0\.1 MB freed: 1 builds in .*\nkept, not bfq's or being built now: other, thesis$/);
  expect(exitCode).toBe(0);
  expect(readdirSync(cache)).toEqual(["other", "thesis"]);
  const none = await bfq(["clean"], { BFQ_CACHE: join(base, "none") });
  expect(none.stdout).toMatch(/^0\.0 MB freed: 0 builds/);
});

it("a cache that can't be made: our error, and where else it may lie", async () => {
  const file = join(base, "file");
  writeFileSync(file, "");
  const run = await bfq(["verify", "specs/accelerators/f-bfq.yaml"], { BFQ_CACHE: join(file, "cache") });
  expect(run.stderr).toMatch(/error\[write-failed\]: cannot write it \(ENOTDIR\)\n {2}fix: .*BFQ_CACHE=FOLDER\n?$/);
  expect(run.exitCode).toBe(2);
});
