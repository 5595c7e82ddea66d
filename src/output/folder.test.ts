import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ClaimOptions, OutputFolder } from "./folder.ts";
import { tree } from "./testing/tree.ts";

/** A process that dies: from call number `life.left` on nothing reaches the disk any more. */
const life = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY, code: "DEAD" }));
vi.mock("node:fs", async (original) => {
  const real = (await original()) as typeof fs;
  const mortal = <T extends (...args: never[]) => unknown>(call: T) =>
    ((...args: Parameters<T>) => {
      if (--life.left < 0) throw Object.assign(new Error(life.code), { code: life.code, syscall: "test" });
      return call(...args);
    }) as unknown as T;
  const changing = { writeFileSync: real.writeFileSync, renameSync: real.renameSync, unlinkSync: real.unlinkSync };
  const folders = { mkdirSync: real.mkdirSync, rmdirSync: real.rmdirSync, rmSync: real.rmSync };
  const all = Object.entries({ ...changing, ...folders }).map(([name, call]) => [name, mortal(call as never)]);
  return { ...real, ...Object.fromEntries(all) };
});

let base: string;
let folder: string;
beforeEach(() => {
  base = fs.mkdtempSync(join(tmpdir(), "bfq-output-"));
  folder = join(base, "out");
});
afterEach(() => {
  life.left = Number.POSITIVE_INFINITY;
  life.code = "DEAD";
  fs.rmSync(base, { recursive: true });
});

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const record = "manifest.json";

function variant(files: Record<string, string>) {
  const hashes = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, sha256(text)]));
  const text = `${JSON.stringify({ tool: "bfq", files: hashes }, null, 2)}\n`;
  return [...Object.entries(files).map(([path, text]) => ({ path, text })), { path: record, text }];
}
const first = { "a.sv": "module a;", "rtl/b.sv": "b1", "old/c.sv": "c" };
const second = { "a.sv": "module a2;", "rtl/b.sv": "b2", "new/d/e.sv": "e", "rtl/f.sv": "f" };

async function write(files: Record<string, string>, options: Partial<ClaimOptions> = {}): Promise<void> {
  const output = await OutputFolder.claim(folder, { record, writes: Object.keys(files), force: false, ...options });
  try {
    output.replace(variant(files));
  } finally {
    await output.release();
  }
}
const asTree = (files: Record<string, string>) =>
  Object.fromEntries(variant(files).map(({ path, text }) => [path, text]));

const put = (path: string, text: string) => {
  fs.mkdirSync(join(folder, path, ".."), { recursive: true });
  fs.writeFileSync(join(folder, path), text);
};

it("replaces and removes what its record lists, and nothing else", async () => {
  await write(first);
  expect(tree(folder)).toEqual(asTree(first));
  const own = { "notes.txt": "mine", "old/mine.txt": "mine too", "driver/build/CMakeCache.txt": "cmake" };
  for (const [path, text] of Object.entries(own)) put(path, text);
  await write(second);
  expect(tree(folder)).toEqual({ ...asTree(second), ...own });
});

it("refuses a changed file without force, and says which", async () => {
  await write(first);
  put("rtl/b.sv", "mended by hand");
  const before = tree(base);
  await expect(write(second)).rejects.toThrow(/out\/rtl\/b\.sv: error\[file-changed\].*\n.*lost\n {2}fix: .*--force/);
  expect(tree(base)).toEqual(before);
  await write(second, { force: true });
  expect(tree(folder)).toEqual(asTree(second));
});

it("refuses a file of the user's where a new one would go, even with force", async () => {
  await write(first);
  put("new", "a file where a folder would be");
  put("rtl/f.sv", "mine");
  const before = tree(base);
  await expect(write(second, { force: true })).rejects.toThrow(
    /out\/new: error\[in-the-way\](.|\n)*f\.sv: error\[in-the-way\]/,
  );
  expect(tree(base)).toEqual(before);
});

it("a second process is refused while one writes, and let in after it", async () => {
  const options = { record, writes: [], force: false };
  const output = await OutputFolder.claim(folder, options);
  await expect(OutputFolder.claim(`${folder}/`, options)).rejects.toThrow("error[in-use]: another bfq is writing");
  await output.release();
  await (await OutputFolder.claim(folder, options)).release();
});

describe("a process that dies at any call leaves a folder that the next run makes whole", () => {
  it.each([
    ["a first variant", undefined, first],
    ["a second over a first", first, second],
    ["the same again", second, second],
  ])("%s", async (_, before, after) => {
    const own = { "rtl/build/mine.txt": "mine" };
    let deaths = 0;
    for (let calls = 0; ; calls++) {
      fs.rmSync(folder, { recursive: true, force: true });
      if (before) {
        await write(before);
        put("rtl/build/mine.txt", "mine");
      }
      life.left = calls;
      const error = await write(after).catch((error) => error);
      life.left = Number.POSITIVE_INFINITY;
      if (error !== undefined) deaths++;
      await write(after);
      expect(tree(folder), `death at call ${calls}`).toEqual({ ...asTree(after), ...(before && own) });
      if (error === undefined) break;
    }
    expect(deaths).toBeGreaterThan(8);
  });
});

it("a disk that is full at any call leaves nothing of a first variant, and the old one of a second", async () => {
  life.code = "ENOSPC";
  for (let calls = 0; calls < 3; calls++) {
    life.left = calls;
    await expect(write(first)).rejects.toThrow(/error\[write-failed\]: cannot write it \(ENOSPC\)/);
    life.left = Number.POSITIVE_INFINITY;
    await write(first);
    life.left = calls;
    await expect(write(second)).rejects.toThrow(/ENOSPC/);
    life.left = Number.POSITIVE_INFINITY;
    const { ".bfq-new": _, ...left } = tree(folder);
    for (const [path, text] of Object.entries(asTree(first))) expect(left[path]).toBe(text);
    fs.rmSync(folder, { recursive: true });
  }
});

describe("clear and list, as a build does", () => {
  const options = { record: "build.json", writes: [], force: false };

  it("what tools wrote goes with the next build; what the user added stays or is moved aside", async () => {
    const one = await OutputFolder.claim(folder, options);
    expect(one.clear(["work"])).toEqual([]);
    put("work/project/app.xpr", "xpr");
    fs.symlinkSync("project", join(folder, "work/latest"));
    fs.mkdirSync(join(folder, "work/empty"));
    one.list(["work"], { version: "1" });
    await one.release();
    const two = await OutputFolder.claim(folder, options);
    expect(two.clear(["work"])).toEqual([]);
    expect(Object.keys(tree(folder))).toEqual(["build.json"]);
    put("work/project/app.xpr", "xpr");
    two.list(["work"], {});
    await two.release();
    put("work/project/mine.xdc", "mine");
    const three = await OutputFolder.claim(folder, options);
    expect(three.clear(["work"])).toEqual([["work", "work.1"]]);
    await three.release();
    expect(tree(folder)).toMatchObject({ "work.1/project/mine.xdc": "mine" });
  });
});
