import { describe, expect, it } from "vitest";
import { parseFormat } from "./parse-format.ts";
import { SpecSource } from "./source.ts";
import { type BadSpec, changed, complaint } from "./testing/bad-spec.ts";

const table: BadSpec[] = [
  {
    name: "empty file",
    yaml: "",
    want: `mine.yaml:1:1: error[empty-spec]: the spec is empty`,
  },
  {
    name: "only a comment",
    yaml: "# nothing\n",
    want: `mine.yaml:1:1: error[empty-spec]: the spec is empty`,
  },
  {
    name: "a list instead of a map",
    yaml: "- 1\n",
    want: `mine.yaml:1:1: error[wrong-value]: the spec: expected a map; found a list of 1`,
  },
  {
    name: "a word instead of a map",
    yaml: "hello\n",
    want: `mine.yaml:1:1: error[wrong-value]: the spec: expected a map; found 'hello'`,
  },
  {
    name: "missing keys, all at once",
    yaml: "bfq: 1\nname: mine\n",
    want: `mine.yaml:1:1: error[missing-key]: block is missing
  fix: give \`block\`: weights and bytes of a block, weights of a sub-block
mine.yaml:1:1: error[missing-key]: activation is missing
  fix: give \`activation\`: how activations are quantised: q8_0, q8_1, q8_K, int8_token
mine.yaml:1:1: error[missing-key]: fields is missing
  fix: give \`fields\`: where the bits of code, scale, min, d and dmin lie
mine.yaml:1:1: error[missing-key]: level is missing
  fix: give \`level\`: the integer level of a code: one of offset, twos-complement, bipolar, codebook, minifloat, grid`,
  },
  {
    name: "key without a value",
    yaml: changed(["step: 32", "step:"]),
    want: `mine.yaml:5:6: error[wrong-value]: step: expected a number; found nothing`,
  },
  {
    name: "another version of the language",
    yaml: changed(["bfq: 1", "bfq: 2"]),
    want: `mine.yaml:1:6: error[wrong-value]: bfq: expected 1, the version of the spec language that this bfq reads; found 2`,
  },
  {
    name: "unknown key, near a known one",
    yaml: changed(["activation: q8_0", "activaton: q8_0"]),
    want: `mine.yaml:4:1: error[unknown-key]: unknown key 'activaton' in the spec
  fix: did you mean 'activation'?`,
  },
  {
    name: "unknown key in a list entry, near nothing",
    yaml: changed(["{ bits: 4,", "{ bits: 4, colour: 1,"]),
    want: `mine.yaml:11:18: error[unknown-key]: unknown key 'colour' in fields.code.0
  fix: known keys here: bits, trit, byte, bit, shape, stride, from`,
  },
  {
    name: "unknown key below a union",
    yaml: changed(
      ["scale:\n", "dmin: { type: f16, byte: 0, byt: 3 }\n  scale:\n"],
      ["level", "min: { constant: 1 }\nlevel"],
    ),
    want: `mine.yaml:8:31: error[unknown-key]: unknown key 'byt' in fields.dmin
  fix: did you mean 'byte'?`,
  },
  {
    name: "__proto__ as a key",
    yaml: changed(["step: 32", "step: 32\n__proto__: { a: 1 }"]),
    want: `mine.yaml:6:1: error[unknown-key]: unknown key '__proto__' in the spec
  fix: known keys here: bfq, name, description, ggml, block, activation, step, fields, level, scale, min`,
  },
  {
    name: "unknown choice, near a known one",
    yaml: changed(["q8_0", "q8_k"]),
    want: `mine.yaml:4:13: error[wrong-value]: activation: expected one of q8_0, q8_1, q8_K, int8_token; found 'q8_k'
  fix: did you mean 'q8_K'?`,
  },
  {
    name: "unknown choice, near nothing",
    yaml: changed(["type: f16", "type: double"]),
    want: `mine.yaml:7:14: error[wrong-value]: fields.d.type: expected one of f16, bf16, f32, e8m0, e8m0-nan, ue4m3; found 'double'`,
  },
  {
    name: "word for a number",
    yaml: changed(["step: 32", "step: many"]),
    want: `mine.yaml:5:7: error[wrong-value]: step: expected a number; found 'many'`,
  },
  {
    name: "fraction for a whole number",
    yaml: changed(["step: 32", "step: 32.5"]),
    want: `mine.yaml:5:7: error[wrong-value]: step: expected a whole number; found 32.5`,
  },
  {
    name: "not a number",
    yaml: changed(["step: 32", "step: .nan"]),
    want: `mine.yaml:5:7: error[wrong-value]: step: expected a number; found NaN`,
  },
  {
    name: "number too large",
    yaml: changed(["elements: 64", "elements: 99999999999999999999"]),
    want: `mine.yaml:3:20: error[wrong-value]: block.elements: expected at most 4096; found 100000000000000000000`,
  },
  {
    name: "number too small",
    yaml: changed(["bits: 4", "bits: 0"]),
    want: `mine.yaml:11:15: error[wrong-value]: fields.code.0.bits: expected at least 1; found 0`,
  },
  {
    name: "number for a word",
    yaml: changed(["name: mine", "name: 7"]),
    want: `mine.yaml:2:7: error[wrong-value]: name: expected a word; found 7`,
  },
  {
    name: "list for a map",
    yaml: changed(["level: { offset: 8 }", "level: [8]"]),
    want: `mine.yaml:12:8: error[wrong-value]: level: expected a map; found a list of 1`,
  },
  {
    name: "map for a list",
    yaml: changed(["code:\n    - {", "code:\n      {"]),
    want: `mine.yaml:11:7: error[wrong-value]: fields.code: expected a list; found a map`,
  },
  {
    name: "empty list",
    yaml: changed(["shape: [64]", "shape: []"]),
    want: `mine.yaml:11:34: error[wrong-value]: fields.code.0.shape: expected at least 1 entry; found a list of 0`,
  },
  {
    name: "list too long",
    yaml: changed(["shape: [64]", "shape: [2, 2, 2, 2, 2, 2, 1]"]),
    want: `mine.yaml:11:34: error[wrong-value]: fields.code.0.shape: expected at most 6 entries; found a list of 7`,
  },
  {
    name: "codebook entry out of range",
    yaml: changed(["offset: 8", "codebook: [0, 200]"]),
    want: `mine.yaml:12:24: error[wrong-value]: level.codebook.1: expected at most 127; found 200`,
  },
  {
    name: "flag that is not true",
    yaml: changed(["offset: 8", "bipolar: false"]),
    want: `mine.yaml:12:19: error[wrong-value]: level.bipolar: expected true; found false`,
  },
  {
    name: "neither of a union",
    yaml: changed(["scale:\n", "dmin: e\n  scale:\n"]),
    want: `mine.yaml:8:9: error[wrong-value]: fields.dmin: expected a map or d; found 'e'`,
  },
  {
    name: "name with a path",
    yaml: changed(["name: mine", "name: ../../etc/passwd"]),
    want: `mine.yaml:2:7: error[wrong-value]: name: expected a letter, then up to 39 letters, digits, '_' or '-'; found '../../etc/passwd'`,
  },
  {
    name: "name with a terminal escape",
    yaml: changed(["name: mine", 'name: "\\u001b[31mred\\u001b[0m"']),
    want: `mine.yaml:2:7: error[wrong-value]: name: expected a letter, then up to 39 letters, digits, '_' or '-'; found '\\u{1b}[31mred\\u{1b}[0m'`,
  },
  {
    name: "key with a terminal escape and 200 letters",
    yaml: changed([
      "step: 32",
      `step: 32
"\\u001b]0;${"x".repeat(200)}": 1`,
    ]),
    want: `mine.yaml:6:1: error[unknown-key]: unknown key '\\u{1b}]0;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' in the spec
  fix: known keys here: bfq, name, description, ggml, block, activation, step, fields, level, scale, min`,
  },
  {
    name: "description too long",
    yaml: changed([
      "name: mine",
      `name: mine
description: ${"y".repeat(401)}`,
    ]),
    want: `mine.yaml:3:14: error[wrong-value]: description: expected at most 400 characters; found 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…'`,
  },
];

describe("shape mistakes: what was expected and found, at which place", () => {
  it.each(table)("$name", async ({ yaml, want }) => {
    expect(await complaint(() => parseFormat(SpecSource.parse(yaml, "mine.yaml")))).toBe(want);
  });
});
