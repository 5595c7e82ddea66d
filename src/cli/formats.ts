import type { Argv } from "yargs";
import { refuseFormat } from "../plan/format-plan.ts";
import { drawBlock } from "../report/draw-block.ts";
import { findFormat, readLibrary } from "../spec/library.ts";
import { type CommonOptions, report, table } from "./outcome.ts";

interface Options extends CommonOptions {
  action?: "show" | undefined;
  name?: string | undefined;
}

export const command = "formats [action] [name]";
export const describe = "list the block formats, or draw one: formats show NAME";

export const builder = (yargs: Argv) =>
  yargs
    .positional("action", { choices: ["show"] as const, describe: "draw one format" })
    .positional("name", { type: "string", describe: "the format to draw" })
    .check(({ action, name }) => action === undefined || name !== undefined || "formats show needs a name");

export const handler = (options: Options) =>
  report(options, async () => {
    const library = await readLibrary();
    if (options.action === "show" && options.name !== undefined) {
      const format = findFormat(library, options.name);
      const drawing = drawBlock(format);
      const { name, elements, bytes, subBlock, step, activation } = format;
      return { ok: true, json: { name, elements, bytes, subBlock, step, activation, drawing }, text: drawing };
    }
    const list = [...library.values()].map((format) => ({
      name: format.name,
      bitsPerWeight: (format.bytes * 8) / format.elements,
      elements: format.elements,
      bytes: format.bytes,
      activation: format.activation,
      hardware: refuseFormat(format).length === 0,
      description: format.description ?? "",
    }));
    const rows = list.map((row) => [
      row.name,
      row.bitsPerWeight,
      row.elements,
      row.bytes,
      row.activation,
      row.hardware ? "yes" : "golden only",
      row.description,
    ]);
    return {
      ok: true,
      json: { formats: list },
      text: table(["format", "bits/weight", "weights", "bytes", "activation", "hardware", ""], rows),
    };
  });
