import { shortRowTypes } from "./model-mix.ts";

/** What the types of llama.cpp's mixes depend on. */
export interface MixShape {
  layers: number;
  /** Query heads for one KV head. */
  groupedQueries: number;
  tied: boolean;
}

const base: Record<string, string> = { Q2_K: "q2_K", Q3_K_M: "q3_K", Q4_K_M: "q4_K" };

/** llama-quantize's mixes that bfq knows the rules of. */
export const mixNames = Object.keys(base);

/** The first and the last eighth of the layers, and every third between. */
const isImportant = (layer: number, layers: number) =>
  layer < Math.floor(layers / 8) || layer >= Math.floor((7 * layers) / 8) || (layer - Math.floor(layers / 8)) % 3 === 2;

/**
 * The type that llama-quantize gives to a matrix of a dense model, no importance matrix (facts from llama.cpp v0.5.0,
 * src/llama-quant.cpp). Judged by files that llama.cpp wrote; judges specs/models.
 */
export function llamaType(mix: string, role: string, k: number, layer: number, shape: MixShape): string {
  const { layers, tied } = shape;
  const isBlock256 = k % 256 === 0;
  if (role === "output" || (role === "token_embd" && tied)) return isBlock256 ? "q6_K" : "q8_0";
  const type = layerType(mix, role, layer, layers, shape.groupedQueries);
  return isBlock256 ? type : shortRowTypes[type];
}

function layerType(mix: string, role: string, layer: number, layers: number, groupedQueries: number): string {
  const isValue = role === "attn_v" || role === "attn_qkv";
  if (mix === "Q2_K") {
    if (isValue) return groupedQueries >= 4 ? "q4_K" : "q3_K";
    if (role === "attn_output" || role === "ffn_down") return "q3_K";
  } else if (mix === "Q3_K_M") {
    if (isValue) return layer < 2 ? "q5_K" : "q4_K";
    if (role === "ffn_down") return layer < Math.floor(layers / 16) ? "q5_K" : "q4_K";
    if (role === "attn_output") return "q4_K";
  } else if (isValue || role === "ffn_down") {
    return isImportant(layer, layers) ? "q6_K" : base[mix];
  }
  return base[mix];
}
