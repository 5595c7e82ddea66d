import { userError } from "../problem.ts";
import type { Header, HeaderTensor } from "./header.ts";
import { quote } from "./text.ts";
import { type GgufTensor, plainTypes, type TypeSizes } from "./types.ts";

/**
 * Places every tensor in the file: whole blocks, aligned, inside the file, none over another. All in BigInt, as offsets
 * and sizes are 64-bit numbers from the file and must not wrap. A tensor of an unknown type gets 0 bytes; of it only
 * the offset can be checked, so that it does not spoil the rest of the file.
 */
export function placeTensors(header: Header, typeSizes: TypeSizes, size: bigint, file: string): GgufTensor[] {
  const fail = (rule: string, what: string, why: string, fix = "download or convert the file again: it is damaged") =>
    userError(rule, what, { why, fix, file });

  const placed = header.tensors.map((tensor) => {
    const { name, at, type, shape, offset } = tensor;
    const what = `tensor ${quote(name)} (byte ${at})`;
    const format = typeSizes.get(type) ?? plainTypes.get(type);
    if (format && shape[0] % BigInt(format.elements) !== 0n) {
      const why = `a ${format.name} block holds ${format.elements} elements of a row`;
      throw fail("gguf-row", `${what} has rows of ${shape[0]} elements, no whole number of blocks`, why);
    }
    if (offset % BigInt(header.alignment) !== 0n) {
      const why = `the alignment of this file is ${header.alignment} bytes`;
      throw fail("gguf-offset", `${what} has the unaligned offset ${offset}`, why);
    }
    const begin = header.dataStart + offset;
    const bytes = format ? storedBytes(tensor, format.elements, format.bytes) : 0n;
    if (begin >= size) {
      const why = "the file is cut off, or the offset is wrong";
      const fix = "download the file again: it is cut off or damaged";
      throw fail("gguf-offset", `${what} starts at byte ${begin}, but the file ends at byte ${size}`, why, fix);
    }
    if (begin + bytes > size) {
      const why = "the file is cut off, or the shape is wrong";
      const fix = "download the file again: it is cut off or damaged";
      throw fail("gguf-data", `${what} ends at byte ${begin + bytes}, but the file at byte ${size}`, why, fix);
    }
    return { name, type, shape: shape.map(Number), offset: Number(begin), bytes: Number(bytes) };
  });

  const inOrder = [...placed].sort((a, b) => a.offset - b.offset);
  for (const [i, next] of inOrder.slice(1).entries()) {
    const before = inOrder[i];
    if (next.offset < before.offset + Math.max(before.bytes, 1)) {
      const what = `tensors ${quote(before.name)} and ${quote(next.name)} overlap at byte ${next.offset}`;
      throw fail(
        "gguf-overlap",
        what,
        `the first starts at byte ${before.offset}, its size is ${before.bytes || "unknown"}`,
      );
    }
  }
  return placed;
}

/** Size of whole rows of blocks. */
function storedBytes({ shape }: HeaderTensor, elements: number, bytes: number): bigint {
  return (shape.reduce((product, size) => product * size, 1n) / BigInt(elements)) * BigInt(bytes);
}
