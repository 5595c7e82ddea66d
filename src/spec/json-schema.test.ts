import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { committedText, updateCommand } from "../testing/committed.ts";
import { jsonSchemas } from "./json-schema.ts";

describe("schemas/ is what the zod schemas print", () => {
  it.each(jsonSchemas())("$path", ({ path, text }) => {
    expect(committedText(path, text), `make it again: ${updateCommand} src/spec`).toBe(text);
  });
});

describe("every spec names its schema, so that editors complete and check it", () => {
  it.each([
    ["formats", "format"],
    ["accelerators", "accelerator"],
    ["activations", "activation"],
    ["boards", "board"],
    ["modules", "module"],
    ["models", "model"],
    ["spaces", "space"],
  ])("specs/%s", (folder, schema) => {
    for (const file of readdirSync(`${specsFolder}/${folder}`).filter((name) => name.endsWith(".yaml"))) {
      const [first] = readFileSync(`${specsFolder}/${folder}/${file}`, "utf8").split("\n", 1);
      expect(first, file).toBe(`# yaml-language-server: $schema=../../schemas/${schema}.schema.json`);
    }
  });
});
