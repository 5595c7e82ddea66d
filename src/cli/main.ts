#!/usr/bin/env node
import { inspect } from "node:util";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { writeFailed } from "../output/file.ts";
import { handleInterrupts } from "../output/interrupt.ts";
import { ExitCode, formatProblem, UserError, userError } from "../problem.ts";
import { toolVersion } from "../version.ts";
import { report, sayLine, terminalWidth } from "./outcome.ts";

handleInterrupts();
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough (`| head`) is no failure.
  if (error.code === "EPIPE") process.exit();
  const { problems, exitCode } = writeFailed("stdout", error);
  process.stderr.write(`${problems.map(formatProblem).join("\n")}\n`);
  process.exit(exitCode);
});
process.stderr.on("error", () => {}); // nowhere is left to say so

/** Each verb is a file; only the one that is asked for is loaded, as all together take a second. */
const loaders = {
  init: () => import("./init.ts"),
  formats: () => import("./formats.ts"),
  check: () => import("./check.ts"),
  generate: () => import("./generate.ts"),
  build: () => import("./build.ts"),
  decode: () => import("./decode.ts"),
  quantize: () => import("./quantize.ts"),
  "quantize-model": () => import("./quantize-model.ts"),
  matmul: () => import("./matmul.ts"),
  verify: () => import("./verify.ts"),
  eval: () => import("./eval.ts"),
  lab: () => import("./lab.ts"),
  fold: () => import("./fold.ts"),
  fit: () => import("./fit.ts"),
  estimate: () => import("./estimate.ts"),
  explore: () => import("./explore.ts"),
  bench: () => import("./bench.ts"),
  report: () => import("./report.ts"),
  deploy: () => import("./deploy.ts"),
  doctor: () => import("./doctor.ts"),
  clean: () => import("./clean.ts"),
};
const names = Object.keys(loaders) as (keyof typeof loaders)[];
const args = hideBin(process.argv);
const verb = names.find((name) => name === args.find(isWord));
const verbs = await Promise.all((verb ? [verb] : names).map((name) => loaders[name]()));
const parser = yargs(args)
  .scriptName("bfq")
  .version(toolVersion) // yargs would take the version of the project that the command is installed in
  .usage("$0 <verb> - generator of block-floating-point MatMul accelerators")
  .option("json", { type: "boolean", default: false, describe: "print one JSON object and nothing else on stdout" })
  .option("verbose", { type: "boolean", default: false, describe: "say more on stderr" })
  .command(verbs as never)
  .demandCommand(1, "name a verb")
  .recommendCommands()
  .strict()
  .parserConfiguration({ "duplicate-arguments-array": false })
  .wrap(Math.min(110, terminalWidth()))
  .exitProcess(false)
  .fail((message, error) => {
    // What a verb threw comes without a message; what is thrown here comes back a second time, with one.
    if (error instanceof UserError || (!message && error instanceof Error)) throw error;
    throw userError("usage", message || String(error), { fix: `see \`bfq ${verb ? `${verb} ` : ""}--help\`` });
  });

function isWord(argument: string): boolean {
  return !argument.startsWith("-");
}

try {
  await parser.parseAsync();
} catch (error) {
  // Usage errors are reported like any UserError. Anything else is a bug in bfq and keeps its stack.
  const json = process.argv.includes("--json");
  await report({ json, verbose: false }, async () => {
    throw error;
  }).catch((defect: unknown) => {
    // Its message may hold anything of a file; node prints it with its stack and causes.
    sayLine(inspect(defect));
    process.exitCode = ExitCode.toolFailed;
  });
}
