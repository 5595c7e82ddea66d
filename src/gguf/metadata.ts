import { resolve } from "node:path";
import { gguf } from "@huggingface/gguf";
import { userError } from "../problem.ts";
import type { Header } from "./header.ts";
import type { HeaderReader } from "./reader.ts";
import { quote } from "./text.ts";

/** What `@huggingface/gguf` returns, as far as it is used. */
export interface Parsed {
  metadata: object;
  tensorInfos: { name: string; shape: bigint[]; dtype: number; offset: bigint }[];
  tensorDataOffset: bigint;
}

/** The metadata values of a file whose header was walked, from `@huggingface/gguf`. 64-bit integers are bigint. */
export async function readMetadata(header: Header, reader: HeaderReader): Promise<Record<string, unknown>> {
  // The library takes what starts with http:// for a URL; an absolute path never does.
  const parsed: Parsed = await gguf(resolve(reader.file), { allowLocalFile: true }).catch((error) => {
    throw parserError(reader.file, `the GGUF parser gave up: ${quote(String(error))}`);
  });
  checkAgreement(header, parsed, reader.file);
  const values = new Map(Object.entries(parsed.metadata));
  return Object.fromEntries(
    header.keys.map(({ key, endString }) => {
      const value = values.get(key);
      if (!endString) return [key, value];
      // The library silently cuts a string at the end of its 2 MB chunk if no field of the same value follows.
      reader.position = endString.at;
      const text = reader.text(endString.length, `the value of key ${quote(key)}`);
      return [key, Array.isArray(value) ? [...value.slice(0, -1), text] : text];
    }),
  );
}

/** Two readers of one header must see the same: otherwise one of them is wrong, and no value can be trusted. */
export function checkAgreement(header: Header, parsed: Parsed, file: string): void {
  const { keys, tensors, dataStart } = header;
  const lost = keys.find(({ key }) => !Object.hasOwn(parsed.metadata, key));
  if (lost) throw parserError(file, `the GGUF parser lost key ${quote(lost.key)}`);
  if (parsed.tensorInfos.length !== tensors.length || (tensors.length > 0 && parsed.tensorDataOffset !== dataStart)) {
    const theirs = `${parsed.tensorInfos.length} tensors from byte ${parsed.tensorDataOffset}`;
    throw parserError(file, `the GGUF parser sees ${theirs}, bfq ${tensors.length} from byte ${dataStart}`);
  }
  const index = tensors.findIndex(({ name, type, shape, offset }, i) => {
    const theirs = parsed.tensorInfos[i];
    const sameShape = theirs.shape.length === shape.length && theirs.shape.every((n, axis) => n === shape[axis]);
    return theirs.name !== name || theirs.dtype !== type || theirs.offset !== offset || !sameShape;
  });
  if (index >= 0) throw parserError(file, `the GGUF parser reads tensor ${quote(tensors[index].name)} differently`);
}

function parserError(file: string, what: string) {
  return userError("gguf-parser", what, {
    why: "bfq reads each header twice, by its own checks and by @huggingface/gguf, and the two must agree",
    fix: "download or convert the file again; if that does not help, report the file to bfq",
    file,
  });
}
