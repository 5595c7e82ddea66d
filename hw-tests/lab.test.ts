import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../src/cli/testing/bfq.ts";
import { packageRoot } from "../src/paths.ts";
import { isLong } from "../src/testing/run.ts";

const data = `${packageRoot}hw-tests/data/kjv-2.5m`;
const f16 = `${data}/kjv2.5M-f16.gguf`;

// Debian's chromium, which scripts/test installs; Ubuntu has it as a snap only.
const browserPath = "/usr/bin/chromium";
const hasBrowser = await access(browserPath).then(
  () => true,
  () => false,
);
if (!hasBrowser) console.log(`the page is not looked at: there is no ${browserPath}`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-lab-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Row {
  format: string;
  isOwn: boolean;
  accuracy?: { rmse: number; perplexity: object; kl: { mean: number } };
  hardware?: { tokensPerSecond: number; lut: number; fits: boolean };
  noAccuracy?: string;
  noHardware?: string;
}

describe("bfq lab", () => {
  // A name that would run, were it not escaped.
  const evilText = "<img src=x onerror=document.title='run'>.txt";
  let out: string;
  let rows: Row[];
  beforeAll(async () => {
    out = join(folder, "out");
    const mine = join(folder, "mine3.yaml");
    const spec = await readFile(`${packageRoot}docs/examples/made_up3.yaml`, "utf8");
    await writeFile(mine, spec.replace("name: made_up3", "name: mine3"));
    const text = join(folder, evilText);
    await writeFile(text, (await readFile(`${data}/val.txt`, "utf8")).slice(0, 1100));
    const { stdout, stderr, exitCode } = await bfq([
      ...["lab", "q2_K", mine, "mxfp8_e4m3", "iq3_s", "--text", text, "--chunks", "2", "--out", out, "--json"],
    ]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout);
    expect(JSON.parse(await readFile(join(out, "lab.json"), "utf8"))).toMatchObject({ rows: report.rows });
    rows = report.rows;
    for (const { source } of report.columns) expect(["measured", "simulated", "derived"]).toContain(source);
  });

  it("has a row a format, and says why a figure is missing", () => {
    const [q2, mine, golden, grid] = rows;
    expect(rows.map(({ format, isOwn }) => [format, isOwn])).toEqual([
      ["q2_K", false],
      ["mine3", true],
      ["mxfp8_e4m3", false],
      ["iq3_s", false],
    ]);
    expect(mine.accuracy!.kl.mean).toBeLessThan(q2.accuracy!.kl.mean);
    expect(golden.accuracy!.kl.mean).toBeLessThan(mine.accuracy!.kl.mean);
    expect(golden.noHardware).toContain("mxfp8_e4m3");
    expect(grid.noAccuracy).toContain("bfq does not quantise to grids");
    expect(grid.hardware!.fits).toBe(true);
  });

  // Agreement: the same figures by the verbs that do one thing each.
  it("measures what quantize-model and eval do, and estimates what estimate does", async () => {
    const made = join(folder, "q2.gguf");
    await bfq(["quantize-model", "--in", f16, "--format", "q2_K", "--out", made]);
    const text = join(folder, evilText);
    const judged = await bfq(["eval", made, "--text", text, "--chunks", "2", "--reference", f16, "--json"]);
    const { perplexity, loss, kl, sameTop } = JSON.parse(judged.stdout);
    const { rmse, ...measured } = rows[0].accuracy!;
    expect(measured).toEqual({ perplexity, loss, kl, sameTop });
    expect(rmse).toBeGreaterThan(0.1);
    const spec = join(folder, "q2.yaml");
    const yaml = "bfq: 1\nname: q2\nboard: kv260\nformats: [q2_K, q6_K]\nlanes: 4\ncolumns: 4\nmax-k: 5632\n";
    await writeFile(spec, yaml);
    const model = ["--model", "tinyllama-1.1b", "--mix", "pure-q2_K"];
    const estimated = JSON.parse((await bfq(["estimate", spec, ...model, "--json"])).stdout);
    expect(rows[0].hardware!.tokensPerSecond).toBe(estimated.endToEnd.tokensPerSecond);
    const lut = estimated.verdict.uses.find(({ resource }: { resource: string }) => resource === "LUT");
    expect(rows[0].hardware!.lut).toBe(lut.needed);
  });

  it.runIf(hasBrowser)("has a page that a browser shows: table, pictures, names of files as text", async () => {
    // Chromium's sandbox refuses to be run by root, as containers do; the page is ours.
    const browser = await chromium.launch({ executablePath: browserPath, chromiumSandbox: false });
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("requestfailed", (request) => complaints.push(request.url()));
      await page.goto(`file://${out}/index.html`);
      expect(await page.locator("tbody tr td:first-child").allTextContents()).toEqual(rows.map(({ format }) => format));
      const pictures = page.locator("figure svg");
      expect(await pictures.count()).toBe(2);
      // Two formats have both KL and tok/s, three KL and bits.
      for (const [i, points] of [3, 2].entries()) {
        const picture = pictures.nth(i);
        expect((await picture.boundingBox())!.height).toBeGreaterThan(200);
        expect(await picture.locator(".mark-symbol.role-mark path").count()).toBe(points);
        expect(await picture.textContent()).toContain("mine3");
      }
      const tooWide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
      expect(tooWide).toBeLessThanOrEqual(0);
      expect(await page.locator("dl").textContent()).toContain(evilText);
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.title()).toBe("bfq lab: kjv2.5M-f16.gguf");
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  it.each([
    [["q2_k"], "did you mean 'q2_K'?"],
    [["q2_K", "--model", `${data}/kjv2.5M-q2_k.gguf`], 'tensor "blk.0.attn_q.weight" is q2_K'],
    [["q2_K", "--target", f16], "this is no model spec"],
    [["q2_K", "--board", "kv26"], "did you mean 'kv260'?"],
    [["q2_K", "--chunks", "0"], "--chunks is 0"],
    [["q2_K", "--text", "a", "--text", "b"], "--text is given twice"],
    [[], "Not enough non-option arguments"],
  ])("refuses %j", async (args, says) => {
    const { exitCode, stderr } = await bfq(["lab", ...args]);
    expect(stderr).toContain(says);
    expect(exitCode).toBe(2);
  });

  it("writes into no folder of someone else's, and says so before the work", async () => {
    const thesis = join(folder, "thesis");
    await mkdir(thesis);
    await writeFile(join(thesis, "thesis.txt"), "thesis");
    const { exitCode, stderr } = await bfq(["lab", "no-such-format", "--out", thesis]);
    expect(stderr).toContain("it holds files but no lab.json of bfq");
    expect(exitCode).toBe(2);
  });
});

it.runIf(isLong)(
  "seven formats on 16 KB within 90 s on two idle cores, on the whole text within 4 minutes",
  async () => {
    const formats = ["q2_K", "q3_K", "q4_K", "iq4_xs", "mxfp4", "nvfp4", `${packageRoot}docs/examples/made_up3.yaml`];
    for (const [chunks, seconds] of [
      ["64", 90],
      ["1000", 240],
    ] as const) {
      const from = performance.now();
      const { exitCode } = await bfq(["lab", ...formats, "--chunks", chunks]);
      const took = (performance.now() - from) / 1000;
      console.log(`${chunks} windows at most: ${took.toFixed(1)} s`);
      expect(exitCode).toBe(0);
      expect(took).toBeLessThan(seconds);
    }
  },
);
