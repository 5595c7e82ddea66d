import { quote } from "../printable.ts";
import { userError } from "../problem.ts";
import type { Header, HeaderTensor, Wanted } from "./header.ts";
import { otherBlock } from "./other-block.ts";
import { type GgufTensor, plainTypes, type TypeSizes } from "./types.ts";

/**
 * Places every tensor in the file: whole blocks, aligned, none over another, and inside the file where its data is wanted.
 * All in BigInt, as offsets and sizes are 64-bit numbers from the file and must not wrap. Of a tensor of an unknown type
 * only the offset can be checked, so that it does not spoil the rest of the file.
 */
export function placeTensors(
  header: Header,
  typeSizes: TypeSizes,
  size: bigint,
  file: string,
  wanted: Wanted,
): { tensors: GgufTensor[]; missing: number } {
  const fail = (rule: string, what: string, why: string, fix = "download or convert the file again: it is damaged") =>
    userError(rule, what, { why, fix, file });
  const cutOff = "download the file again: it is cut off or damaged";

  const startsPastEnd = (what: string, begin: number | bigint) => {
    const why = "the file is cut off, or the offset is wrong";
    return fail("gguf-offset", `${what} starts at byte ${begin}, but the file ends at byte ${size}`, why, cutOff);
  };

  let end = size;
  const tensors = header.tensors.map((tensor): GgufTensor => {
    const { name, at, type, shape, offset } = tensor;
    const what = `tensor ${quote(name)} (byte ${at})`;
    const format = typeSizes.get(type) ?? plainTypes.get(type);
    if (format && (shape[0] ?? 1n) % BigInt(format.elements) !== 0n) {
      throw fail(
        "gguf-row",
        `${what} has rows of ${shape[0] ?? 1n} elements, no whole number of blocks`,
        `a ${format.name} block holds ${format.elements} elements of a row`,
      );
    }
    if (offset % BigInt(header.alignment) !== 0n) {
      const why = `the alignment of this file is ${header.alignment} bytes`;
      throw fail("gguf-offset", `${what} has the unaligned offset ${offset}`, why);
    }
    const begin = header.dataStart + offset;
    const bytes = format && storedBytes(tensor, format.elements, format.bytes);
    if (begin + (bytes ?? 1n) > Number.MAX_SAFE_INTEGER) throw startsPastEnd(what, begin);
    if (bytes !== 0n && begin + (bytes ?? 1n) > end) end = begin + (bytes ?? 1n);
    const stored = bytes === undefined ? {} : { bytes: Number(bytes) };
    return { name, path: file, type, shape: shape.map(Number), offset: Number(begin), ...stored };
  });

  // An empty tensor is nowhere.
  const inOrder = tensors.filter(({ bytes }) => bytes !== 0).sort((a, b) => a.offset - b.offset);
  for (const [type, known] of typeSizes) {
    const other = otherBlock(inOrder, type, known, header.alignment);
    if (!other) continue;
    throw fail(
      "gguf-layout",
      `tensors of type ${type} do not have the blocks of ${known.name}: ${known.elements} weights in ${known.bytes} bytes`,
      `their distances fit blocks of ${other.elements} weights in ${other.bytes} bytes`,
      "describe these blocks as a format of their own, or quantise the model again with a current llama.cpp",
    );
  }
  for (const [i, { name, offset, bytes }] of wanted === "data" ? tensors.entries() : []) {
    if (bytes === 0) continue;
    const what = `tensor ${quote(name)} (byte ${header.tensors[i].at})`;
    if (offset >= size) throw startsPastEnd(what, offset);
    const ends = offset + (bytes ?? 1);
    if (ends > size) {
      const why = "the file is cut off, or the shape is wrong";
      throw fail("gguf-data", `${what} ends at byte ${ends}, but the file at byte ${size}`, why, cutOff);
    }
  }
  for (const [i, next] of inOrder.slice(1).entries()) {
    const before = inOrder[i];
    if (next.offset < before.offset + (before.bytes ?? 1)) {
      throw fail(
        "gguf-overlap",
        `tensors ${quote(before.name)} and ${quote(next.name)} overlap at byte ${next.offset}`,
        `the first starts at byte ${before.offset}, its size is ${before.bytes ?? "unknown"}`,
      );
    }
  }
  return { tensors, missing: Number(end - size) };
}

/** Size of whole rows of blocks. */
function storedBytes({ shape }: HeaderTensor, elements: number, bytes: number): bigint {
  return (shape.reduce((product, size) => product * size, 1n) / BigInt(elements)) * BigInt(bytes);
}
