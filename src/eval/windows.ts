import { userError } from "../problem.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A run of tokens that the model sees at once; positions from `first` on are scored, but for the last. */
export interface Window {
  tokens: Int32Array;
  first: number;
  /** The token that follows each scored position. */
  next: Int32Array;
}

/**
 * A text as llama-perplexity cuts it: whole windows side by side, BOS in the place of each window's first token where
 * the model wants one, the second half scored.
 * @param most windows at most
 * @throws UserError where the text does not fill one
 */
export function cutWindows(text: string, vocabulary: Vocabulary, context: number, most = Infinity): Window[] {
  const { bos } = vocabulary;
  const own = vocabulary.tokenize(text);
  const tokens = bos === undefined ? own : prepend(bos, own);
  const count = Math.min(most, Math.floor(tokens.length / context));
  if (count === 0) {
    throw userError("eval-text", `the text has ${tokens.length} tokens; a window takes ${context}`, {
      fix: "give a longer text or a smaller --context",
    });
  }
  const first = context / 2;
  return Array.from({ length: count }, (_, i) => {
    const window = tokens.slice(i * context, (i + 1) * context);
    const next = window.slice(first + 1);
    if (bos !== undefined) window[0] = bos;
    return { tokens: window, first, next };
  });
}

function prepend(token: number, tokens: Int32Array): Int32Array {
  const all = new Int32Array(tokens.length + 1);
  all[0] = token;
  all.set(tokens, 1);
  return all;
}
