/** A model spec without mistakes, small enough for simulations: rows of whole and of partial tiles, types by layer. */
export const smallModel = `bfq: 1
name: small-1
layers: 3
heads: { query: 4, kv: 2, size: 64 }
matrices:
  - { name: attn_q, rows: 256, k: 256 }
  - { name: attn_k, rows: 128, k: 256 }
  - { name: ffn_down, rows: 100, k: 768 }
head: { rows: 300, k: 256, tied: false }
calls: [[attn_q], [attn_k], [ffn_down]]
mixes:
  Q2_K:
    attn_q: q2_K
    attn_k: q2_K
    ffn_down: [{ type: q3_K, layers: [0, 2] }, { type: q2_K }]
    token_embd: q2_K
    output: q6_K
`;
