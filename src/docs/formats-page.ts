import { planFormat, refuseFormat } from "../plan/format-plan.ts";
import { activations } from "../spec/activations.ts";
import type { Format } from "../spec/format.ts";
import { drawBlock } from "./draw-block.ts";

/** A file of specs/accelerators, as far as this page needs it. */
export interface VariantFormats {
  name: string;
  formats: readonly string[];
}

/** Prints docs/formats.md: every block format with its drawing, where it runs, and by what it is judged. */
export function formatsPage(
  formats: readonly Format[],
  variants: readonly VariantFormats[],
  evidence: (format: Format) => string,
): string {
  return [
    "# Block formats",
    "",
    "Printed from specs/formats by src/docs/formats-page.ts. A format is a YAML file; `bfq formats show NAME` draws one.",
    "",
    "- **bits**: stored bits a weight, with all scales.",
    "- **levels**: what all codes mean to the multipliers (base-3 codes use three of four), times what goes into the scale.",
    "- **tile**: 128-bit words of a device tile of 8 x 256 weights, and its bits a weight; golden only: no hardware runs it.",
    "- **variants**: the files of specs/accelerators that have it.",
    "",
    ...overview(formats, variants),
    "",
    "## Activations",
    "",
    "Printed from specs/activations. **rule**: what becomes the largest code: the largest magnitude, or the value that has it (`extreme`: the scale has its sign).",
    "",
    ...activationRows(),
    "",
    "## What judges them",
    "",
    ...judges(formats, evidence),
    "",
    ...formats.flatMap((format) => [`## ${format.name}`, "", "```text", drawBlock(format).trimEnd(), "```", ""]),
  ].join("\n");
}

function overview(formats: readonly Format[], variants: readonly VariantFormats[]): string[] {
  const rows = formats.map((format) => {
    const { name, bytes, elements, activation, step, levels } = format;
    const unit = levels.unit === 1 ? "" : ` x 2^${Math.log2(levels.unit)}`;
    const own = variants.filter((variant) => variant.formats.includes(name)).map((variant) => variant.name);
    return [
      `[${name}](#${name.toLowerCase()})`,
      (bytes * 8) / elements,
      `${elements} in ${bytes} bytes`,
      `${levels.min}..${levels.max}${unit}`,
      activation,
      step,
      tileText(format),
      own.join(", ") || "-",
    ];
  });
  return table(["format", "bits", "block", "levels", "activation", "step", "tile", "variants"], rows);
}

function activationRows(): string[] {
  const rows = [...activations.values()].map(({ name, block, codes, scale, stored, description }) => [
    name,
    Number.isFinite(block) ? block : "all of K",
    `${codes.bits}, ${codes.level}`,
    codes.rounding === "even" ? "halves to even" : "halves away from zero",
    `${scale.type}, ${scale.rule}`,
    stored.join(", "),
    description,
  ]);
  return table(["format", "block", "codes", "rounding", "scale, rule", "stored block", ""], rows);
}

function tileText(format: Format): string {
  if (refuseFormat(format).length > 0) return "golden only";
  const { tileWords } = planFormat(format);
  return `${tileWords} (${tileWords / 16})`;
}

/** Formats with the same evidence share a line. */
function judges(formats: readonly Format[], evidence: (format: Format) => string): string[] {
  const names = new Map<string, string[]>();
  for (const format of formats) {
    const text = evidence(format);
    names.set(text, [...(names.get(text) ?? []), format.name]);
  }
  return table(
    ["formats", "evidence"],
    [...names].map(([text, those]) => [those.join(", "), text]),
  );
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
