import { shortRowTypes } from "./model-mix.ts";

/** What the types of llama.cpp's mixes depend on. */
export interface MixShape {
  layers: number;
  /** Query heads for one KV head. */
  groupedQueries: number;
  tied: boolean;
}

const kQuants: Record<string, string> = { Q2_K: "q2_K", Q3_K_M: "q3_K", Q4_K_M: "q4_K" };
const twoBits: Record<string, string> = {
  ...{ IQ1_S: "iq1_s", IQ1_M: "iq1_m", IQ2_XXS: "iq2_xxs", IQ2_XS: "iq2_xs", IQ2_S: "iq2_xs", IQ2_M: "iq2_s" },
};
const threeBits: Record<string, string> = { IQ3_XXS: "iq3_xxs", IQ3_XS: "iq3_s", IQ3_S: "iq3_s", IQ3_M: "iq3_s" };
const base: Record<string, string> = { ...kQuants, ...twoBits, ...threeBits, TQ1_0: "tq1_0" };

/** llama-quantize's mixes that bfq knows the rules of. */
export const mixNames = Object.keys(base);

/** Those of them that bfq quantises to itself: it has no quantiser for grids. */
export const quantisedMixes = Object.keys(kQuants);

/** The first and the last eighth of the layers, and every third between. */
const isImportant = (layer: number, layers: number) =>
  layer < Math.floor(layers / 8) || layer >= Math.floor((7 * layers) / 8) || (layer - Math.floor(layers / 8)) % 3 === 2;

/**
 * The type that llama-quantize gives to a matrix of a dense model: no importance matrix, but for IQ1_S to IQ3_XXS, which it
 * does not make without one (facts from llama.cpp v0.5.0, src/llama-quant.cpp). Judged by files that llama.cpp wrote; judges specs/models.
 */
export function llamaType(mix: string, role: string, k: number, layer: number, shape: MixShape): string {
  const { layers, tied } = shape;
  const isBlock256 = k % 256 === 0;
  if (role === "output" || (role === "token_embd" && tied)) {
    if (!isBlock256) return "q8_0";
    return mix in twoBits || mix === "IQ3_XXS" ? "q5_K" : "q6_K";
  }
  const type = layerType(mix, role, layer, layers, shape.groupedQueries);
  return isBlock256 ? type : shortRowTypes[type];
}

function layerType(mix: string, role: string, layer: number, layers: number, groupedQueries: number): string {
  const isValue = role === "attn_v" || role === "attn_qkv";
  if (mix in twoBits) return twoBitType(mix, role, isValue, layer < Math.floor(layers / 8), groupedQueries);
  if (mix in threeBits) return threeBitType(mix, role, isValue, layer, layers, groupedQueries);
  if (mix === "TQ1_0") return role === "token_embd" ? "q4_K" : base[mix];
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

/** @param isEarly of the first eighth of the layers */
function twoBitType(mix: string, role: string, isValue: boolean, isEarly: boolean, groupedQueries: number): string {
  const better = mix === "IQ2_S" || mix === "IQ2_M" ? "iq3_s" : "q2_K";
  if (role === "token_embd") return better;
  if (isValue) return groupedQueries >= 4 ? "q4_K" : better;
  if (role === "ffn_down" && isEarly) return better;
  if (role !== "attn_output") return base[mix];
  return mix.startsWith("IQ1") ? "iq2_xxs" : better === "iq3_s" ? better : base[mix];
}

function threeBitType(
  mix: string,
  role: string,
  isValue: boolean,
  layer: number,
  layers: number,
  groupedQueries: number,
): string {
  const isEarly = layer < Math.floor(layers / 8);
  const isMiddle = !isEarly && layer < Math.floor((7 * layers) / 8);
  if (role === "token_embd") return mix === "IQ3_XXS" ? "iq3_s" : base[mix];
  if (isValue) return mix === "IQ3_M" || groupedQueries >= 4 ? "q4_K" : base[mix];
  if (mix === "IQ3_XXS") {
    if (role === "attn_q" || role === "attn_k") return "iq2_s";
    if (role === "attn_output") return "iq3_s";
  } else if (mix === "IQ3_XS") {
    if (role === "attn_q" || role === "attn_k") return "iq3_xxs";
    if ((role === "ffn_gate" || role === "ffn_up") && isMiddle) return "iq3_xxs";
  } else if (mix === "IQ3_M") {
    if (role === "attn_output" || (role === "ffn_down" && isEarly)) return "q4_K";
  }
  return base[mix];
}
