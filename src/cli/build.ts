import { join, resolve } from "node:path";
import type { Argv } from "yargs";
import { sha256 } from "../emit/variant.ts";
import { type Built, buildKria } from "../kria/build/build.ts";
import { ExitCode, UserError, userError } from "../problem.ts";
import { readInput } from "./files.ts";
import { forceDescription, specName } from "./generate.ts";
import { type CommonOptions, report, table } from "./outcome.ts";
import { readVariant } from "./variant-options.ts";

interface Options extends CommonOptions {
  spec: string;
  tool?: "vivado" | "vitis" | undefined;
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
    .option("out", { alias: "o", type: "string", describe: "folder (default build/NAME-TOOL)" })
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
    const { spec, tool, bitstream, platform, cosim } = options;
    if (!tool && bitstream === undefined) {
      throw userError("usage", "what is to make the bitstream?", {
        fix: "--tool vivado, --tool vitis, or --bitstream FILE",
      });
    }
    if (tool !== "vitis" && (platform !== undefined || cosim)) {
      throw userError("usage", "--platform and --cosim go with --tool vitis");
    }
    if (bitstream !== undefined) await readInput(bitstream);
    if (platform !== undefined) await readInput(platform);
    const { accelerator, plan, verdict } = await readVariant(spec);
    if (tool && !verdict.fits) throw new UserError(verdict.problems, ExitCode.checkFailed);
    const llama = options["llama-source"];
    const built = await buildKria({
      accelerator,
      plan,
      origin: { spec: specName(spec), specHash: sha256(await readInput(spec)) },
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

function describeBuilt({ folder, timing, utilisation, runs, package: made }: Built): string {
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
  lines.push(join(folder, made.tar), join(folder, made.deb));
  return lines.join("\n");
}
