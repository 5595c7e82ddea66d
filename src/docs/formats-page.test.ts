import { readdir } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { agreement } from "../golden/testing/agreement.ts";
import { vectorFormats } from "../golden/testing/vectors.ts";
import { specsFolder } from "../paths.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import type { Format } from "../spec/format.ts";
import { readLibrary } from "../spec/library.ts";
import { committedText, updateCommand } from "../testing/committed.ts";
import { formatsPage, type VariantFormats } from "./formats-page.ts";

let formats: Format[];
let variants: VariantFormats[];

beforeAll(async () => {
  formats = [...(await readLibrary()).values()];
  const folder = `${specsFolder}/accelerators`;
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  const accelerators = await Promise.all(files.map((file) => readAccelerator(`${folder}/${file}`)));
  variants = accelerators.map(({ name, formats }) => ({ name, formats: formats.map((format) => format.name) }));
});

/** What the tests of src/golden hold a format against. */
function evidence({ name, ggmlType }: Format): string {
  if (ggmlType !== undefined) {
    const dot = agreement(name);
    const matmul =
      dot === "bits"
        ? "MatMul the same bits as ggml's un-fused generic kernel"
        : `MatMul within NMSE ${dot.nmse} of ggml's un-fused generic kernel`;
    return `decode bit-equal to ggml 0.25.1 (vectors, and live on fresh data); ${matmul}, and within 1e-12 of float64`;
  }
  const family = Object.entries(families).find(([prefix]) => name.startsWith(prefix));
  if (!family) throw new Error(`docs/formats.md: say what judges ${name}`);
  return `${family[1]}; MatMul within NMSE 1e-12 of float64`;
}

const families = {
  mx: "every code against the definitions of OCP MX v1.0 (src/golden/mx.test.ts)",
  bipolar: "decode against the formula, conversion against signed integers (src/golden/bipolar.test.ts)",
  gptq: "decode against the formula (src/golden/own-formats.test.ts)",
};

it("docs/formats.md is what the specs print", () => {
  const page = formatsPage(formats, variants, evidence);
  expect(committedText("docs/formats.md", page), `make it again: ${updateCommand} src/docs`).toBe(page);
});

it("every format of ggml that the vectors have is there", () => {
  const names = formats.map(({ name }) => name);
  // Only activations are stored as q8_K.
  expect(names).toEqual(expect.arrayContaining(vectorFormats.filter((name) => name !== "q8_K")));
});
