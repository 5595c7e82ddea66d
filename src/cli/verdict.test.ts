import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageRoot } from "../paths.ts";
import { bfq } from "./testing/bfq.ts";

let folder: string;
let large: string;
let fast: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-verdict-`);
  const text = await readFile(`${packageRoot}specs/accelerators/everything.yaml`, "utf8");
  large = `${folder}/large.yaml`;
  await writeFile(large, text.replace("columns: 4", "columns: 8"));
  fast = `${folder}/fast.yaml`;
  await writeFile(fast, text.replace("columns: 4", "columns: 4\nclock: 260"));
});
afterAll(() => rm(folder, { recursive: true }));

const problem =
  "error[does-not-fit]: everything needs 1328 DSP of kv260's 1248\n  fix: what fits: columns: 4, or lanes: 2";

it("check and fit end with 1 on a variant that does not fit, estimate warns", async () => {
  const check = await bfq(["check", large]);
  expect(check.exitCode).toBe(1);
  expect(check.stdout).toContain(problem);
  const model = ["--model", "tinyllama-1.1b", "--mix", "Q4_K_M"];
  const fit = await bfq(["fit", large, ...model, "--json"]);
  expect(fit.exitCode).toBe(1);
  expect(JSON.parse(fit.stdout)).toMatchObject({ ok: false, verdict: { fits: false } });
  const estimate = await bfq(["estimate", large, ...model]);
  expect(estimate.exitCode).toBe(0);
  expect(estimate.stderr).toBe(
    "warning: everything needs 1328 DSP of kv260's 1248; what fits: columns: 4, or lanes: 2",
  );
});

it("build ends with 1 before it looks for a tool or writes", async () => {
  const out = `${folder}/build`;
  const { exitCode, stderr } = await bfq(["build", large, "--tool", "vivado", "-o", out], { PATH: folder });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(problem);
  expect(await readdir(folder)).not.toContain("build");
});

it("generate goes on, with the warning on stderr or in the object", async () => {
  const said = await bfq(["generate", large, "-o", `${folder}/one`]);
  expect(said).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^warning: everything needs 1328 DSP/) });
  const { exitCode, stdout, stderr } = await bfq(["generate", large, "-o", `${folder}/two`, "--json"]);
  expect(exitCode).toBe(0);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout).warnings).toHaveLength(1);
});

it("a variant for a board without a Kria section says that deploy/ is left out; build refuses with the reason", async () => {
  const spec = `${folder}/other.yaml`;
  const text = await readFile(`${packageRoot}specs/accelerators/f-bfq.yaml`, "utf8");
  await writeFile(spec, text.replace("board: kv260", "board: zcu104"));
  const why = "zcu104 has no section kria: bfq knows how to build for Kria starter kits only";
  const said = await bfq(["generate", spec, "-o", `${folder}/other`]);
  expect([said.exitCode, said.stderr]).toEqual([0, `warning: deploy/ is left out: ${why}`]);
  expect(await readdir(`${folder}/other`)).not.toContain("deploy");
  const { stdout } = await bfq(["generate", spec, "-o", `${folder}/other`, "--json"]);
  expect(JSON.parse(stdout).warnings).toEqual([`deploy/ is left out: ${why}`]);
  const build = await bfq(["build", spec, "--tool", "vivado", "-o", `${folder}/built`]);
  expect([build.exitCode, build.stderr]).toEqual([2, expect.stringContaining(`error[not-a-kria]: ${why}`)]);
});

it("clock of the spec reaches plan, estimate and deploy files", async () => {
  const { stdout } = await bfq(["check", fast]);
  expect(stdout).toContain("everything on kv260 at 260 MHz");
  expect(stdout).toContain("warning: clock: 260 MHz; the board's designs are expected to reach 250");
  const estimate = await bfq(["estimate", fast, "--model", "tinyllama-1.1b", "--mix", "Q4_K_M"]);
  expect(estimate.stdout).toContain("kv260 at 260 MHz");
  await bfq(["generate", fast, "-o", `${folder}/fast`]);
  expect(await readFile(`${folder}/fast/deploy/vivado/config_rtl.tcl`, "utf8")).toContain("set clock_mhz 260");
});
