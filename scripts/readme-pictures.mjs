#!/usr/bin/env node
// Makes the README's pictures of `bfq report` again: docs/pictures/report-*.png. Needs Debian's chromium and a built dist/.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "bfq-pictures-"));
const page = join(folder, "page.html");
const model = ["--model", "tinyllama-1.1b", "--mix", "Q4_K_M"];
const report = ["report", "specs/accelerators/k-quants.yaml", "-o", page, ...model];
execFileSync(process.execPath, ["dist/cli/main.js", ...report], { cwd: root, stdio: "inherit" });
mkdirSync(`${root}docs/pictures`, { recursive: true });
// The sandbox refuses to be run by root, as containers do; the page is ours.
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", chromiumSandbox: false });
for (const colorScheme of ["light", "dark"]) {
  const tab = await browser.newPage({ viewport: { width: 1000, height: 1000 }, colorScheme });
  await tab.goto(`file://${page}`);
  await tab.screenshot({ path: `${root}docs/pictures/report-${colorScheme}.png` });
}
await browser.close();
rmSync(folder, { recursive: true });
