/** How byte-level BPE cuts text into words before it joins bytes: facts of each tokenizer, by llama.cpp's names. */
export interface WordSplit {
  /** Applied one after the other, each to the pieces that the one before left. */
  patterns: RegExp[];
  /** A word that is a token is taken whole. */
  ignoresMerges?: boolean;
  /** Windows start with BOS unless the file says otherwise. */
  addsBos?: boolean;
}

const gpt2 = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)/gu;

/** The pattern of GPT-4's family, with numbers of at most `digits`. */
const withDigits = (digits: string) =>
  new RegExp(
    String.raw`'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|` +
      String.raw`\p{N}${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    "gu",
  );

const llama3: WordSplit = { patterns: [withDigits("{1,3}")], ignoresMerges: true, addsBos: true };
const qwen2: WordSplit = { patterns: [withDigits("")] };

export const wordSplits: Record<string, WordSplit> = {
  "gpt-2": { patterns: [gpt2] },
  smollm: { patterns: [/\p{N}/gu, gpt2] },
  qwen2,
  "deepseek-r1-qwen": qwen2,
  "llama-bpe": llama3,
  llama3,
  "llama-v3": llama3,
};

/** Matches and what lies between them, in order. */
function cut(text: string, pattern: RegExp): string[] {
  const words: string[] = [];
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > done) words.push(text.slice(done, match.index));
    words.push(match[0]);
    done = match.index + match[0].length;
  }
  if (done < text.length) words.push(text.slice(done));
  return words;
}

export const splitWords = (text: string, { patterns }: WordSplit): string[] =>
  patterns.reduce((words, pattern) => words.flatMap((word) => cut(word, pattern)), [text]);
