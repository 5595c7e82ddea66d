import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { findFormat, readFormats, readLibrary } from "./library.ts";
import { complaint, edited, goodFormat } from "./testing/bad-spec.ts";

it("a library reports the mistakes of all its files, and names that do not match", async () => {
  const folder = await mkdtemp(`${tmpdir()}/bfq-library-`);
  try {
    await writeFile(`${folder}/a.yaml`, edited(goodFormat, [["step: 32", "step: 16"]]));
    await writeFile(`${folder}/b.yaml`, edited(goodFormat, [["{ offset: 8 }", "{ offset: -8 }"]]));
    await writeFile(`${folder}/c.yaml`, goodFormat);
    const text = await complaint(() => readFormats(folder));
    expect(text.replaceAll(`${folder}/`, "")).toBe(
      `a.yaml:5:7: error[step]: step is 16; it must be 32
  why: d is constant over 64 elements, the scale of q8_0 over 32 elements
  fix: write \`step: 32\`, or leave it out
b.yaml:12:18: error[wrong-value]: level.offset: expected at least 0; found -8
c.yaml: error[file-name]: the file is named c and the format mine
  fix: name it mine.yaml`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("a format that is not there", async () => {
  const library = await readLibrary();
  expect(await complaint(() => findFormat(library, "Q4K"))).toBe(
    "error[unknown-format]: no format named 'Q4K'\n  fix: did you mean 'q4_K'?",
  );
  expect(await complaint(() => findFormat(library, "\u001b[2J"))).toContain("no format named '\\u{1b}[2J'");
});
