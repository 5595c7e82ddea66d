import { isDeepStrictEqual } from "node:util";
import type { GgufFile } from "../gguf/gguf.ts";
import { userError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { parseFormat } from "../spec/parse-format.ts";
import { SpecSource } from "../spec/source.ts";

/** Key of a GGUF file that `bfq quantize-model` wrote: the specs (YAML) of formats that ggml has no type for. */
export const ownFormatsKey = "bfq.formats";

/** Type number of the first of them, far from those of ggml and its forks; the others follow. */
export const firstOwnType = 0x62660000;

const mostFormats = 64;

/**
 * The formats that a file brings along, under the type numbers that its tensors have.
 * @param library none of them may have the name of another format
 * @throws UserError
 */
export function ownFormats({ path, metadata }: GgufFile, library: ReadonlyMap<string, Format>): Format[] {
  const specs = metadata.get(ownFormatsKey) ?? [];
  const fail = (what: string, fix: string) => userError("own-format", what, { fix, file: path });
  if (!Array.isArray(specs) || specs.length > mostFormats || specs.some((spec) => typeof spec !== "string")) {
    throw fail(`key ${ownFormatsKey} is no array of ${mostFormats} strings at most`, "quantise the model again");
  }
  return (specs as string[]).map((text, i) => {
    const source = SpecSource.parse(text, `${path} (${ownFormatsKey}[${i}])`);
    const { level } = (source.value ?? {}) as { level?: { grid?: unknown } };
    // A grid is a file of its own, and a model must not name files of this machine.
    if (level?.grid !== undefined) throw fail(`${ownFormatsKey}[${i}] names a grid`, "use a format without one");
    const format = { ...parseFormat(source), ggmlType: firstOwnType + i };
    const known = library.get(format.name);
    if (known && !isSame(known, format)) {
      throw fail(`its format ${format.name} is not the one that bfq knows`, "rename one of them, and quantise again");
    }
    return format;
  });
}

const isSame = (a: Format, b: Format) =>
  isDeepStrictEqual({ ...a, description: "", ggmlType: 0 }, { ...b, description: "", ggmlType: 0 });
