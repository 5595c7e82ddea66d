import type { GgufTensor, TypeSize } from "./types.ts";

/** Blocks that public projects use: so many weights of so many whole bits, and an f16 scale. */
const candidates = [16, 32, 64, 128, 256].flatMap((elements) =>
  [1, 2, 3, 4, 5, 6, 7, 8].map((bits) => ({ elements, bytes: (elements * bits) / 8 + 2 })),
);

/**
 * The blocks that tensors of one type have in this file, where all distances to the next tensors contradict those that the
 * type is known to have: numbers of types are taken twice (42 has blocks of 64 in ggml and of 128 in a fork).
 * @param inOrder of all tensors, by offset
 */
export function otherBlock(
  inOrder: readonly GgufTensor[],
  type: number,
  known: TypeSize,
  alignment: number,
): Pick<TypeSize, "elements" | "bytes"> | undefined {
  const stored = (weights: number, { elements, bytes }: Pick<TypeSize, "elements" | "bytes">) =>
    Math.ceil(((weights / elements) * bytes) / alignment) * alignment;
  const distances = inOrder.flatMap((tensor, i) => {
    const next = inOrder[i + 1];
    if (tensor.type !== type || !next) return [];
    const weights = tensor.shape.reduce((product, size) => product * size, 1);
    return [{ k: tensor.shape[0] ?? 1, weights, distance: next.offset - tensor.offset }];
  });
  const fits = (block: (typeof candidates)[number]) =>
    distances.every(({ k, weights, distance }) => k % block.elements === 0 && stored(weights, block) === distance);
  // Of small tensors the alignment hides what a block has.
  const isTelling = distances.some(({ distance }) => distance >= 64 * alignment);
  if (!isTelling || distances.some(({ weights, distance }) => stored(weights, known) === distance)) return undefined;
  return candidates.find(fits);
}
