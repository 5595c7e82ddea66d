import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../src/cli/testing/bfq.ts";
import { smallModel } from "../src/model/testing/small-model.ts";
import { packageRoot, specsFolder } from "../src/paths.ts";
import { readTestplan } from "../src/report/testplan.ts";

// Debian's chromium, which scripts/test installs; Ubuntu has it as a snap only.
const browserPath = "/usr/bin/chromium";
const hasBrowser = await access(browserPath).then(
  () => true,
  () => false,
);
if (!hasBrowser) console.log(`the page is not looked at: there is no ${browserPath}`);

const evil = "<img src=x onerror=document.title='run'>";
let folder: string;
let page: string;
// Of the command's own words, for figures that must be on the page.
let point: Record<string, number>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-report-"));
  await writeFile(join(folder, "small.yaml"), smallModel);
  const spec = await readFile(`${specsFolder}/accelerators/k-quants.yaml`, "utf8");
  const mine = join(folder, "mine.yaml");
  await writeFile(
    mine,
    spec.replace(/^description: .*$/m, `description: "${evil}"`).replace("name: k-quants", "name: mine"),
  );
  await writeFile(
    join(folder, "space.yaml"),
    "bfq: 1\nname: s\nbase: ./mine.yaml\nmodel: small.yaml\nmix: Q2_K\nvary: { lanes: [1, 2, 4] }\nobjectives: [{ most: tokens-per-second }, { least: lut }]\n",
  );
  await bfq(["explore", join(folder, "space.yaml"), "-o", join(folder, "explored")]);
  await writeFile(
    join(folder, "kl-bits.svg"),
    `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><script>document.title='run'</script></svg>`,
  );
  page = join(folder, "page.html");
  const model = ["--model", join(folder, "small.yaml"), "--mix", "Q2_K", "--json"];
  const run = await bfq([
    ...["report", mine, "-o", page, ...model],
    ...[
      "--compare",
      `${specsFolder}/accelerators/everything.yaml`,
      "--explored",
      join(folder, "explored"),
      "--lab",
      folder,
    ],
  ]);
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  ({ point } = JSON.parse(run.stdout));
});
afterAll(() => rm(folder, { recursive: true }));

const titles = [
  ...["The machine", "Roofline", "Where a token's cycles go", "Tokens a second, beside what others publish"],
  ...[
    "Beside everything",
    "Resources against the board",
    "Formats: words a tile, numeric error",
    "Verification matrix",
  ],
  ...["The front of the exploration", "Formats against each other"],
];

describe.runIf(hasBrowser)("the page in Chromium (truth: the browser; figures agree with the command's)", () => {
  let browser: Browser;
  beforeAll(async () => {
    // Chromium's sandbox refuses to be run by root, as containers do; the page is ours.
    browser = await chromium.launch({ executablePath: browserPath, chromiumSandbox: false });
  });
  afterAll(() => browser.close());

  it.each([
    [1400, "light"],
    [1400, "dark"],
    [400, "light"],
    [400, "dark"],
  ] as const)("at %i px, %s: every part, nothing asked for, nothing to complain of", async (width, colorScheme) => {
    const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints: string[] = [];
    tab.on("console", (message) => complaints.push(message.text()));
    tab.on("pageerror", (error) => complaints.push(String(error)));
    tab.on("request", (request) => {
      if (!/^file:.*page\.html$|^data:/.test(request.url())) complaints.push(request.url());
    });
    await tab.goto(`file://${page}`);
    expect(await tab.locator("h2").allTextContents()).toEqual(titles);
    const text = (await tab.locator("body").textContent())!;
    expect(text).toContain(evil);
    expect(text).toContain(point.tokensPerSecond.toFixed(2));
    expect(text).toContain(`${point.lut} of 117120`);
    for (const { part } of await readTestplan()) expect(text).toContain(part.replaceAll("`", ""));
    expect(await tab.locator("figure svg").count()).toBe(5);
    expect(await tab.locator("script").count()).toBe(0);
    expect(await tab.title()).toContain("on mine, kv260 at 250 MHz");
    const tooWide = await tab.evaluate("document.documentElement.scrollWidth - window.innerWidth");
    expect(tooWide).toBeLessThanOrEqual(0);
    const [ground, ink] = (await tab.evaluate(
      "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]",
    )) as [string, string];
    const light = (color: string) => /\d+/.exec(color)!.map(Number)[0];
    expect(Math.abs(light(ground) - light(ink))).toBeGreaterThan(150);
    expect(light(ground) > light(ink)).toBe(colorScheme === "light");
    // Words in the pictures are as large as on the page: at least 8 px.
    const smallest = (await tab.evaluate(
      "Math.min(...[...document.querySelectorAll('figure svg text')].map((word) => word.getBoundingClientRect().height).filter((height) => height > 0))",
    )) as number;
    expect(smallest).toBeGreaterThan(8);
    expect(complaints).toEqual([]);
    await tab.close();
  });
});

it("says of every part what its figures are, and the command that makes them again", async () => {
  const html = await readFile(page, "utf8");
  const parts = html.split("<section").slice(1);
  expect(parts).toHaveLength(titles.length);
  for (const part of parts)
    expect(part).toMatch(/<span class="source">(measured|simulated|derived)<\/span>: .*<code>.+<\/code>/);
});

it("without a model it shows the machine alone", async () => {
  const out = join(folder, "alone.html");
  const run = await bfq(["report", `${packageRoot}specs/accelerators/f-bfq.yaml`, "-o", out]);
  expect(run.exitCode).toBe(0);
  const html = await readFile(out, "utf8");
  expect([...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title)).toEqual([
    ...["The machine", "Resources against the board", "Formats: words a tile, numeric error", "Verification matrix"],
  ]);
});

it.each([
  [["--mix", "Q2_K"], "error[usage]: --mix goes with --model"],
  [["--explored", "specs"], "specs/front.json: error[no-such-file]"],
  [["--model", "tinyllama-1.1b", "--mix", "Q4_K_M"], "error[nothing-runs]"],
])("refuses %j, and writes nothing", async (options, says) => {
  const out = join(folder, "none.html");
  const run = await bfq(["report", "specs/accelerators/f-bfq.yaml", "-o", out, ...options]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain(says);
  await expect(access(out)).rejects.toThrow();
});

it("refuses a front that is none of bfq's", async () => {
  await writeFile(join(folder, "front.json"), '{"front":[{}]}');
  const run = await bfq([
    "report",
    "specs/accelerators/f-bfq.yaml",
    "-o",
    join(folder, "x.html"),
    "--explored",
    folder,
  ]);
  expect(run.stderr).toContain("front.json: error[exploration]: it is not a front of bfq's");
  expect(run.exitCode).toBe(2);
});
