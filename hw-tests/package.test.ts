import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../src/paths.ts";

/**
 * The package as a user gets it: packed, installed in an empty folder (npm may ask its registry), and from then on without a network.
 * Format, grid and board are the user's own; one lane and one column, so that its simulators build in seconds.
 */
const folder = await mkdtemp(join(tmpdir(), "bfq-package-"));
const project = join(folder, "my project");
let packed: string[];
let withoutNetwork: string[] = [];
afterAll(() => rm(folder, { recursive: true }));

beforeAll(async () => {
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [{ filename, files }] = JSON.parse((await execa("npm", pack, { cwd: packageRoot })).stdout);
  packed = files.map(({ path }: { path: string }) => path);
  await mkdir(project);
  const install = [
    "install",
    "--prefer-offline",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    join(folder, filename),
  ];
  await execa("npm", install, { cwd: project });
  const { exitCode } = await execa("unshare", ["-rn", "true"], { reject: false });
  if (exitCode === 0) withoutNetwork = ["unshare", "-rn"];
  else
    console.warn("unshare makes no namespace here: npm is told to stay offline, other programs could reach a network");
});

async function bfq(...args: string[]) {
  const [program, ...rest] = [...withoutNetwork, "npx", "--offline", "bfq", ...args];
  const env = { BFQ_CACHE: join(folder, "the cache"), npm_config_offline: "true" };
  return execa(program, rest, { cwd: project, env, reject: false, stdin: "ignore" });
}

const put = async (path: string, text: string) => {
  await mkdir(join(project, path, ".."), { recursive: true });
  await writeFile(join(project, path), text);
};

describe("in a folder of one's own", () => {
  it("init, check, generate, verify on csim and rtl, estimate; with own format, own grid, own board", async () => {
    await put(
      "board.yaml",
      `bfq: 1
name: my-board
module: k26
kria:
  som: xilinx.com:kv260_som:part0:1.4
  connectors: [{ name: som240_1_connector, carrier: "my.com:carrier:som240_1_connector:1.0" }]
  shared-bytes: 499712000
`,
    );
    await put("formats/grids/stars.txt", "0 1 3 -3\n1 0 -3 3\n3 -1 0 1\n-3 3 1 0\n");
    await put(
      "formats/stars.yaml",
      `bfq: 1
name: stars
block: { elements: 256, bytes: 18, sub-block: 256 }
activation: q8_K
fields:
  d: { type: f16, byte: 0 }
  code:
    - { bits: 2, byte: 2, shape: [64], stride: [2] }
level: { grid: stars }
`,
    );
    const flags = ["--name", "mine", "--board", "board.yaml", "--formats", "formats/stars.yaml"];
    const init = await bfq("init", ...flags, "--lanes", "1", "--columns", "1");
    expect(init.stderr).toBe("");
    expect(init.stdout).toContain("next: npx bfq check accelerator.yaml");

    const check = await bfq("check", "accelerator.yaml", "--json");
    expect(check.stderr).toBe("");
    expect(JSON.parse(check.stdout).ok).toBe(true);
    expect(check.stdout).toContain('"stars"');
    expect(check.stdout).toContain('"made_up3"');

    const generate = await bfq("generate", "accelerator.yaml");
    expect(generate.stderr).toBe("");
    const config = await readFile(join(project, "generated/mine/deploy/vivado/config_rtl.tcl"), "utf8");
    expect(config).toContain("my.com:carrier:som240_1_connector:1.0");

    const verify = ["verify", "accelerator.yaml", "--engine", "csim,rtl", "--runs", "2"];
    const first = await bfq(...verify);
    expect(first.stdout).toMatch(/made_up3 [\s\S]*stars [\s\S]* outputs compared with the golden model, 0 differ/);
    expect(first.stderr).toMatch(
      /^building the simulator of mine \(csim\): about \d+ s[^\n]*\nbuilding the simulator of mine \(rtl\): about \d+ s[^\n]*$/,
    );
    const again = await bfq(...verify, "--json");
    expect(again.stderr).toBe("");
    const found = JSON.parse(again.stdout);
    expect(found).toMatchObject({ ok: true, differing: 0 });
    expect(new Set(found.checks.map(({ engine }: { engine: string }) => engine))).toEqual(new Set(["csim", "rtl"]));

    const mix = ["--model", "tinyllama-1.1b", "--mix", "pure-./formats/made_up3.yaml"];
    const estimate = await bfq("estimate", "accelerator.yaml", ...mix, "--json");
    expect(estimate.stderr).toBe("");
    expect(JSON.parse(estimate.stdout).endToEnd.tokensPerSecond).toBeGreaterThan(0);
  });

  it("what its README says to run runs", async () => {
    const readme = await readFile(join(project, "README.md"), "utf8");
    const lines = [...readme.matchAll(/^npx bfq ([^#\n]+)/gm)].map(([, line]) => line.trim().split(/\s+/));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      const { exitCode, stderr } = await bfq(...line);
      expect([line, stderr, exitCode]).toEqual([line, "", 0]);
    }
  });
});

it("every file that the package's README points at is in the package, but for what it says is the repository's", async () => {
  const has = (path: string) => packed.some((each) => each === path || each.startsWith(`${path.replace(/\/$/, "")}/`));
  const text = await readFile(join(packageRoot, "README.md"), "utf8");
  expect(text).toContain("`src`, `scripts/test`\nand the tests are in the repository alone");
  const named = [...text.matchAll(/(?<![\w./-])(?:docs|specs|scripts|hw-tests|templates|schemas|src)\/[\w./-]*\w/g)];
  const missing = named.map(([path]) => path).filter((path) => !has(path) && !/^(src\/|scripts\/test$)/.test(path));
  expect(missing).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
  expect(packed).toContain("docs/format-language.md"); // that of init's README
});
