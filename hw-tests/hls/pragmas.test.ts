import { describe, expect, test } from "vitest";
import { checkPragmas, constantsOf } from "./pragma.ts";
import { kernelFiles } from "./support.ts";

const top = "bfq_kernel";

/** A source in which `@` marks the place of the pragma; all its variables are declared. */
const places = {
  file: "@\n",
  top: "void bfq_kernel(int* weights, int count) {\n  int table[8];\n@\n}\n",
  block: "void bfq_kernel(int* weights) {\n  if (weights) {\n@\n  }\n}\n",
  function: "void helper(int* weights) {\n  int table[8];\n  int product = 1;\n@\n}\n",
  loop: "void helper() {\n  int table[8];\n  for (int i = 0; i < 8; ++i) {\n@\n    table[i] = 0;\n  }\n}\n",
};

const check = (place: keyof typeof places, pragma: string) =>
  checkPragmas(places[place].replace("@", `#pragma HLS ${pragma}`), { constants: new Set(["DEPTH"]), top });

describe("the checker refuses", () => {
  test.each<[keyof typeof places, string, RegExp]>([
    ["loop", "pipelin II=1", /no directive 'pipelin'/],
    ["loop", "pipeline II=0", /ii=0 is out of range/],
    ["loop", "pipeline II=fast", /no integer and no constant/],
    ["loop", "pipeline style=fast", /none of stp, flp, frp/],
    ["loop", "pipeline off II=1", /off stands alone/],
    ["loop", "pipeline II=1 II=2", /twice/],
    ["block", "pipeline II=1", /wrong place: function or loop/],
    ["function", "unroll", /wrong place: loop/],
    ["block", "unroll factor=2", /wrong place: loop/],
    ["loop", "unroll factor", /factor needs a value/],
    ["loop", "unroll region", /no option 'region'/],
    ["function", "loop_tripcount max=8", /wrong place: loop/],
    ["loop", "loop_tripcount min=1", /max= is missing/],
    ["function", "array_partition variable=table type=cyclic", /type=cyclic needs factor=/],
    ["function", "array_partition variable=table type=block dim=1", /type=block needs factor=/],
    ["function", "array_partition variable=table type=complete factor=2", /means nothing/],
    ["function", "array_partition variable=table complete", /no option 'complete'/],
    ["function", "array_partition variable=table", /type= is missing/],
    ["function", "array_partition type=complete", /variable= is missing/],
    ["function", "array_partition variable=tabel type=complete", /no variable 'tabel'/],
    ["function", "bind_storage variable=table", /type= is missing/],
    ["function", "bind_storage variable=table type=ram_3p", /none of/],
    ["function", "bind_op variable=product impl=fabric", /op= is missing/],
    ["function", "bind_op variable=product op=mul impl=lut", /none of/],
    ["loop", "dependence variable=table inter false", /no option 'inter'/],
    ["loop", "dependence variable=table type=inter", /dependent= is missing/],
    ["loop", "dependence variable=table type=inter dependent=false distance=8", /distance= needs dependent=true/],
    ["loop", "dependence variable=table type=intra dependent=true distance=8", /distance= needs type=inter/],
    ["function", "stream variable=table", /depth= is missing/],
    ["function", "stream variable=table depth=WIDTH", /no integer and no constant/],
    ["function", "stream variable=table dim=1 depth=2", /no option 'dim'/],
    ["loop", "inline", /wrong place: function/],
    ["file", "inline off", /wrong place: function/],
    ["file", "stream variable=table depth=2", /no variable/],
    ["top", "interface m_axi port=weights", /needs mode=/],
    ["top", "interface mode=ap_bus port=weights", /needs mode=/],
    ["top", "interface mode=m_axi bundle=gmem offset=slave max_widen_bitwidth=128", /port= is missing/],
    [
      "top",
      "interface mode=m_axi port=weight bundle=gmem offset=slave max_widen_bitwidth=128",
      /no parameter 'weight'/,
    ],
    ["top", "interface mode=m_axi port=weights bundle=gmem offset=slave", /max_widen_bitwidth= is missing/],
    ["top", "interface mode=m_axi port=weights bundle=gmem offset=0x10 max_widen_bitwidth=128", /none of slave/],
    [
      "top",
      "interface mode=m_axi port=weights bundle=g offset=slave max_widen_bitwidth=128 max_read_burst_length=512",
      /out of range/,
    ],
    ["top", "interface mode=s_axilite port=count offset=slave bundle=control", /no integer and no constant/],
    ["top", "interface mode=s_axilite port=count bundle=control depth=4", /no option 'depth'/],
    ["function", "interface mode=s_axilite port=weights bundle=control", /wrong place: top/],
    ["block", "interface mode=s_axilite port=weights bundle=control", /wrong place: top/],
    ["function", "resource variable=table core=RAM_1P", /no directive 'resource'/],
    ["function", "data_pack variable=table", /no directive 'data_pack'/],
  ])("%s: %s", (place, pragma, problem) => {
    const problems = check(place, pragma);
    expect(problems).toHaveLength(1);
    expect(problems[0].what).toMatch(problem);
  });
});

test.each<[keyof typeof places, string]>([
  ["loop", "pipeline II=1 style=flp"],
  ["loop", "unroll"],
  ["loop", "PIPELINE II = 1".toLowerCase()],
  ["function", "stream variable=table depth=DEPTH type=fifo"],
  ["function", "array_partition variable=table type=cyclic factor=4 dim=1"],
  ["loop", "dependence variable=table type=inter direction=RAW distance=8 dependent=true"],
  ["top", "interface mode=m_axi port=weights bundle=gmem offset=slave max_widen_bitwidth=128 depth=64"],
  ["top", "interface mode=s_axilite port=return bundle=control"],
  ["top", "dataflow"],
])("the checker accepts in %s: %s", (place, pragma) => expect(check(place, pragma)).toEqual([]));

test("every pragma of the generated kernel is in the grammar and in its place", async () => {
  const files = (await kernelFiles()).filter(({ path }) => path.startsWith("hls/"));
  const constants = new Set(files.flatMap(({ text }) => constantsOf(text)));
  const problems = files.flatMap(({ path, text }) =>
    checkPragmas(text, { constants, top }).map(({ line, what }) => `${path}:${line}: ${what}`),
  );
  expect(problems).toEqual([]);
  const count = files.reduce((sum, { text }) => sum + (text.match(/^\s*#pragma HLS/gm) ?? []).length, 0);
  console.log(`${count} pragmas in ${files.length} files`);
  expect(count).toBeGreaterThan(100);
});

test("each memory port and register of the interface has one pragma, each stream one depth, in the top function", async () => {
  const kernel = (await kernelFiles()).find(({ path }) => path === "hls/bfq_kernel.cpp")!.text;
  const lines = (pattern: RegExp) => [...kernel.matchAll(pattern)].map((match) => match[1]);
  const unique = (names: string[]) => expect(new Set(names).size).toBe(names.length);
  const memory = lines(/interface mode=m_axi port=(\w+)/g);
  unique(memory);
  unique(lines(/bundle=(m_axi_\w+)/g));
  expect(lines(/interface mode=s_axilite port=(\w+)/g)).toEqual(
    expect.arrayContaining([...memory, "return", "status"]),
  );
  unique(lines(/bundle=control offset=(\w+)/g));
  expect(lines(/stream variable=(\w+)/g)).toEqual(lines(/^ {2}hls::stream<\w+> (\w+)/gm));
  expect(lines(/BFQ_BOUND\((\w+)/g)).toEqual(lines(/stream variable=(\w+)/g));
});
