import { describe, expect, it } from "vitest";
import { parseFormat } from "./parse-format.ts";
import { SpecSource } from "./source.ts";
import { type BadSpec, changed, complaint, goodFormat } from "./testing/bad-spec.ts";

const table: BadSpec[] = [
  {
    name: "sub-block that does not divide",
    yaml: changed(["sub-block: 32", "sub-block: 24"]),
    want: `mine.yaml:3:46: error[sub-block]: 64 elements are not a multiple of sub-block 24
  fix: choose a divisor of \`elements\``,
  },
  {
    name: "sub-block longer than d serves",
    yaml: changed(
      ["d: { type: f16, byte: 0 }", "d: { type: ue4m3, byte: 0, shape: [2], stride: [8] }"],
      ["sub-block: 32", "sub-block: 64"],
      ["shape: [2], stride: [8] }\n  code", "shape: [1], stride: [8] }\n  code"],
    ),
    want: `mine.yaml:7:3: error[unused-bits]: 8 bits of the block belong to no field: byte 3
  why: a layout that misses bits is usually a wrong stride
  fix: name them under fields.padding if they carry nothing
mine.yaml:7:6: error[group]: d serves 32 elements, a sub-block has 64
  why: all of a sub-block shares one d
  fix: make sub-blocks shorter`,
  },
  {
    name: "sub-block and step that cross",
    yaml: changed(
      ["elements: 64, bytes: 36, sub-block: 32", "elements: 48, bytes: 28, sub-block: 24"],
      ["shape: [64]", "shape: [48]"],
      ["step: 32", "step: 16"],
    ),
    want: `mine.yaml:3:46: error[group]: sub-blocks of 24 and steps of 16 do not lie within each other
  why: a step sums whole sub-blocks, or parts of one`,
  },
  {
    name: "wrong step",
    yaml: changed(["step: 32", "step: 64"]),
    want: `mine.yaml:5:7: error[step]: step is 64; it must be 32
  why: d is constant over 64 elements, the scale of q8_0 over 32 elements
  fix: write \`step: 32\`, or leave it out`,
  },
  {
    name: "wrong step for a scale over the row",
    yaml: changed(["q8_0", "int8_token"]),
    want: `mine.yaml:5:7: error[step]: step is 32; it must be 64
  why: d is constant over 64 elements, the scale of int8_token over the whole row
  fix: write \`step: 64\`, or leave it out`,
  },
  {
    name: "shape without stride",
    yaml: changed(["shape: [64], stride: [4]", "shape: [64]"]),
    want: `mine.yaml:11:7: error[layout-rank]: shape and stride differ in length: 1 and 0
  fix: give one stride for each digit of shape`,
  },
  {
    name: "stride of another rank",
    yaml: changed(["stride: [4]", "stride: [4, 8]"]),
    want: `mine.yaml:11:7: error[layout-rank]: shape and stride differ in length: 1 and 2
  fix: give one stride for each digit of shape`,
  },
  {
    name: "neither bits nor trit",
    yaml: changed(["bits: 4, ", ""]),
    want: `mine.yaml:11:7: error[layout-bits]: a piece needs one of \`bits\` and \`trit\`
  fix: \`bits: n\` for ordinary bit fields`,
  },
  {
    name: "bits and trit",
    yaml: changed(["bits: 4, ", "bits: 4, trit: 0, "]),
    want: `mine.yaml:11:7: error[layout-bits]: a piece needs one of \`bits\` and \`trit\`
  fix: \`bits: n\` for ordinary bit fields`,
  },
  {
    name: "trit over a digit that moves",
    yaml: changed(["bits: 4, ", "trit: 0, "]),
    want: `mine.yaml:11:7: error[layout-trit]: \`trit\` must name a digit of shape of size at most 5 and stride 0
  why: a byte holds five base-3 digits`,
  },
  {
    name: "trit off the byte",
    yaml: changed([
      "bits: 4, byte: 4, shape: [64], stride: [4]",
      "trit: 0, byte: 4, bit: 4, shape: [4, 16], stride: [0, 8]",
    ]),
    want: `mine.yaml:11:7: error[layout-trit]: base-3 digits must lie in whole bytes
  why: a byte holds five base-3 digits
  fix: use strides that are multiples of 8`,
  },
  {
    name: "too many elements",
    yaml: changed(["shape: [64], stride: [4]", "shape: [64, 64, 64], stride: [4, 0, 0]"]),
    want: `mine.yaml:11:7: error[layout-size]: 262144 elements; 65536 are the most`,
  },
  {
    name: "field outside the block",
    yaml: changed(["byte: 4, shape", "byte: 5, shape"]),
    want: `mine.yaml:11:7: error[outside-block]: element 62 ends at bit 292; the block has 288
  why: a block of 36 bytes is read on its own`,
  },
  {
    name: "pieces that overlap in the value",
    yaml: changed(["stride: [4] }", "stride: [4] }\n    - { bits: 1, byte: 2, shape: [48], stride: [1], from: 32 }"]),
    want: `mine.yaml:12:7: error[field-bits]: element 64 has 0 bits below this piece, element 32 has 4
  why: a piece puts its bits above those of earlier pieces`,
  },
  {
    name: "uneven element widths",
    yaml: changed(["stride: [4] }", "stride: [4] }\n    - { bits: 1, byte: 2, shape: [32], stride: [1] }"]),
    want: `mine.yaml:11:5: error[field-bits]: element 32 of fields.code gets 4 bits, others 5
  why: all elements of a field are equally wide
  fix: let the pieces cover each element (\`from\`, \`shape\`)`,
  },
  {
    name: "piece over elements of two widths",
    yaml: changed([
      "stride: [4] }",
      "stride: [4] }\n    - { bits: 1, byte: 2, shape: [32], stride: [1] }\n    - { bits: 1, byte: 2, shape: [64], stride: [1] }",
    ]),
    want: `mine.yaml:13:7: error[field-bits]: element 32 has 4 bits below this piece, element 0 has 5
  why: a piece puts its bits above those of earlier pieces`,
  },
  {
    name: "code count",
    yaml: changed(["shape: [64], stride: [4]", "shape: [60], stride: [4]"]),
    want: `mine.yaml:11:5: error[field-count]: fields.code has 60 elements; the block needs 64
  why: one code for each element
  fix: the product of \`shape\`, plus \`from\`, gives the count`,
  },
  {
    name: "scale count",
    yaml: changed(["shape: [2], stride: [8]", "shape: [3], stride: [4]"]),
    want: `mine.yaml:9:5: error[field-count]: fields.scale has 3 elements; the block needs 2
  why: one scale for each sub-block
  fix: the product of \`shape\`, plus \`from\`, gives the count`,
  },
  {
    name: "code of 9 bits",
    yaml: changed(
      ["elements: 64, bytes: 36", "elements: 32, bytes: 36"],
      ["bits: 4, byte: 4, shape: [64], stride: [4]", "bits: 9, byte: 0, shape: [32], stride: [9]"],
      ["shape: [2], stride: [8]", "shape: [1], stride: [8]"],
    ),
    want: `mine.yaml:11:5: error[field-bits]: fields.code has 9 bits; 8 is the most`,
  },
  {
    name: "d without a place",
    yaml: changed(["d: { type: f16, byte: 0 }", "d: { type: f16 }"]),
    want: `mine.yaml:7:6: error[missing-key]: fields.d.byte is missing
  fix: give \`byte\`, or \`pieces\` where the bits are scattered`,
  },
  {
    name: "d with two places",
    yaml: changed(["d: { type: f16, byte: 0 }", "d: { type: f16, byte: 0, pieces: [{ bits: 16, byte: 0 }] }"]),
    want: `mine.yaml:7:25: error[layout-twice]: fields.d has both \`byte\` and \`pieces\`
  fix: give the place once`,
  },
  {
    name: "d with pieces of another width",
    yaml: changed(["d: { type: f16, byte: 0 }", "d: { type: f16, pieces: [{ bits: 8, byte: 0 }] }"]),
    want: `mine.yaml:7:27: error[field-bits]: the pieces of fields.d give 8 bits; f16 has 16`,
  },
  {
    name: "a piece of d outside the block",
    yaml: changed([
      "d: { type: f16, byte: 0 }",
      "d: { type: f16, pieces: [{ bits: 8, byte: 0 }, { bits: 8, byte: 36 }] }",
    ]),
    want: `mine.yaml:7:50: error[outside-block]: element 0 ends at bit 296; the block has 288
  why: a block of 36 bytes is read on its own`,
  },
  {
    name: "d count that does not divide",
    yaml: changed(["d: { type: f16, byte: 0 }", "d: { type: ue4m3, byte: 0, shape: [3], stride: [4] }"]),
    want: `mine.yaml:7:6: error[field-count]: fields.d has 3 scales for 64 elements
  why: each scale serves the same number of elements`,
  },
  {
    name: "d multiplier",
    yaml: changed(["d: { type: f16, byte: 0 }", "d: { type: f16, byte: 0, multiplier: 0.3 }"]),
    want: `mine.yaml:7:40: error[multiplier]: 0.3 is not a power of two in 2^-40..2^40
  why: it is folded into the exponent of the block scale`,
  },
  {
    name: "mins without dmin",
    yaml: changed(["level:", "min: { constant: 1 }\nlevel:"]),
    want: `mine.yaml:12:6: error[min-pair]: the format has mins but no fields.dmin
  fix: give both fields.dmin and fields.min (or \`min: { constant: n }\`)`,
  },
  {
    name: "stored mins without dmin",
    yaml: changed(["  scale:\n", "  min:\n"]),
    want: `mine.yaml:9:5: error[min-pair]: the format has mins but no fields.dmin
  fix: give both fields.dmin and fields.min (or \`min: { constant: n }\`)`,
  },
  {
    name: "dmin without mins",
    yaml: changed(["  scale:", "  dmin: d\n  scale:"]),
    want: `mine.yaml:8:9: error[min-pair]: fields.dmin scales mins, but there are none
  fix: give both fields.dmin and fields.min (or \`min: { constant: n }\`)`,
  },
  {
    name: "dmin that serves another group",
    yaml: changed(
      ["  scale:", "  dmin: { type: ue4m3, byte: 2, shape: [2], stride: [8] }\n  min:"],
      ["level:", "min: { offset: 1 }\nlevel:"],
    ),
    want: `mine.yaml:8:9: error[group]: dmin serves 32 elements and d 64; they must match
mine.yaml:8:9: error[overlap]: fields.dmin and fields.min both use byte 2 bit 0
  why: each bit of a block has one meaning`,
  },
  {
    name: "scale map without a scale field",
    yaml: changed(["  scale:\n", "  padding:\n"], ["level:", "scale: { offset: 3 }\nlevel:"]),
    want: `mine.yaml:12:18: error[no-field]: scale.offset is about stored bits; there is no fields.scale
  fix: use \`scale: { constant: n }\`, or add fields.scale`,
  },
  {
    name: "constant for a stored scale",
    yaml: changed(["level:", "scale: { constant: 3 }\nlevel:"]),
    want: `mine.yaml:12:20: error[constant]: scale is stored in the block and can't be constant
  fix: drop \`constant\`, or fields.scale`,
  },
  {
    name: "scale multiplier 3",
    yaml: changed(["level:", "scale: { multiplier: 3 }\nlevel:"]),
    want: `mine.yaml:12:22: error[wrong-value]: scale.multiplier: expected one of 1, 2; found 3`,
  },
  {
    name: "scale range",
    yaml: changed(["level:", "scale: { multiplier: 2, offset: -255 }\nlevel:"]),
    want: `mine.yaml:12:8: error[range]: scale ranges over 255..765; -511..511 is the most`,
  },
  {
    name: "no level map",
    yaml: changed(["{ offset: 8 }", "{}"]),
    want: `mine.yaml:12:8: error[level]: level needs exactly one map; it has none
  fix: choose one of offset, twos-complement, bipolar, codebook, minifloat, grid`,
  },
  {
    name: "two level maps",
    yaml: changed(["{ offset: 8 }", "{ offset: 8, bipolar: true }"]),
    want: `mine.yaml:12:8: error[level]: level needs exactly one map; it has offset and bipolar
  fix: choose one of offset, twos-complement, bipolar, codebook, minifloat, grid`,
  },
  {
    name: "codebook of fractions: one error with the table that would do",
    yaml: changed([
      "{ offset: 8 }",
      "{ codebook: [-1, -0.7, -0.5, -0.4, -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.7, 1] }",
    ]),
    want: `mine.yaml:12:20: error[codebook]: levels are whole numbers from -128 to 127; found -0.7
  why: the multipliers take int8
  fix: scale them: codebook: [-127, -89, -63, -51, -38, -25, -13, 0, 13, 25, 32, 38, 51, 76, 89, 127], and store d * 1 / 127 as the block scale`,
  },
  {
    name: "codebook of another size",
    yaml: changed(["{ offset: 8 }", "{ codebook: [0, 1, 2] }"]),
    want: `mine.yaml:12:20: error[codebook]: the codebook has 3 entries; codes of 4 bits need 16`,
  },
  {
    name: "minifloat of another width",
    yaml: changed(["{ offset: 8 }", "{ minifloat: e4m3 }"]),
    want: `mine.yaml:12:21: error[minifloat]: e4m3 has 8 bits; the code has 4`,
  },
  {
    name: "level multiplier",
    yaml: changed(["{ offset: 8 }", "{ offset: 8, multiplier: -1 }"]),
    want: `mine.yaml:12:33: error[multiplier]: -1 is not a power of two in 2^-40..2^40
  why: it is folded into the exponent of the block scale`,
  },
  {
    name: "sums beyond exact integers",
    yaml: changed(
      ["elements: 64, bytes: 36, sub-block: 32", "elements: 4096, bytes: 4099, sub-block: 4096"],
      ["activation: q8_0", "activation: int8_token"],
      ["step: 32", "step: 4096"],
      ["shape: [2], stride: [8]", "shape: [1], stride: [8]"],
      ["{ bits: 4, byte: 4, shape: [64], stride: [4] }", "{ bits: 8, byte: 3, shape: [4096], stride: [8] }"],
      ["{ offset: 8 }", "{ minifloat: e5m2 }"],
    ),
    want: `mine.yaml:12:8: error[range]: isum of a step can reach 5.02e+17; integers are exact below 2^53
  fix: use shorter steps, or levels of a smaller range`,
  },
  {
    name: "bits that nobody uses",
    yaml: changed(["bytes: 36", "bytes: 37"]),
    want: `mine.yaml:7:3: error[unused-bits]: 8 bits of the block belong to no field: byte 36
  why: a layout that misses bits is usually a wrong stride
  fix: name them under fields.padding if they carry nothing`,
  },
  {
    name: "many bits that nobody uses",
    yaml: changed(["bytes: 36", "bytes: 99"]),
    want: `mine.yaml:7:3: error[unused-bits]: 504 bits of the block belong to no field: bytes 36-98
  why: a layout that misses bits is usually a wrong stride
  fix: name them under fields.padding if they carry nothing`,
  },
  {
    name: "two fields on the same bits",
    yaml: changed(["byte: 2, shape", "byte: 1, shape"]),
    want: `mine.yaml:7:3: error[unused-bits]: 8 bits of the block belong to no field: byte 3
  why: a layout that misses bits is usually a wrong stride
  fix: name them under fields.padding if they carry nothing
mine.yaml:7:6: error[overlap]: fields.d and fields.scale both use byte 1 bit 0
  why: each bit of a block has one meaning`,
  },
  {
    name: "a field that meets itself",
    yaml: changed(["shape: [64], stride: [4]", "shape: [64], stride: [3]"]),
    want: `mine.yaml:7:3: error[unused-bits]: 63 bits of the block belong to no field: byte 28 bit 1 to byte 35 bit 7
  why: a layout that misses bits is usually a wrong stride
  fix: name them under fields.padding if they carry nothing
mine.yaml:11:5: error[overlap]: fields.code uses byte 4 bit 3 twice
  why: each bit of a block has one meaning`,
  },
  {
    name: "base-3 digits used twice",
    yaml: changed(
      ["bits: 4, byte: 4, shape: [64], stride: [4]", "trit: 1, byte: 4, shape: [2, 4, 8], stride: [64, 0, 8]"],
      ["bytes: 36", "bytes: 20"],
      ["stride: [64, 0, 8]", "stride: [0, 0, 8]"],
    ),
    want: `mine.yaml:7:3: error[unused-bits]: 64 bits of the block belong to no field: bytes 12-19
  why: a layout that misses bits is usually a wrong stride
  fix: name them under fields.padding if they carry nothing
mine.yaml:11:5: error[overlap]: fields.code uses byte 4 bit 0 twice
  why: each bit of a block has one meaning`,
  },
  {
    name: "several mistakes, in the order of the file",
    yaml: changed(
      ["sub-block: 32", "sub-block: 33"],
      ["byte: 0 }", "byte: 0, multiplier: 3 }"],
      ["stride: [4]", "stride: [5]"],
      ["{ offset: 8 }", "{}"],
    ),
    want: `mine.yaml:3:46: error[sub-block]: 64 elements are not a multiple of sub-block 33
  fix: choose a divisor of \`elements\`
mine.yaml:7:40: error[multiplier]: 3 is not a power of two in 2^-40..2^40
  why: it is folded into the exponent of the block scale
mine.yaml:11:7: error[outside-block]: element 51 ends at bit 291; the block has 288
  why: a block of 36 bytes is read on its own
mine.yaml:12:8: error[level]: level needs exactly one map; it has none
  fix: choose one of offset, twos-complement, bipolar, codebook, minifloat, grid`,
  },
];

describe("mistakes that a shape can't have", () => {
  it.each(table)("$name", async ({ yaml, want }) => {
    expect(await complaint(() => parseFormat(SpecSource.parse(yaml, "mine.yaml")))).toBe(want);
  });
});

it("the spec that the table changes is good", () => {
  const { code, scale, d, step } = parseFormat(SpecSource.parse(goodFormat, "mine.yaml"));
  expect([code.count, code.bits, scale.field.count, d.group, step]).toEqual([64, 4, 2, 64, 32]);
});
