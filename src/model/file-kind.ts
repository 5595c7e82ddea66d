import type { GgufFile } from "../gguf/gguf.ts";
import { userError } from "../problem.ts";

/** Refuses GGUF files that hold something else than a model, by what they are. */
export function refuseNoModel({ metadata, tensors, path }: GgufFile): void {
  const type = metadata.get("general.type");
  const no = (what: string, fix: string) => userError("no-model", `${what}, not a model`, { fix, file: path });
  if (type === "adapter") {
    const kind = metadata.get("adapter.type") === "lora" ? "a LoRA adapter" : "an adapter";
    throw no(kind, "give the model that it is for; llama-export-lora merges the two");
  }
  if (type === "imatrix" || tensors.some(({ name }) => name.endsWith(".in_sum2"))) {
    throw no("an importance matrix", "give the model that llama-quantize made with it");
  }
  if (type === "vocab" || (tensors.length === 0 && metadata.has("tokenizer.ggml.tokens"))) {
    throw no("a vocabulary (it has no tensors)", "give the model's own file");
  }
  if (tensors.length === 0) throw no("a header without tensors", "give the model's own file");
}

/** llama.cpp's names of architectures that encode: all tokens at once, no next one. */
const encoders =
  /^(bert|nomic-bert|nomic-bert-moe|jina-bert-v[23]|modern-bert|neo-bert|eurobert|t5encoder|gemma-embedding)$/;

/** Why a model of this architecture makes no tokens one by one. */
export function whyNotDecoding({ metadata }: GgufFile): string | undefined {
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string") return "the file names no architecture";
  if (architecture === "clip") return "it is the projector of an image or audio model (mmproj): it makes no tokens";
  if (encoders.test(architecture) || metadata.get(`${architecture}.attention.causal`) === false) {
    return `${architecture} is an encoder: it makes no tokens`;
  }
  if (architecture === "t5") return "t5 has an encoder beside its decoder, which the estimate does not know";
  return undefined;
}
