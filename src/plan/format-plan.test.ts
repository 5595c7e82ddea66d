import { describe, expect, it } from "vitest";
import { formatProblem } from "../problem.ts";
import { parseFormat } from "../spec/parse-format.ts";
import { SpecSource } from "../spec/source.ts";
import { type BadSpec, changed, goodFormat } from "../spec/testing/bad-spec.ts";
import { refuseFormat } from "./format-plan.ts";

const codes = "{ bits: 4, byte: 4, shape: [64], stride: [4] }";
const d = "{ type: f16, byte: 0 }";

/** Good formats that no hardware variant runs. */
const table: BadSpec[] = [
  {
    name: "block that does not divide a tile",
    yaml: changed(
      ["elements: 64, bytes: 36", "elements: 192, bytes: 104"],
      [codes, "{ bits: 4, byte: 8, shape: [192], stride: [4] }"],
      ["shape: [2], stride: [8]", "shape: [6], stride: [8]"],
    ),
    want: `error[hardware-block]: mine: blocks of 192 weights do not divide a tile of 256 columns
  why: such a format runs in the golden model only
error[hardware-group]: mine: d group of 192; the machine takes powers of two from 16 to 256
  why: such a format runs in the golden model only`,
  },
  {
    name: "sub-block of 8",
    yaml: changed(
      ["sub-block: 32", "sub-block: 8"],
      ["bits: 8, byte: 2, shape: [2], stride: [8]", "bits: 2, byte: 2, shape: [8], stride: [2]"],
    ),
    want: `error[hardware-group]: mine: sub-block of 8; the machine takes powers of two from 16 to 256
  why: such a format runs in the golden model only`,
  },
  {
    name: "codes that are not numbers",
    yaml: changed(
      ["bytes: 36", "bytes: 68"],
      [codes, "{ bits: 8, byte: 4, shape: [64], stride: [8] }"],
      ["{ offset: 8 }", "{ minifloat: e4m3 }"],
    ),
    want: `error[hardware-level]: mine: some codes are not finite numbers
  why: such a format runs in the golden model only
error[hardware-codebook]: mine: the codebook has 256 entries; 64 fit
  why: such a format runs in the golden model only
error[hardware-sum]: mine: isum needs 39 bits; the machine has 32
  why: such a format runs in the golden model only`,
  },
  {
    name: "levels too wide for a codebook",
    yaml: changed(
      ["bytes: 36", "bytes: 52"],
      [codes, "{ bits: 6, byte: 4, shape: [64], stride: [6] }"],
      ["{ offset: 8 }", "{ minifloat: e3m2 }"],
    ),
    want: `error[hardware-level]: mine: levels need 10 bits; a codebook holds int8
  why: such a format runs in the golden model only`,
  },
  {
    name: "codebook too long",
    yaml: changed(
      ["bytes: 36", "bytes: 60"],
      [codes, "{ bits: 7, byte: 4, shape: [64], stride: [7] }"],
      ["{ offset: 8 }", `{ codebook: [${Array.from({ length: 128 }, (_, i) => i - 64).join(", ")}] }`],
    ),
    want: `error[hardware-codebook]: mine: the codebook has 128 entries; 64 fit
  why: such a format runs in the golden model only`,
  },
  {
    name: "sums too wide",
    yaml: changed(
      ["elements: 64, bytes: 36, sub-block: 32", "elements: 256, bytes: 259, sub-block: 256"],
      ["activation: q8_0", "activation: int8_token"],
      ["step: 32", "step: 256"],
      ["shape: [2], stride: [8]", "shape: [1], stride: [8]"],
      [codes, "{ bits: 8, byte: 3, shape: [256], stride: [8] }"],
      ["{ offset: 8 }", "{ bipolar: true }\nscale: { multiplier: 2 }"],
    ),
    want: `error[hardware-sum]: mine: isum needs 33 bits; the machine has 32
  why: such a format runs in the golden model only`,
  },
  {
    name: "scale that is made larger",
    yaml: changed([d, "{ type: f16, byte: 0, multiplier: 2 }"]),
    want: `error[hardware-bias]: mine: d is scaled by 2^1; the machine takes 2^-255..1
  why: such a format runs in the golden model only`,
  },
  {
    name: "mins of another type than d",
    yaml: changed(
      ["bytes: 36", "bytes: 40"],
      [codes, "{ bits: 4, byte: 8, shape: [64], stride: [4] }"],
      ["  scale:", "  dmin: { type: f32, byte: 4 }\n  scale:"],
      ["level:", "min: { constant: 1 }\nlevel:"],
    ),
    want: `error[hardware-dmin]: mine: d is f16 and dmin f32; the machine has one converter
  why: such a format runs in the golden model only`,
  },
];

const refusals = (yaml: string) =>
  refuseFormat(parseFormat(SpecSource.parse(yaml, "mine.yaml")))
    .map((problem) => formatProblem(problem))
    .join("\n");

describe("formats that no hardware runs", () => {
  it.each(table)("$name", ({ yaml, want }) => {
    expect(refusals(yaml)).toBe(want);
  });
});

it("the format that the table changes runs on hardware", () => {
  expect(refusals(goodFormat)).toBe("");
});
