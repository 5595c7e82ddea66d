/** What a tensor's name says, by the conventions of llama.cpp's converters. */
export interface TensorName {
  /** The name without layer, expert and `.weight`; of an encoder's or an image tower's layers with its prefix. */
  role: string;
  layer?: number;
  /** One matrix of many: `ffn_gate.3.weight` of Mixtral as it was converted in 2023. */
  isOneExpert: boolean;
  isWeight: boolean;
}

export function parseTensorName(name: string): TensorName {
  const inLayer = /^((?:[a-z]{1,8}\.)?)(?:blk)\.(\d{1,4})\.(.+)$/.exec(name);
  const rest = inLayer?.[3] ?? name;
  const bare = rest.replace(/\.weight$/, "");
  const expert = /^(ffn_(?:gate|up|down))\.\d{1,4}$/.exec(bare);
  return {
    role: `${inLayer?.[1] ?? ""}${expert ? expert[1] : bare}`,
    ...(inLayer && { layer: Number(inLayer[2]) }),
    isOneExpert: expert !== null,
    isWeight: bare !== rest,
  };
}

/** Tables of which a token reads a row. */
const lookups = /^(?:v\.|a\.)?(?:token_embd|per_layer_token_embd|position_embd|token_types)$|attn_rel_b$|embed_tokens$/;

/** Taps of convolutions, and the decay of a state space: 2-D, and not multiplied as matrices. */
const noMatrices = /conv|patch_embd|(^|\.)ssm_[ad]$|rope_(freqs|factors)/;

export const isLookup = (role: string): boolean => lookups.test(role);
export const isNoMatrix = (role: string): boolean => noMatrices.test(role);
export const isExperts = (role: string): boolean => /_(?:ch)?exps$/.test(role);
