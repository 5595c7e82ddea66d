import type { Argv } from "yargs";
import { decode } from "../golden/decode.ts";
import { writeOutput } from "../output/file.ts";
import { userError } from "../problem.ts";
import { chooseFormat } from "../spec/library.ts";
import { readInput } from "./files.ts";
import { type CommonOptions, report } from "./outcome.ts";

interface Options extends CommonOptions {
  format: string;
  in: string;
  out: string;
}

export const command = "decode";
export const describe = "stored blocks to float32, bit for bit as ggml does";

export const builder = (yargs: Argv) =>
  yargs
    .option("format", { type: "string", demandOption: true, describe: "a format's name, or a format file (.yaml)" })
    .option("in", { type: "string", demandOption: true, describe: "stored blocks" })
    .option("out", { type: "string", demandOption: true, describe: "float32 values, little-endian" });

export const handler = (options: Options) =>
  report(options, async () => {
    const format = await chooseFormat(options.format);
    const bytes = await readInput(options.in);
    if (bytes.length === 0 || bytes.length % format.bytes !== 0) {
      throw userError("block-size", `${bytes.length} bytes are not whole blocks of ${format.name}`, {
        file: options.in,
        why: `a block has ${format.bytes} bytes for ${format.elements} weights`,
      });
    }
    const values = decode(format, bytes);
    await writeOutput(options.out, new Uint8Array(values.buffer));
    const blocks = bytes.length / format.bytes;
    return {
      ok: true,
      json: { format: format.name, blocks, values: values.length, out: options.out },
      text: `${blocks} blocks of ${format.name}: ${values.length} values to ${options.out}`,
    };
  });
