import { execa } from "execa";
import type { Argv } from "yargs";
import { inspectBoard } from "../kria/board/deploy.ts";
import { vendorTools } from "../kria/build/tools.ts";
import { ExitCode, formatProblem } from "../problem.ts";
import { type CommonOptions, type Outcome, report, table } from "./outcome.ts";

interface Options extends CommonOptions {
  board?: string | undefined;
}

interface Tool {
  name: string;
  /** Prints the version. */
  command: [string, ...string[]];
  package: string;
  for: string;
  required: boolean;
}

const tools: readonly Tool[] = [
  { name: "g++", command: ["g++", "--version"], package: "g++", for: "engine csim", required: true },
  { name: "verilator", command: ["verilator", "--version"], package: "verilator", for: "engine rtl", required: true },
  { name: "iverilog", command: ["iverilog", "-V"], package: "iverilog", for: "engine rtl-icarus", required: false },
  {
    name: "yosys",
    command: ["yosys", "-V"],
    package: "yosys",
    for: "resources, mutants, formal proofs",
    required: false,
  },
  { name: "z3", command: ["z3", "--version"], package: "z3", for: "formal proofs", required: false },
  {
    name: "shellcheck",
    command: ["shellcheck", "--version"],
    package: "shellcheck",
    for: "lint of scripts",
    required: false,
  },
  ...[
    { name: "dtc", version: "--version", package: "device-tree-compiler", for: "build: device tree overlay" },
    { name: "bootgen", version: "-h", package: "xilinx-bootgen", for: "build: .bit.bin" },
    { name: "dpkg-deb", version: "--version", package: "dpkg", for: "build: Debian package" },
    { name: "cmake", version: "--version", package: "cmake", for: "build: driver for the board" },
    {
      name: "aarch64-linux-gnu-g++",
      version: "--version",
      package: "g++-aarch64-linux-gnu",
      for: "build: driver for the board",
    },
  ].map(({ version, ...tool }): Tool => ({ ...tool, command: [tool.name, version], required: false })),
  ...(
    [
      ["vivado", "build: bitstreams"],
      ["v++", "build --tool vitis, from 2023.2"],
      ["vitis-run", "build --tool vitis, from 2023.2"],
      ["vitis_hls", "build --tool vitis, before 2023.2"],
    ] as const
  ).map(
    ([name, use]): Tool => ({
      name,
      command: [name, ...vendorTools[name].versionArgs],
      package: vendorTools[name].get.replace(/^install /, ""),
      for: use,
      required: false,
    }),
  ),
];

export const command = "doctor";
export const describe = "which tools and versions are there, and what works without the rest";

export const builder = (yargs: Argv) =>
  yargs.option("board", {
    type: "string",
    requiresArg: true,
    describe: "a Kria instead: [user@]host, as ssh knows it",
  });

export const handler = (options: Options) =>
  report(options, async () => {
    if (options.board !== undefined) return examineBoard(options.board);
    const found = await Promise.all(tools.map(async (tool) => ({ ...tool, version: await version(tool.command) })));
    const rows = found.map(({ name, version, for: use, package: from }) => [
      name,
      version ?? "missing",
      use,
      version ? "" : `install: ${from}`,
    ]);
    const missing = found.filter((tool) => tool.required && tool.version === undefined);
    const text = [table(["tool", "version", "for", ""], [["node", process.version, "everything", ""], ...rows])];
    text.push("engine golden works without any of them");
    return {
      ok: missing.length === 0,
      exitCode: ExitCode.toolMissing,
      json: {
        node: process.version,
        tools: found.map(({ name, version, for: use }) => ({ name, version: version ?? null, for: use })),
      },
      text: text.join("\n"),
    };
  });

/** The preflight of `bfq deploy`, which changes nothing. */
async function examineBoard(host: string): Promise<Outcome> {
  const { facts, problem } = await inspectBoard(host);
  const text = [table(["on the board", host], Object.entries(facts))];
  text.push(...(problem?.problems.map(formatProblem) ?? ["ready for `bfq deploy`"]));
  return {
    ok: problem === undefined,
    ...(problem && { exitCode: problem.exitCode }),
    json: { board: facts, problems: problem?.problems ?? [] },
    text: text.join("\n"),
  };
}

/** The first line that holds a number, or nothing where the tool does not start. */
async function version([file, ...args]: Tool["command"]): Promise<string | undefined> {
  const { stdout, stderr, exitCode } = await execa(file, args, { reject: false, timeout: 120_000, stdin: "ignore" });
  if (exitCode !== 0 && stdout === "" && stderr === "") return undefined;
  if (exitCode === undefined) return undefined;
  return `${stdout}\n${stderr}`
    .split("\n")
    .find((line) => /\d/.test(line))
    ?.trim()
    .slice(0, 60);
}
