import { describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { parseFormat } from "../spec/parse-format.ts";
import { SpecSource } from "../spec/source.ts";
import { committedText, updateCommand } from "../testing/committed.ts";
import { examples, languagePage } from "./language-page.ts";

it("docs/format-language.md is what the schema prints", () => {
  const path = "docs/format-language.md";
  expect(committedText(path, languagePage()), `make it again: ${updateCommand} src/docs`).toBe(languagePage());
});

describe("every example is a format", () => {
  it.each(examples)("$title", ({ yaml }) => {
    const { name } = parseFormat(SpecSource.parse(yaml, `${specsFolder}/formats/example.yaml`));
    expect(yaml).toContain(`name: ${name}\n`);
  });
});

it("every key of the schema is in an example", () => {
  const keys = [...languagePage().matchAll(/^\| `[\w.[\]-]*?([\w-]+)` \|/gm)].map(([, key]) => key);
  const given = examples.map(({ yaml }) => yaml).join("\n");
  const missing = [...new Set(keys)].filter((key) => !new RegExp(`\\b${key}:`).test(given));
  expect(keys.length).toBeGreaterThan(30);
  expect(missing).toEqual(["description", "minifloat"]);
});
