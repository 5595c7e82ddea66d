import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { templatesFolder } from "../paths.ts";
import { readLibrary } from "../spec/library.ts";
import { planFormat, refuseFormat } from "./format-plan.ts";
import { descriptorFields, wordBytes } from "./interface.ts";
import { tileSections } from "./sections.ts";

const plans = [...(await readLibrary()).values()]
  .filter((format) => refuseFormat(format).length === 0)
  .map((format) => planFormat(format));

it("sections follow one another in the order of the list, and fill the tile (of every format of specs/formats)", () => {
  for (const { name, sections, tileWords } of plans) {
    let end = 0;
    for (const section of tileSections) {
      expect(sections[section.name].at, `${name}, ${section.name}`).toBe(end);
      if ("everyTile" in section) expect(sections[section.name].words, `${name}, ${section.name}`).toBeGreaterThan(0);
      end += sections[section.name].words * wordBytes;
    }
    expect(end, name).toBe(tileWords * wordBytes);
  }
});

it("codes come last, and the words of all others lie side by side in a descriptor: the lane takes them in one slice", () => {
  expect(tileSections.at(-1)?.name).toBe("code");
  const fields = tileSections.slice(0, -1).map(({ name }) => descriptorFields.find((f) => f.name === `${name}_words`));
  expect(fields.map((field) => field && [field.word, field.bit, field.bits])).toEqual(
    fields.map((_, i) => [5, 64 + 8 * i, 8]),
  );
});

it("who reads a section exists: a module, and a process of the HLS kernel", () => {
  const hls = readdirSync(`${templatesFolder}/hls`).map((name) =>
    readFileSync(`${templatesFolder}/hls/${name}`, "utf8"),
  );
  for (const { reader } of tileSections) {
    expect(existsSync(`${templatesFolder}/rtl/${reader.rtl}.sv`), reader.rtl).toBe(true);
    expect(
      hls.some((text) => text.includes(`void ${reader.hls}(`)),
      reader.hls,
    ).toBe(true);
  }
});
