import { join, resolve } from "node:path";
import type { Argv } from "yargs";
import { sha256 } from "../emit/variant.ts";
import { type Built, buildKria } from "../kria/build/build.ts";
import { type Prepared, prepareVivado } from "../kria/build/prepare.ts";
import { ExitCode, UserError, userError } from "../problem.ts";
import { readInput } from "./files.ts";
import { forceDescription, specName } from "./generate.ts";
import { type CommonOptions, report, table } from "./outcome.ts";
import { positiveInteger, readVariant } from "./variant-options.ts";

interface Options extends CommonOptions {
  spec: string;
  tool?: "vivado" | "vitis" | undefined;
  prepare: boolean;
  strategy?: string | undefined;
  jobs: number;
  out?: string | undefined;
  bitstream?: string | undefined;
  platform?: string | undefined;
  cosim: boolean;
  force: boolean;
  "llama-source"?: string | undefined;
  "ggml-libraries"?: string | undefined;
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
    .option("prepare", {
      type: "boolean",
      default: false,
      describe: "write all that Vivado needs on another machine, run nothing",
    })
    .option("strategy", { type: "string", describe: "of Vivado's implementation, such as Performance_Explore" })
    .option("jobs", { type: "number", default: 4, describe: "runs of Vivado at once" })
    .option("out", { alias: "o", type: "string", describe: "folder (default build/NAME-TOOL; build/NAME-prepared)" })
    .option("bitstream", { type: "string", conflicts: "tool", describe: "a .bit that was made before: package it" })
    .option("platform", { type: "string", describe: "vitis: also link an .xclbin for XRT to this platform (.xpfm)" })
    .option("cosim", { type: "boolean", default: false, describe: "vitis: co-simulate too; hours" })
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
    const { spec, tool, prepare, bitstream, platform, cosim } = options;
    refuseOptions(options);
    if (bitstream !== undefined) await readInput(bitstream);
    if (platform !== undefined) await readInput(platform);
    const { accelerator, plan, verdict } = await readVariant(spec);
    if ((tool || prepare) && !verdict.fits) throw new UserError(verdict.problems, ExitCode.checkFailed);
    const vivado = { jobs: options.jobs, strategy: options.strategy };
    const origin = { spec: specName(spec), specHash: sha256(await readInput(spec)) };
    if (prepare) {
      const out = options.out ?? `build/${plan.name}-prepared`;
      const prepared = await prepareVivado({ plan, origin, out, vivado, force: options.force });
      return { ok: true, json: { ...prepared }, warnings: verdict.warnings, text: describePrepared(prepared) };
    }
    const llama = options["llama-source"];
    const built = await buildKria({
      accelerator,
      plan,
      origin,
      vivado,
      out: options.out ?? `build/${plan.name}-${tool ?? "bitstream"}`,
      ...(tool && { tool }),
      ...(bitstream !== undefined && { bitstream }),
      ...(platform !== undefined && { platform: resolve(platform) }),
      cosim,
      force: options.force,
      ...(llama !== undefined && {
        llama: {
          source: resolve(llama),
          libraries: options["ggml-libraries"]!.split(",").map((path) => resolve(path)),
        },
      }),
      say: (line) => process.stderr.write(`${line}\n`),
    });
    return { ok: true, json: { ...built }, warnings: verdict.warnings, text: describeBuilt(built) };
  });

function refuseOptions({ tool, prepare, bitstream, platform, cosim, strategy, jobs, ...rest }: Options): void {
  if (!tool && !prepare && bitstream === undefined) {
    throw userError("usage", "what is to make the bitstream?", {
      fix: "--tool vivado, --tool vitis, --prepare, or --bitstream FILE",
    });
  }
  if (prepare && (tool === "vitis" || bitstream !== undefined || rest["llama-source"] !== undefined)) {
    throw userError("usage", "--prepare writes for Vivado and packs nothing", {
      fix: "leave out --tool vitis, --bitstream and --llama-source",
    });
  }
  if (tool !== "vitis" && (platform !== undefined || cosim)) {
    throw userError("usage", "--platform and --cosim go with --tool vitis");
  }
  positiveInteger("jobs", jobs, 64);
  if (strategy === undefined) return;
  if (bitstream !== undefined) throw userError("usage", "--strategy goes with --tool or --prepare");
  // It becomes a word of Vivado's command line, and of the how-to's.
  if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(strategy)) {
    throw userError("usage", "--strategy is no name of Vivado's: a letter, then letters, digits and '_'", {
      fix: "for example Performance_Explore",
    });
  }
}

const describePrepared = ({ folder, files }: Prepared) =>
  `${files.length} files in ${folder}; nothing was run: ${join(folder, "HOW-TO.md")} says how`;

function describeBuilt({ folder, timing, utilisation, power, methodology, runs, package: made }: Built): string {
  const lines = [
    table(
      ["step", "seconds", "log"],
      runs.map(({ name, seconds, log }) => [name, seconds, log]),
    ),
  ];
  if (timing) lines.push(`timing met: worst slack ${timing.setup.worst} ns setup, ${timing.hold.worst} ns hold`);
  if (utilisation) {
    const rows = Object.entries(utilisation).map(([name, { used, available }]) => [
      name,
      used,
      available,
      `${((100 * used) / available).toFixed(1)} %`,
    ]);
    lines.push(table(["resource", "used", "available", ""], rows));
  }
  if (power) lines.push(`power, estimated: ${power.total} W (${power.dynamic} W dynamic, ${power.static} W static)`);
  const findings = Object.entries(methodology ?? {}).map(([severity, count]) => `${count} ${severity}`);
  if (findings.length > 0) lines.push(`methodology: ${findings.join(", ")} (${join(folder, "work/methodology.rpt")})`);
  lines.push(join(folder, made.tar), join(folder, made.deb));
  return lines.join("\n");
}
