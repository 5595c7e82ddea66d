import { join, resolve } from "node:path";
import type { Argv } from "yargs";
import { sha256 } from "../emit/variant.ts";
import { type Built, buildKria } from "../kria/build/build.ts";
import { type Prepared, prepareBuild } from "../kria/build/prepare.ts";
import { type Strategy, strategies } from "../kria/build/strategies.ts";
import { ExitCode, UserError, userError } from "../problem.ts";
import { readInput } from "./files.ts";
import { forceDescription, specName } from "./generate.ts";
import { type CommonOptions, type Outcome, report, sayLine, table } from "./outcome.ts";
import { positiveInteger, readVariant } from "./variant-options.ts";
import { describeReports } from "./vivado-reports.ts";

interface Options extends CommonOptions {
  spec: string;
  tool?: "vivado" | "vitis" | undefined;
  out?: string | undefined;
  bitstream?: string | undefined;
  platform?: string | undefined;
  cosim: boolean;
  prepare: boolean;
  strategy?: Strategy | undefined;
  jobs: number;
  force: boolean;
  "llama-source"?: string | undefined;
  "ggml-libraries"?: string | undefined;
  "device-trees"?: string | undefined;
}

export const command = "build <spec>";
export const describe = "bitstream by AMD's tools, and of it a Kria application (tar and Debian package)";

export const builder = (yargs: Argv) =>
  yargs
    .positional("spec", { type: "string", demandOption: true, describe: "a file of specs/accelerators" })
    .option("tool", {
      choices: ["vivado", "vitis"] as const,
      describe: "vivado: our SystemVerilog; vitis: our HLS C++",
    })
    .option("out", { alias: "o", type: "string", describe: "folder (default build/NAME-TOOL)" })
    .option("bitstream", {
      type: "string",
      conflicts: "tool",
      describe: "a .bit that was made before: package it, and read Vivado's reports beside it",
    })
    .option("prepare", {
      type: "boolean",
      default: false,
      describe: "vivado: run nothing, write all that Vivado needs on another machine",
    })
    .option("strategy", { choices: strategies, describe: "Vivado's strategy of implementation (default: its own)" })
    .option("jobs", { type: "number", default: 4, describe: "Vivado's runs at a time" })
    .option("platform", { type: "string", describe: "vitis: also link an .xclbin for XRT to this platform (.xpfm)" })
    .option("cosim", { type: "boolean", default: false, describe: "vitis: co-simulate too; hours" })
    .option("device-trees", {
      type: "string",
      requiresArg: true,
      describe:
        "folder of the K26's own device trees (.dtb): the overlay is tried on them (default: those installed here)",
    })
    .option("force", { type: "boolean", default: false, describe: forceDescription })
    .option("llama-source", {
      type: "string",
      implies: "ggml-libraries",
      describe: "source of the board's llama.cpp: builds the plug-in",
    })
    .option("ggml-libraries", {
      type: "string",
      implies: "llama-source",
      describe: "its libggml.so and libggml-base.so for aarch64, separated by commas",
    });

export const handler = (options: Options) =>
  report(options, async () => {
    const { spec, tool, bitstream, platform, cosim } = options;
    if (!tool && bitstream === undefined) {
      throw userError("usage", "what is to make the bitstream?", {
        fix: "--tool vivado, --tool vitis, or --bitstream FILE",
      });
    }
    if (tool !== "vitis" && (platform !== undefined || cosim)) {
      throw userError("usage", "--platform and --cosim go with --tool vitis");
    }
    if (tool !== "vivado" && options.prepare) throw userError("usage", "--prepare goes with --tool vivado");
    if (!tool && options.strategy) throw userError("usage", "--strategy goes with --tool: a bitstream is made already");
    const implementation = { strategy: options.strategy, jobs: positiveInteger("jobs", options.jobs, 64) };
    if (bitstream !== undefined) await readInput(bitstream);
    if (platform !== undefined) await readInput(platform);
    const { accelerator, plan, verdict } = await readVariant(spec);
    if (tool && !verdict.fits) throw new UserError(verdict.problems, ExitCode.checkFailed);
    const common = {
      plan,
      origin: { spec: specName(spec), specHash: sha256(await readInput(spec)) },
      out: options.out ?? `build/${plan.name}-${tool ?? "bitstream"}`,
      implementation,
      force: options.force,
      say: sayLine,
    };
    if (options.prepare) return describePrepared(await prepareBuild(common), verdict.warnings);
    const llama = options["llama-source"];
    const built = await buildKria({
      ...common,
      accelerator,
      ...(tool && { tool }),
      ...(bitstream !== undefined && { bitstream }),
      ...(platform !== undefined && { platform: resolve(platform) }),
      cosim,
      ...(options["device-trees"] !== undefined && { deviceTrees: resolve(options["device-trees"]) }),
      ...(llama !== undefined && {
        llama: {
          source: resolve(llama),
          libraries: options["ggml-libraries"]!.split(",").map((path) => resolve(path)),
        },
      }),
    });
    return { ok: true, json: { ...built }, warnings: verdict.warnings, text: describeBuilt(built) };
  });

function describePrepared(made: Prepared, warnings: readonly string[]): Outcome {
  const { folder, results } = made;
  const text = `${folder}: copy it to the machine with Vivado; README.md there says what to run, and to bring back:\n${results.map((path) => `  ${path}`).join("\n")}`;
  return { ok: true, json: { ...made }, warnings, text };
}

function describeBuilt({ folder, runs, package: made, ...reports }: Built): string {
  const lines = [
    table(
      ["step", "seconds", "log"],
      runs.map(({ name, seconds, log }) => [name, seconds, log]),
    ),
  ];
  lines.push(...describeReports(reports));
  lines.push(join(folder, made.tar), join(folder, made.deb));
  return lines.join("\n");
}
