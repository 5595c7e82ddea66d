import { openWeights, type Weights } from "../model/open-model.ts";
import { userError } from "../problem.ts";
import { type EvalModel, loadModel } from "./model.ts";
import { readVocabulary, type Vocabulary } from "./vocabulary.ts";

/** A model in memory with its vocabulary, and the file that they are from. */
export interface OpenedModel extends Weights {
  model: EvalModel;
  vocabulary: Vocabulary;
}

/** Reads a GGUF file of any known formats whole. @throws UserError for what `eval` can't run */
export async function openEvalModel(path: string): Promise<OpenedModel> {
  const weights = await openWeights(path);
  const vocabulary = readVocabulary(weights.file);
  const model = await loadModel(weights.file, weights.formats);
  if (vocabulary.size === model.vocabularySize) return { ...weights, model, vocabulary };
  const what = `${vocabulary.size} tokens, but embeddings for ${model.vocabularySize}`;
  throw userError("eval-model", what, { fix: "convert the model again", file: path });
}
