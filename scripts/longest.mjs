// The longest function and file of each language, of what is built on and of tests: node scripts/longest.mjs
// Suites (`describe` and what it is given) are lists of tests, no functions; a SystemVerilog module is a file.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import ts from "typescript";

const files = execFileSync("git", ["ls-files", "src", "templates", "hw-tests", "scripts"], { encoding: "utf8" })
  .trim()
  .split("\n");

/** Lines of every function of a TypeScript source, suites left out. */
function functionsOfTypeScript(name, text) {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
  const found = [];
  const visit = (node) => {
    const isSuite = ts.isCallExpression(node.parent ?? node) && /^describe\b/.test(node.parent.expression.getText());
    if (ts.isFunctionLike(node) && node.body && !isSuite) {
      const line = lineOf(node.getStart());
      found.push({ at: `${name}:${line}`, lines: lineOf(node.end) - line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Lines of every outermost block of C++ that is no namespace, class or the like. */
function functionsOfCpp(name, text) {
  const found = [];
  const open = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])'|\/\/.*/g, "").replace(/\{\{.*?\}\}/g, "");
    for (const character of line) {
      if (character === "{") open.push({ index, isScope: /\b(namespace|class|struct|enum|union|extern)\b/.test(line) });
      if (character !== "}") continue;
      const block = open.pop();
      if (!block || block.isScope || open.some(({ isScope }) => !isScope)) continue;
      found.push({ at: `${name}:${block.index + 1}`, lines: index - block.index + 1 });
    }
  }
  return found;
}

const languages = [
  { language: "TypeScript", ending: /\.(ts|mjs)$/, functions: functionsOfTypeScript },
  { language: "C++", ending: /\.(cpp|hpp|h|c)(\.hbs)?$/, functions: functionsOfCpp },
  { language: "SystemVerilog", ending: /\.svh?(\.hbs)?$/, functions: () => [] },
];
const isTest = (file) => /^hw-tests\/|\.test\.ts$|\/testing\//.test(file);

for (const tests of [false, true]) {
  for (const { language, ending, functions } of languages) {
    const texts = files
      .filter((file) => ending.test(file) && isTest(file) === tests)
      .map((file) => ({ file, text: readFileSync(file, "utf8") }));
    const longest = (items) => items.reduce((most, item) => (item.lines > most.lines ? item : most), { lines: 0 });
    const file = longest(texts.map(({ file, text }) => ({ at: file, lines: text.split("\n").length - 1 })));
    const all = texts.flatMap(({ file, text }) => functions(file, text));
    const over = all.filter(({ lines }) => lines > 80).length;
    const most = longest(all);
    const ofFunctions = most.at ? `; function ${most.lines} (${most.at}), ${over} over 80` : "";
    console.log(`${tests ? "tests" : "product"}, ${language}: file ${file.lines} lines (${file.at})${ofFunctions}`);
  }
}
