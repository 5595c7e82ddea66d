import { access, readdir, readFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Argv } from "yargs";
import { writeOutput } from "../output/file.ts";
import { packageRoot, specsFolder } from "../paths.ts";
import { userError } from "../problem.ts";
import { parseAccelerator } from "../spec/accelerator.ts";
import { SpecSource } from "../spec/source.ts";
import { type CommonOptions, report } from "./outcome.ts";

interface Answers {
  name: string;
  board: string;
  formats: string;
  lanes: number;
  columns: number;
  "max-k": number;
}

interface Options extends CommonOptions, Partial<Answers> {
  folder: string;
}

export const command = "init [folder]";
export const describe = "a folder of your own: an accelerator spec, a format and a README";

export const builder = (yargs: Argv) =>
  yargs
    .positional("folder", { type: "string", default: ".", describe: "where to write; files that are there stay" })
    .option("name", { type: "string", requiresArg: true, describe: "name of the variant" })
    .option("board", { type: "string", requiresArg: true, describe: "a board's name, or its YAML file" })
    .option("formats", { type: "string", requiresArg: true, describe: "formats beside your own, separated by commas" })
    .option("lanes", { type: "number", requiresArg: true, describe: "weight ports, each with its own datapath" })
    .option("columns", { type: "number", requiresArg: true, describe: "activation columns computed at once" })
    .option("max-k", { type: "number", requiresArg: true, describe: "longest row" })
    .epilogue("On a terminal it asks for what no flag says; elsewhere it takes the defaults.");

const ownFormat = "formats/made_up3.yaml";
const example = `${packageRoot}docs/examples/made_up3.yaml`;

export const handler = (options: Options) =>
  report(options, async () => {
    const { folder } = options;
    const spec = join(folder, "accelerator.yaml");
    const files = [spec, join(folder, ownFormat), join(folder, "README.md")];
    for (const file of files) await refuseExisting(file);
    const answers = await ask(options, await defaults(folder));
    // The folder's own format is not there yet: what is checked has the path of the one that it will be a copy of.
    await parseAccelerator(SpecSource.parse(acceleratorYaml(answers, folder, example), spec));
    const format = (await readFile(example, "utf8")).replace(
      /^.*\n/,
      `${schemaLine(join(folder, "formats"), "format")}\n`,
    );
    await writeOutput(files[0], acceleratorYaml(answers, folder, ownFormat));
    await writeOutput(files[1], format);
    await writeOutput(files[2], readme(answers.name));
    const next = folder === "." ? "" : `cd ${folder}; `;
    return {
      ok: true,
      json: { folder, files },
      text: `${files.join("\n")}\nnext: ${next}npx bfq check accelerator.yaml`,
    };
  });

async function refuseExisting(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw userError("file-exists", "the file is there already", { file, fix: "name another folder" });
}

async function defaults(folder: string): Promise<Answers> {
  const name = basename(resolve(folder)).replace(/[^A-Za-z0-9_-]/g, "_");
  return {
    name: /^[A-Za-z]/.test(name) ? name.slice(0, 40) : "mine",
    board: "kv260",
    formats: "q4_0,q8_0",
    ...{ lanes: 4, columns: 1, "max-k": 8192 },
  };
}

/** Flags first, then the user where there is one, then defaults. */
async function ask(options: Options, fallback: Answers): Promise<Answers> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && !options.json;
  const answers: Record<string, string | number> = { ...fallback };
  const boards = (await readdir(`${specsFolder}/boards`)).map((file) => basename(file, ".yaml"));
  const hints: Partial<Answers> = { board: ` (${boards.join(", ")}, or a .yaml file)`, formats: " beside your own" };
  const terminal = isTerminal ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  try {
    for (const key of Object.keys(fallback) as (keyof Answers)[]) {
      const given =
        options[key] ?? (await terminal?.question(`${key}${hints[key] ?? ""} [${fallback[key]}]: `))?.trim();
      if (given !== undefined && given !== "") answers[key] = typeof fallback[key] === "number" ? Number(given) : given;
    }
  } finally {
    terminal?.close();
  }
  return answers as unknown as Answers;
}

/** Flags become YAML as JSON strings and numbers, so that none of them can end its line. */
function acceleratorYaml({ name, board, formats, ...numbers }: Answers, folder: string, own: string): string {
  const quoted = (text: string) => (/^[A-Za-z][\w./-]*$/.test(text) ? text : JSON.stringify(text));
  const named = formats.split(",").map((format) => format.trim());
  return [
    schemaLine(folder, "accelerator"),
    "bfq: 1",
    `name: ${quoted(name)}`,
    `board: ${quoted(board)} # a name, or the path of a YAML file`,
    "formats: # names, or paths from here",
    ...[...named.filter(Boolean), own].map((format) => `  - ${quoted(format)}`),
    `lanes: ${numbers.lanes} # weight ports`,
    `columns: ${numbers.columns} # activation columns computed at once`,
    `max-k: ${numbers["max-k"]} # longest row`,
    "",
  ].join("\n");
}

/** Editors find the schema where the package is. */
function schemaLine(folder: string, schema: string): string {
  const path = relative(resolve(folder), `${packageRoot}schemas/${schema}.schema.json`);
  return `# yaml-language-server: $schema=${path}`;
}

const readme = (name: string) => `# ${name}

A MatMul accelerator of bfq's: \`accelerator.yaml\` names board, formats and sizes, \`${ownFormat}\` is a number format of
this folder. Formats and boards are named by name or by the path of a YAML file; the vectors of a grid lie in \`formats/grids/\`.

\`\`\`sh
npx bfq formats show ${ownFormat}      # draws the block
npx bfq check accelerator.yaml                 # what it becomes
npx bfq generate accelerator.yaml              # HLS C++, SystemVerilog and driver to generated/${name}
npx bfq verify accelerator.yaml --engine csim  # against the golden model, bit for bit; rtl needs verilator
npx bfq estimate accelerator.yaml --model tinyllama-1.1b --mix pure-${ownFormat}
\`\`\`

Every key of a format: \`docs/format-language.md\` of the package (\`node_modules/bfq/docs\`). What else there is:
\`npx bfq --help\`.
`;
