import { execa } from "execa";
import { ExitCode, type Problem, type UserError, userError } from "../problem.ts";

/** A program that bfq, its scripts or its tests call. */
export interface Tool {
  name: string;
  /** Prints the version. */
  version: readonly [string, ...string[]];
  /** The Debian package that has it. */
  package: string;
  for: string;
  /** Whether `bfq doctor` fails without it. */
  required: boolean;
  /** The oldest release that bfq is tested with: an older one is refused. */
  oldest?: string;
  /** How to get a newer one than the distribution's. */
  newer?: string;
}

const suite =
  "Debian 12 and Ubuntu 24.04 have a newer one; elsewhere unpack the OSS CAD Suite (github.com/YosysHQ/oss-cad-suite-build/releases) and put its bin folder first on the PATH";

const optional = (name: string, versionFlag: string, from: string, use: string): Tool => ({
  name,
  version: [name, versionFlag],
  package: from,
  for: use,
  required: false,
});

export const tools: readonly Tool[] = [
  {
    ...optional("g++", "--version", "g++", "engine csim"),
    required: true,
    oldest: "11",
    newer: "Debian 12 and Ubuntu 22.04 have a newer one",
  },
  optional("make", "--version", "make", "engine rtl"),
  { ...optional("verilator", "--version", "verilator", "engine rtl"), required: true, oldest: "5.006", newer: suite },
  {
    ...optional("iverilog", "-V", "iverilog", "engine rtl-icarus"),
    version: ["vvp", "-V"], // iverilog -V names a temporary file, another one each time
    oldest: "11.0",
    newer: suite,
  },
  { ...optional("yosys", "-V", "yosys", "resources, mutants, formal proofs"), oldest: "0.23", newer: suite },
  optional("z3", "--version", "z3", "formal proofs"),
  optional("shellcheck", "--version", "shellcheck", "lint of scripts"),
  optional("dtc", "--version", "device-tree-compiler", "build: device tree overlay"),
  optional("bootgen", "-h", "xilinx-bootgen", "build: .bit.bin"),
  optional("dpkg-deb", "--version", "dpkg", "build: Debian package"),
  {
    ...optional("cmake", "--version", "cmake", "driver, llama.cpp plug-in"),
    oldest: "3.18", // as the CMakeLists.txt of driver and plug-in say
    newer: "Debian 11 and Ubuntu 22.04 have a newer one; elsewhere `pip install cmake`",
  },
  optional("aarch64-linux-gnu-g++", "--version", "g++-aarch64-linux-gnu", "build: driver for the board"),
];

/** The tool that has a program of this name. */
export const findTool = (program: string): Tool | undefined =>
  tools.find(({ name, version }) => name === program || version[0] === program);

/** The first number with a dot that a version text holds, outside of parentheses: g++ names its packager in them. */
export const parseVersion = (text: string): string | undefined =>
  /\d+(?:\.\d+)+/.exec(text.replace(/\([^)]*\)/g, ""))?.[0];

/** @param text what the tool printed; one that names no version passes */
export function judgeVersion({ name, oldest, newer }: Tool, text: string): Problem | undefined {
  const found = parseVersion(text);
  if (oldest === undefined || found === undefined || !isOlder(found, oldest)) return undefined;
  return {
    rule: "tool-too-old",
    what: `${name} is ${found}; bfq needs ${oldest} or later`,
    why: "it is the oldest that bfq is tested with",
    ...(newer !== undefined && { fix: newer }),
  };
}

function isOlder(found: string, oldest: string): boolean {
  const numbers = (version: string) => version.split(".").map(Number);
  const [a, b] = [numbers(found), numbers(oldest)];
  const at = b.findIndex((number, i) => (a[i] ?? 0) !== number);
  return at >= 0 && (a[at] ?? 0) < b[at];
}

/** What the tool prints when asked for its version, or nothing where it does not start. */
export async function askVersion([program, ...args]: Tool["version"]): Promise<string | undefined> {
  const { stdout, stderr, exitCode } = await execa(program, args, { reject: false, timeout: 120_000, stdin: "ignore" });
  if (exitCode === undefined || (exitCode !== 0 && stdout === "" && stderr === "")) return undefined;
  return `${stdout}\n${stderr}`;
}

export const toolMissing = (program: string): UserError =>
  userError(
    "tool-missing",
    `${program} is not installed`,
    {
      why: "the generated hardware is built and judged with it",
      fix: `apt install ${findTool(program)?.package ?? program}`,
    },
    ExitCode.toolMissing,
  );
