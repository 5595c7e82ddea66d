#!/usr/bin/env node
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { ExitCode, UserError, userError } from "../problem.ts";
import { toolVersion } from "../version.ts";
import * as bench from "./bench.ts";
import * as build from "./build.ts";
import * as check from "./check.ts";
import * as decode from "./decode.ts";
import * as deploy from "./deploy.ts";
import * as doctor from "./doctor.ts";
import * as estimate from "./estimate.ts";
import * as evaluate from "./eval.ts";
import * as fit from "./fit.ts";
import * as fold from "./fold.ts";
import * as formats from "./formats.ts";
import * as generate from "./generate.ts";
import * as init from "./init.ts";
import * as matmul from "./matmul.ts";
import { report, terminalWidth } from "./outcome.ts";
import * as quantize from "./quantize.ts";
import * as verify from "./verify.ts";

const verbs = [
  ...[init, formats, check, generate, build, decode, quantize, matmul, verify],
  ...[evaluate, fold, fit, estimate, bench, deploy, doctor],
];
const args = hideBin(process.argv);
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
    const verb = verbs.map(({ command }) => command.split(" ")[0]).find((name) => name === args.find(isWord));
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
    console.error(defect);
    process.exitCode = ExitCode.toolFailed;
  });
}
