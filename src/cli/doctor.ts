import type { Argv } from "yargs";
import { inspectBoard } from "../kria/board/deploy.ts";
import { vendorTools } from "../kria/build/tools.ts";
import { ExitCode, formatProblem } from "../problem.ts";
import { askVersion, judgeVersion, type Tool, tools } from "../sim/tools.ts";
import { type CommonOptions, type Outcome, report, table } from "./outcome.ts";

interface Options extends CommonOptions {
  board?: string | undefined;
}

/** AMD's tools judge their releases where they are used. */
const vendorUses = [
  ["vivado", "build: bitstreams"],
  ["v++", "build --tool vitis, from 2023.2"],
  ["vitis-run", "build --tool vitis, from 2023.2"],
  ["vitis_hls", "build --tool vitis, before 2023.2"],
] as const;

const all: readonly Tool[] = [
  ...tools,
  ...vendorUses.map(([name, use]): Tool => {
    const { versionArgs, get } = vendorTools[name];
    const from = get.replace(/^install /, "");
    return { name, version: [name, ...versionArgs], package: from, for: use, required: false };
  }),
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
    const found = await Promise.all(all.map(examine));
    const rows = found.map(({ tool, version, problem }) => [
      tool.name,
      version ?? "missing",
      tool.oldest ?? "",
      tool.for,
      version === undefined ? `install: ${tool.package}` : problem ? `too old: ${problem.fix}` : "",
    ]);
    const bad = found.filter(({ tool, version, problem }) => tool.required && (version === undefined || problem));
    const node = ["node", process.version, "20.19", "everything", ""];
    const text = [table(["tool", "version", "needed", "for", ""], [node, ...rows])];
    text.push("engine golden works without any of them");
    return {
      ok: bad.length === 0,
      exitCode: ExitCode.toolMissing,
      json: {
        node: process.version,
        tools: found.map(({ tool, version, problem }) => ({
          name: tool.name,
          version: version ?? null,
          needed: tool.oldest ?? null,
          for: tool.for,
          ...(problem && { problem }),
        })),
      },
      text: text.join("\n"),
    };
  });

/** The version's line, and what is wrong with it. */
async function examine(tool: Tool) {
  const text = await askVersion(tool.version);
  const line = text?.split("\n").find((line) => /\d/.test(line));
  return {
    tool,
    version: line?.trim().slice(0, 60),
    problem: text === undefined ? undefined : judgeVersion(tool, text),
  };
}

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
