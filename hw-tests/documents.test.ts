import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { packageRoot } from "../src/paths.ts";

/** A Markdown file named in text: with its folder, or by its bare name. */
const mention = /(?<![\w*./-])(?:[\w.-]+\/)*[\w.-]+\.md\b/g;

// Truth: the files that git has. Names of others' documents (bitnet-kv260's) stand with their project's name in docs/memory.md.
it("every document that a source or a page names is in the repository", async () => {
  const git = async (...args: string[]) => (await execa("git", args, { cwd: packageRoot })).stdout.split("\n");
  const files = new Set(await git("ls-files", "--cached", "--others", "--exclude-standard"));
  const named = new Set([...files].map((file) => file.slice(file.lastIndexOf("/") + 1)));
  const readable = [...files].filter(
    (file) => /\.(ts|mjs|sv|v|hpp|cpp|h|hbs|sh|ya?ml|tcl|md|txt)$/.test(file) && !file.startsWith("hw-tests/data/"),
  );
  const missing: string[] = [];
  for (const file of readable) {
    const text = await readFile(`${packageRoot}${file}`, "utf8");
    for (const [path] of text.matchAll(mention)) {
      const places = [path, `docs/${path}`, `${dirname(file)}/${path}`];
      const known = path.includes("/") ? places.some((place) => files.has(place)) : named.has(path);
      if (!known) missing.push(`${file}: ${path}`);
    }
  }
  expect(missing).toEqual([]);
});
