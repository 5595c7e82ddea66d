import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { packageRoot } from "./paths.ts";

/** Files by what they import, each a path in the repository. */
type Graph = ReadonlyMap<string, readonly string[]>;

/** The import graph of the given sources, imports of types among them; packages are left out. */
function importGraph(sources: ReadonlyMap<string, string>): Graph {
  const graph = new Map<string, string[]>();
  for (const [file, text] of sources) {
    const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
    const own = imports.filter((name) => name.startsWith("."));
    graph.set(
      file,
      own.map((name) => posix.join(posix.dirname(file), name)),
    );
  }
  return graph;
}

/** Files that import each other, in the order of the imports, the first one again at the end; undefined where there are none. */
function findCircle(graph: Graph): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file);
    if (circle) return circle;
  }
  return undefined;
}

/** All TypeScript of a folder. */
function sourcesOf(folder: string): Map<string, string> {
  const names = readdirSync(packageRoot + folder, { recursive: true }) as string[];
  const files = names.filter((name) => name.endsWith(".ts")).map((name) => posix.join(folder, name));
  return new Map(files.map((file) => [file, readFileSync(packageRoot + file, "utf8")]));
}

describe("files depend on each other in one direction", () => {
  it.each(["src", "hw-tests"])("%s has no circle of imports", (folder) => {
    const graph = importGraph(sourcesOf(folder));
    expect(graph.size).toBeGreaterThan(20);
    expect(findCircle(graph)?.join(" -> ")).toBeUndefined();
  });

  it.each([
    ['import { a } from "./b.ts";', "a value"],
    ['import type { A } from "./b.ts";', "a type"],
    ['import { type A } from "./b.ts";', "a type among values"],
    ['export * from "./b.ts";', "what is exported again"],
    ['const a = await import("./b.ts");', "an import at run time"],
  ])("%s closes a circle: %s", (text) => {
    const sources = new Map([
      ["src/a.ts", text],
      ["src/b.ts", 'import { c } from "./folder/c.ts";'],
      ["src/folder/c.ts", 'import "../a.ts";\nimport "vitest";'],
    ]);
    expect(findCircle(importGraph(sources))).toEqual(["src/a.ts", "src/b.ts", "src/folder/c.ts", "src/a.ts"]);
  });

  it("two ways to one file are no circle", () => {
    const sources = new Map([
      ["a.ts", 'import "./b.ts";\nimport "./c.ts";'],
      ["b.ts", 'import "./c.ts";'],
      ["c.ts", ""],
    ]);
    expect(findCircle(importGraph(sources))).toBeUndefined();
  });
});
