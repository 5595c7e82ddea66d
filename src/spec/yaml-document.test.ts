import { describe, expect, it } from "vitest";
import { parseFormat } from "./parse-format.ts";
import { SpecSource } from "./source.ts";
import { type BadSpec, changed, complaint } from "./testing/bad-spec.ts";

const table: BadSpec[] = [
  {
    name: "unclosed bracket",
    yaml: changed(["shape: [64]", "shape: [64"]),
    want: `mine.yaml:11:51: error[yaml-syntax]: Flow sequence in block collection must be sufficiently indented and end with a ]
mine.yaml:11:52: error[yaml-syntax]: Flow map in block collection must be sufficiently indented and end with a }`,
  },
  {
    name: "tab as indent",
    yaml: changed(["  d:", "\td:"]),
    want: `mine.yaml:7:1: error[yaml-syntax]: Tabs are not allowed as indentation
mine.yaml:8:1: error[yaml-syntax]: All mapping items must start at the same column
mine.yaml:10:1: error[yaml-syntax]: All mapping items must start at the same column`,
  },
  {
    name: "duplicate key",
    yaml: changed(["step: 32", "step: 32\nstep: 16"]),
    want: `mine.yaml:6:1: error[duplicate-key]: key 'step' is given twice in one map
  fix: keep one of them`,
  },
  {
    name: "alias and anchor",
    yaml: changed(["{ offset: 8 }", "&x { offset: 8 }\nscale: *x"]),
    want: `mine.yaml:12:11: error[yaml-alias]: anchor '&x': a spec has no aliases
  fix: write the value out
mine.yaml:13:8: error[yaml-alias]: alias '*x': a spec has no aliases
  fix: write the value out`,
  },
  {
    name: "alias to nothing",
    yaml: changed(["step: 32", "step: *nowhere"]),
    want: `mine.yaml:5:7: error[yaml-alias]: alias '*nowhere': a spec has no aliases
  fix: write the value out`,
  },
  {
    name: "tag",
    yaml: changed(["step: 32", "step: !!js/function 32"]),
    want: `mine.yaml:5:21: error[yaml-tag]: tag !!js/function: a spec has no tags
  fix: drop the tag`,
  },
  {
    name: "key that is a list",
    yaml: changed(["step: 32", "? [a, b]\n: 1\nstep: 32"]),
    want: `mine.yaml:5:3: error[yaml-key]: a list or map is used as a key
  fix: keys are plain words`,
  },
  {
    name: "two documents",
    yaml: changed(["step: 32", "step: 32\n---\nbfq: 1"]),
    want: `mine.yaml:6:1: error[yaml-syntax]: the file holds more than one YAML document
  fix: give each spec its own file`,
  },
  {
    name: "nested beyond sense",
    yaml: changed(["step: 32", `step: ${"[".repeat(40000)}`]),
    want: `mine.yaml: error[yaml-depth]: the spec nests deeper than 32 levels
  fix: compare it with a file of specs/`,
  },
  {
    name: "dashes beyond sense",
    yaml: changed(["step: 32", `step: ${"- ".repeat(30000)}`]),
    want: `mine.yaml: error[yaml-depth]: the spec nests deeper than 32 levels
  fix: compare it with a file of specs/`,
  },
];

describe("YAML mistakes", () => {
  it.each(table)("$name", async ({ yaml, want }) => {
    expect(await complaint(() => parseFormat(SpecSource.parse(yaml, "mine.yaml")))).toBe(want);
  });
});
