import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Mutation, moduleSources } from "../rtl/verilate.ts";

/** A module with the properties of `<module>.svh` put before its `endmodule`. */
interface Proof {
  module: string;
  parameters: Record<string, number>;
  /** Steps that are searched from reset. */
  steps: number;
  /** Induction too: with the search of at least two steps it proves the properties for all time. */
  induction: boolean;
  /** Replace what the module instantiates by boxes that do whatever their own proofs allow. */
  contracts?: boolean;
}

const proofs: Proof[] = [
  ...[1, 2, 3].flatMap((log2) =>
    ["bfq_fifo", "bfq_fifo_block"].map((module) => ({
      module,
      parameters: { WIDTH: 4, DEPTH_LOG2: log2 },
      steps: 8,
      induction: true,
    })),
  ),
  ...[1, 3].map((depth) => ({
    module: "bfq_queue",
    parameters: { WIDTH: 4, DEPTH: depth },
    steps: 8,
    induction: true,
  })),
  { module: "bfq_pace", parameters: { LANES: 4 }, steps: 5, induction: true },
  { module: "bfq_axi_bursts", parameters: { MAX_BURST: 2, WORDS_BITS: 6 }, steps: 6, induction: true },
  { module: "bfq_axi_bursts", parameters: { MAX_BURST: 4, WORDS_BITS: 6 }, steps: 6, induction: true },
  {
    module: "bfq_axi_read",
    parameters: { MAX_BURST: 2, OUTSTANDING: 2 },
    steps: 8,
    induction: true,
    contracts: true,
  },
  {
    module: "bfq_axi_read",
    parameters: { MAX_BURST: 4, OUTSTANDING: 2 },
    steps: 6,
    induction: true,
    contracts: true,
  },
  // The same with its real parts, from end to end, as far as the solver comes in seconds.
  {
    module: "bfq_axi_read",
    parameters: { MAX_BURST: 2, OUTSTANDING: 2 },
    steps: 9,
    induction: false,
  },
];

/** Broken copies: the search must find a counterexample in each. */
const proof = (module: string, n = 0) => proofs.filter((found) => found.module === module)[n];
const broken: [Proof, Mutation][] = [
  [proof("bfq_fifo", 1), { file: "bfq_fifo.sv", from: "{~read_count[DEPTH_LOG2]", to: "{read_count[DEPTH_LOG2]" }],
  [
    proof("bfq_fifo_block"),
    { file: "bfq_fifo_block.sv", from: "if (out_load) out_data", to: "if (latch_load) out_data" },
  ],
  [proof("bfq_queue", 1), { file: "bfq_queue.sv", from: "full[i-1] && (out_ready ||", to: "full[i-1] && (1'b1 ||" }],
  [proof("bfq_pace"), { file: "bfq_pace.sv", from: "leads || !asking[l]", to: "leads || asking[l]" }],
  [proof("bfq_axi_bursts"), { file: "bfq_axi_bursts.sv", from: "next_is_last && tail == '0", to: "next_is_last" }],
  [proof("bfq_axi_read"), { file: "bfq_axi_read.sv", from: "&& !open[OPEN_BITS-1]", to: "" }],
  [proof("bfq_axi_read"), { file: "bfq_axi_read.sv", from: "(m_axi_arvalid && !m_axi_arready)", to: "1'b0" }],
];

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "bfq-formal-"));
});
afterAll(() => rm(scratch, { recursive: true }));

/** Compiles to SMT-LIB; returns the file. */
async function compile({ module, parameters, contracts }: Proof, mutation?: Mutation): Promise<string> {
  const directory = await mkdtemp(join(scratch, `${module}-`));
  const sources = await moduleSources(module, {}, mutation);
  const properties = await readFile(new URL(`./${module}.svh`, import.meta.url), "utf8");
  const text = sources.get(`${module}.sv`)!;
  const end = text.lastIndexOf("endmodule");
  const files = new Map([[`${module}.sv`, text.slice(0, end) + properties + text.slice(end)]]);
  if (contracts) files.set("boxes.sv", await readFile(new URL("./boxes.sv", import.meta.url), "utf8"));
  else for (const [name, source] of sources) if (!files.has(name)) files.set(name, source);
  for (const [name, source] of files) await writeFile(join(directory, name), source);

  const chosen = Object.entries(parameters).map(([name, value]) => `-chparam ${name} ${value}`);
  const script = [
    `read_verilog -defer -formal -sv ${contracts ? "-DCONTRACTS" : ""} ${[...files.keys()].join(" ")}`,
    `hierarchy -check -top ${module} ${chosen.join(" ")}`,
    "prep -flatten; memory_map; opt -full; dffunmap; write_smt2 -wires proof.smt2",
  ];
  await execa("yosys", ["-q", "-p", script.join("; ")], { cwd: directory });
  return join(directory, "proof.smt2");
}

/** --unroll: without it z3 takes minutes for what takes a second. */
async function solve(file: string, options: string[]): Promise<string> {
  const { all } = await execa("yosys-smtbmc", ["-s", "z3", "--unroll", ...options, file], { all: true, reject: false });
  return all;
}

const title = ({ module, parameters, contracts }: Proof) =>
  `${module} ${JSON.stringify(parameters)}${contracts ? " with contracts" : ""}`;

describe("formal proofs: nothing lost, doubled or reordered, and outputs hold while they wait", () => {
  it.each(proofs.map((proof) => [title(proof), proof] as const))("%s", async (_, proof) => {
    const file = await compile(proof);
    expect(await solve(file, ["-t", String(proof.steps)])).toContain("Status: PASSED");
    if (proof.induction) expect(await solve(file, ["-i", "-t", "2"])).toContain("Status: PASSED");
  });
});

describe("negative control: a broken copy has a counterexample", () => {
  it.each(broken.map(([proof, mutation]) => [`${mutation.file}: ${mutation.from}`, proof, mutation] as const))(
    "%s",
    async (_, proof, mutation) => {
      const output = await solve(await compile(proof, mutation), ["-t", String(proof.steps)]);
      expect(output).toContain("BMC failed!");
      expect(output).toContain("Assert failed");
    },
  );
});
