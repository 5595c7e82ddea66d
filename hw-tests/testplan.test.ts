import { readFile } from "node:fs/promises";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../src/paths.ts";
import { readTestplan, type TestName } from "../src/report/testplan.ts";

/** The titles of a file's tests and groups, as they stand in its text. */
async function titlesOf(file: string): Promise<string[]> {
  const text = await readFile(`${packageRoot}${file}`, "utf8").catch(() => "");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const titles: string[] = [];
  const isTest = (node: ts.Expression): boolean =>
    ts.isIdentifier(node)
      ? ["it", "test", "describe"].includes(node.text)
      : (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) && isTest(node.expression);
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const [title] = node.arguments;
      if (title && (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title)))
        titles.push(title.getText(source));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

async function missingTests(tests: readonly TestName[]): Promise<string[]> {
  const missing: string[] = [];
  for (const { file, name } of tests) {
    const titles = await titlesOf(file);
    if (!titles.some((title) => title.includes(name))) missing.push(`${file}: ${name}`);
  }
  return missing;
}

const plan = await readTestplan();

// Truth: the tests' own titles.
it.each(plan)("$part: its tests exist", async ({ tests }) => {
  expect(await missingTests(tests)).toEqual([]);
});

describe("the check itself", () => {
  it("sees a test that is not there, and a file that is not", async () => {
    const tests = [
      { file: "hw-tests/testplan.test.ts", name: "a test that nobody wrote".slice(0, -1) },
      { file: "hw-tests/testplan.test.ts", name: "sees a test that is not there" },
      { file: "hw-tests/none.test.ts", name: "sees" },
    ];
    expect(await missingTests(tests)).toEqual([
      "hw-tests/testplan.test.ts: a test that nobody wrot",
      "hw-tests/none.test.ts: sees",
    ]);
  });
});

it("every claim of the README has its tests, and each entry is a claim of it", async () => {
  const readme = await readFile(`${packageRoot}README.md`, "utf8");
  const table = readme.slice(readme.indexOf("## What works"), readme.indexOf("## Generate a variant"));
  const parts = [...table.matchAll(/^\| (?!part \||\*\*never run)([^|]+) \|/gm)].map(([, part]) => part);
  expect(parts.length).toBeGreaterThan(10);
  expect(plan.map(({ part }) => part)).toEqual(parts);
});
