import type { GgufFile } from "../gguf/gguf.ts";
import { quote } from "../printable.ts";
import { userError } from "../problem.ts";
import { mergePairs } from "./merge.ts";
import { splitWords, type WordSplit, wordSplits } from "./words.ts";

/** A model's tokenizer, as far as plain text needs it: control tokens in the text stay text. */
export interface Vocabulary {
  size: number;
  /** What starts every window, where the model wants it. */
  bos?: number;
  /** Tokens of a text, without BOS. */
  tokenize(text: string): Int32Array;
}

/** token_type of GGUF. */
const USER_DEFINED = 4;

/** The vocabulary of a file. @throws UserError for tokenizers that `eval` does not know */
export function readVocabulary(file: GgufFile): Vocabulary {
  const { metadata, path } = file;
  const fail = (what: string, fix: string) => userError("eval-vocabulary", what, { fix, file: path });
  const list = (key: string, type: "string" | "number"): unknown[] | undefined => {
    const found = metadata.get(`tokenizer.ggml.${key}`);
    if (found === undefined || (Array.isArray(found) && found.every((item) => typeof item === type))) return found;
    throw fail(`key tokenizer.ggml.${key} is no array of ${type}s`, "convert the model again");
  };
  const model = metadata.get("tokenizer.ggml.model");
  const tokens = list("tokens", "string") as string[] | undefined;
  if (!tokens || tokens.length === 0) throw fail("the file has no tokens", "convert the model with its vocabulary");
  const types = list("token_type", "number") as number[] | undefined;
  const ids = new Map<string, number>();
  // Of two tokens with one text the later wins, as in llama.cpp.
  for (const [id, text] of tokens.entries()) ids.set(text, id);
  const pre = String(metadata.get("tokenizer.ggml.pre") ?? "default");
  const isSpm = model === "llama";
  const flag = (key: string, fallback: boolean) => {
    const found = metadata.get(`tokenizer.ggml.${key}`);
    return typeof found === "boolean" ? found : fallback;
  };
  const encode = (() => {
    if (isSpm) {
      const scores = list("scores", "number") as number[] | undefined;
      if (scores?.length !== tokens.length) throw fail("its tokens have no scores", "convert the model again");
      return spmEncoder(ids, scores, types ?? [], flag("add_space_prefix", true), fail);
    }
    if (model !== "gpt2")
      throw fail(`its tokenizer is ${quote(String(model))}`, "bfq eval knows llama (SPM) and gpt2 (BPE)");
    if (!Object.hasOwn(wordSplits, pre)) {
      throw fail(`its tokenizer splits words as ${quote(pre)}`, `bfq eval knows ${Object.keys(wordSplits).join(", ")}`);
    }
    return bpeEncoder(ids, (list("merges", "string") ?? []) as string[], wordSplits[pre]);
  })();
  const addsBos = flag("add_bos_token", isSpm || wordSplits[pre]?.addsBos === true);
  const bosKey = metadata.get("tokenizer.ggml.bos_token_id");
  const bos = typeof bosKey === "number" ? bosKey : isSpm ? 1 : undefined;
  if (addsBos && !(bos !== undefined && bos >= 0 && bos < tokens.length)) {
    throw fail("it wants a BOS token and names none", "set tokenizer.ggml.bos_token_id");
  }
  const defined = tokens.filter((text, id) => types?.[id] === USER_DEFINED && text !== "");
  return {
    size: tokens.length,
    ...(addsBos && { bos: bos! }),
    tokenize: (text) => Int32Array.from(pieces(text, defined, ids).flatMap(({ id, raw }) => id ?? encode(raw))),
  };
}

interface Piece {
  raw: string;
  /** Set where the piece is a token that the user defined. */
  id?: number;
}

/** User-defined tokens are found before anything else, the longest first. */
function pieces(text: string, defined: string[], ids: ReadonlyMap<string, number>): Piece[] {
  let found: Piece[] = text === "" ? [] : [{ raw: text }];
  for (const token of defined.toSorted((a, b) => b.length - a.length)) {
    found = found.flatMap((piece) => {
      if (piece.id !== undefined) return [piece];
      const between = piece.raw.split(token).map((raw): Piece => ({ raw }));
      return between.flatMap((part, i) => [...(i > 0 ? [{ raw: token, id: ids.get(token)! }] : []), part]);
    });
  }
  return found.filter(({ raw }) => raw !== "");
}

type Encoder = (text: string) => number[];

/** SentencePiece: the pair that makes the token of the highest score is joined first; the rest becomes bytes. */
function spmEncoder(
  ids: ReadonlyMap<string, number>,
  scores: number[],
  types: number[],
  addsSpace: boolean,
  fail: (what: string, fix: string) => Error,
): Encoder {
  const BYTE = 6;
  const byteId = (byte: number) => {
    const name = `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
    return ids.get(name) ?? ids.get(String.fromCharCode(byte));
  };
  const bytes = Array.from({ length: 256 }, (_, byte) => byteId(byte));
  if (types.includes(BYTE) && bytes.includes(undefined)) throw fail("it lacks a byte token", "convert the model again");
  const rank = (left: string, right: string) => {
    const id = ids.get(left + right);
    return id === undefined ? undefined : -scores[id];
  };
  return (text) => {
    const escaped = `${addsSpace ? " " : ""}${text}`.replaceAll(" ", "\u2581");
    return mergePairs([...escaped], rank).flatMap((symbol) => {
      const id = ids.get(symbol);
      return id !== undefined ? [id] : [...Buffer.from(symbol)].map((byte) => bytes[byte] ?? 0);
    });
  };
}

/** GPT-2's letters for bytes: printable ones stand for themselves, the others follow from U+0100 on. */
function byteLetters(): string[] {
  const isPlain = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPlain(byte) ? byte : next++));
}

/** Byte-level BPE: words, then pairs joined in the order of the merges. */
function bpeEncoder(ids: ReadonlyMap<string, number>, merges: string[], split: WordSplit): Encoder {
  const letters = byteLetters();
  // A space parts the two; it is never the first letter.
  const ranks = new Map(merges.map((merge, rank) => [merge, rank]));
  const rank = (left: string, right: string) => ranks.get(`${left} ${right}`);
  const known = new Map<string, number[]>();
  const encodeWord = (word: string): number[] => {
    const spelled = [...Buffer.from(word)].map((byte) => letters[byte]);
    const whole = split.ignoresMerges ? ids.get(spelled.join("")) : undefined;
    if (whole !== undefined) return [whole];
    return mergePairs(spelled, rank).flatMap((symbol) => {
      const id = ids.get(symbol);
      if (id !== undefined) return [id];
      return [...symbol].flatMap((letter) => ids.get(letter) ?? []);
    });
  };
  return (text) =>
    splitWords(text, split).flatMap((word) => {
      const found = known.get(word) ?? encodeWord(word);
      known.set(word, found);
      return found;
    });
}
