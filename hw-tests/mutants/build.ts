import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { GeneratedFile } from "../../src/emit/emitter.ts";
import { cachedBuild } from "../../src/sim/build.ts";
import { verilatorDoubts } from "../../src/sim/rtl.ts";

/** A design with the program that judges it. */
export interface Subject {
  top: string;
  /** SystemVerilog, packages first, and all that the program includes. */
  files: readonly GeneratedFile[];
  sources: readonly string[];
  /** Path of the C++ program, and what it is compiled with. */
  program: string;
  prefix: string;
  flags: readonly string[];
  /** Modules that get no mutants, as they have a bench of their own; those of `kept` stay closed boxes, for speed. */
  spared?: readonly string[];
  kept?: readonly string[];
}

export interface Mutant {
  /** What BFQ_MUTANT has to be; 0 is the unmutated netlist. */
  select: number;
  module: string;
  /** What was done to which cell, and the line of the source it comes from. */
  what: string;
  place: string;
  /** The command that makes it. */
  command: string;
}

export interface Mutated {
  executable: string;
  mutants: Mutant[];
}

/**
 * Builds a subject once with all its mutants: Yosys writes a netlist in which each is switched on by a number, and that
 * number is read from the environment when the simulation begins.
 * @param count how many mutants Yosys draws, over all modules of the subject that get some
 */
export async function buildMutants(subject: Subject, count: number, seed: number): Promise<Mutated> {
  const { top, files, sources, program, prefix, flags, spared = [], kept = [] } = subject;
  // Not mutated: initial memory contents and unclocked read ports; Yosys' Verilog must keep them constant.
  const notThese = [
    "t:$meminit*",
    "t:$memrd*",
    ...kept.map((name) => `t:*${name}`),
    ...spared.map((name) => `a:src=*${name}.sv*`),
  ];
  const cells = [`${top}/c:*`, ...notThese.flatMap((cell) => [`${top}/${cell}`, "%d"])];
  const script = [
    `read_verilog -sv -defer -noassert ${sources.join(" ")}`,
    `hierarchy -check -top ${top}`,
    // What never matters is removed first, also across modules: its mutants would be equivalent.
    ...kept.map((name) => `setattr -mod -set keep_hierarchy 1 *${name}`),
    ...["proc", `flatten ${top}`, "opt -full", "wreduce", "opt -full", "opt_clean -purge"],
    "write_ilang design.il",
    `mutate -list ${count} -seed ${seed} -ctrl mutant 16 1 -o list.ys ${cells.join(" ")}`,
    // Inputs change at the falling edge: that a register takes them half a cycle late can't be seen.
    "exec -- sed -i /-mode.inv.*-port.CLK/d list.ys",
    "script list.ys",
    // A name of Yosys' for bits of several origins can look like a loop, and Verilator 5.006 computes some of those wrongly.
    ...["opt_clean", "splitnets -driver", "opt_clean"],
    "write_verilog -noattr mutants.v",
  ];
  // Yosys leads the number down from an input of the top module; it becomes a register there.
  const substitution = [
    `/^module ${top}(/,/^endmodule/ {`,
    "s/, mutant\\();\\)\\?$/\\1/", // long port lists are wrapped
    's/^  input \\[15:0\\] mutant;$/  import "DPI-C" function int bfq_mutant();\\n  initial mutant = bfq_mutant();/',
    "s/^  wire \\[15:0\\] mutant;$/  reg [15:0] mutant;/",
    "}",
  ];
  const compile = ["-std=c++17", "-ffp-contract=off", ...flags].join(" ");
  const executable = await cachedBuild({
    files: [
      ...files,
      { path: "mutants.ys", text: `${script.join("\n")}\n` },
      { path: "mutant.cpp", text: await readFile(new URL("mutant.cpp", import.meta.url), "utf8") },
    ],
    commands: [
      { tool: "yosys", args: ["-q", "-s", "mutants.ys"] },
      { tool: "sed", args: ["-i", substitution.join("\n"), "mutants.v"] },
      {
        tool: "verilator",
        args: [
          ...["--cc", "--exe", "--prefix", prefix, "--top-module", top, "--Mdir", "obj", "-Wno-lint", "-Wno-fatal"],
          ...[...verilatorDoubts, "--x-assign", "fast", "--x-initial", "fast", "-CFLAGS", compile],
          ...["mutants.v", "../mutant.cpp", join("..", program)],
        ],
      },
      {
        tool: "make",
        args: ["-C", "obj", "-f", `${prefix}.mk`, "OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1"],
      },
    ],
    product: `obj/${prefix}`,
  });
  const list = await readFile(join(dirname(executable), "..", "list.ys"), "utf8");
  return { executable, mutants: list.split("\n").filter(Boolean).map(parseMutant) };
}

/** `mutate -ctrl mutant 16 3 -mode inv -module M -cell C -port P -portbit 2 ... -src FILE:LINE.. -src ..` */
function parseMutant(line: string): Mutant {
  const option = (name: string) => new RegExp(` -${name} (\\S+)`).exec(line)?.[1] ?? "";
  const places = [...line.matchAll(/ -src (?:rtl\/)?((bfq_\w+)\.sv:[1-9]\S*)/g)];
  const [, place = "", module = option("module")] = places.at(-1) ?? []; // from the outermost instance to the cell
  const wire = option("wire") && ` (${option("wire")}[${option("wirebit")}])`;
  return {
    select: Number(/ -ctrl mutant 16 (\d+)/.exec(line)![1]),
    module,
    what: `${option("mode")} ${option("cell").replace(/^.*\$(\w+)\$.*/, "$1")}.${option("port")}[${option("portbit")}]${wire}`,
    place,
    command: line,
  };
}
