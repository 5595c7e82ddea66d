import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageRoot } from "../src/paths.ts";

// docs/library.md's examples against the package as users import it: compiled strictly, then run. (Agreement: of page and code.)
const page = await readFile(`${packageRoot}docs/library.md`, "utf8");
const examples = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
const says = [
  /^f-bfq: \d+ files, 0 stale$/,
  /^\d+ kinds of tensors, \d+\.\d tok\/s in MatMuls$/,
  /^1: prompt \d+ tok\/s, \d+ LUT, fits: true\n2: .*\n\d points, the winner \d+\.\d tok\/s$/,
  /^\d+ bytes, first weight .*\d, first result .*\d$/,
  /^perplexity \d\.\d{3}; KL: q3_K 0\.\d{4}, made_up3 0\.\d{4}$/,
];
const space = `bfq: 1
name: mine
base: ./accelerator.yaml
model: tinyllama-1.1b
mix: pure-q3_K
vary:
  lanes: [2, 4]
  columns: [1, 2, 4]
objectives: [{ most: tokens-per-second }, { least: lut }]
`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-library-"));
  await mkdir(join(folder, "node_modules/@types"), { recursive: true });
  await symlink(packageRoot, join(folder, "node_modules/bfq"));
  await symlink(`${packageRoot}node_modules/@types/node`, join(folder, "node_modules/@types/node"));
  await copyFile(`${packageRoot}specs/accelerators/f-bfq.yaml`, join(folder, "accelerator.yaml"));
  await writeFile(join(folder, "space.yaml"), space);
  await copyFile(`${packageRoot}docs/examples/made_up3.yaml`, join(folder, "mine.yaml"));
  const sample = `${packageRoot}hw-tests/data/kjv-2.5m`;
  await symlink(`${sample}/kjv2.5M-f16.gguf`, join(folder, "model-f16.gguf"));
  await symlink(`${sample}/val.txt`, join(folder, "text.txt"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
  await Promise.all(examples.map((code, i) => writeFile(join(folder, `example${i}.ts`), code)));
  const flags = ["--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", "--types", "node"];
  const files = examples.map((_, i) => `example${i}.ts`);
  await execa(`${packageRoot}node_modules/.bin/tsc`, [...flags, ...files], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("has an expectation for each example", () => expect(examples).toHaveLength(says.length));

it.each(says.map((want, i) => [i, want] as const))("example %i runs", async (i, want) => {
  const { stdout } = await execa(process.execPath, [`example${i}.js`], { cwd: folder });
  expect(stdout).toMatch(want);
});
