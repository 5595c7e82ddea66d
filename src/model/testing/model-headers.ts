/**
 * Headers of current models for tests of `fit` and `estimate`: tensor lists (names, types, shapes) and key metadata from their
 * public configurations, by llama.cpp's names. Without data: a header is enough.
 */
import type { RawGguf, RawTensor } from "../../gguf/testing/write-gguf.ts";
import { arrayValue, stringValue, u32, u32Value, valueType } from "../../gguf/testing/write-gguf.ts";

/** ggml's numbers; those from 31 on that bfq does not know are of forks and of the past. */
const types = {
  f32: 0,
  f16: 1,
  q4_0: 2,
  q5_0: 6,
  q5_1: 7,
  q8_0: 8,
  q4_K: 12,
  q5_K: 13,
  q6_K: 14,
  bf16: 30,
  q4_0_4_4: 31,
  tq1_0: 34,
  i2_s: 36,
  mxfp4: 39,
  nvfp4: 40,
  iq2_k: 137,
} as const;
type TypeName = keyof typeof types;

/** Weights and bytes of a block. */
const blocks: Record<TypeName, [number, number]> = {
  f32: [1, 4],
  f16: [1, 2],
  q4_0: [32, 18],
  q5_0: [32, 22],
  q5_1: [32, 24],
  q8_0: [32, 34],
  q4_K: [256, 144],
  q5_K: [256, 176],
  q6_K: [256, 210],
  bf16: [1, 2],
  q4_0_4_4: [32, 18],
  tq1_0: [256, 54],
  i2_s: [4, 1],
  mxfp4: [32, 17],
  nvfp4: [64, 36],
  iq2_k: [256, 76],
};

interface Tensor {
  name: string;
  shape: number[];
  type: TypeName;
}

interface Header {
  architecture: string;
  facts: Record<string, number | number[]>;
  tensors: Tensor[];
}

const f = (name: string, ...shape: number[]): Tensor => ({ name, shape, type: "f32" });
const w = (name: string, type: TypeName, ...shape: number[]): Tensor => ({ name, shape, type });

/** What llama-quantize takes for rows that are no whole blocks of 256. */
const shortRows: Partial<Record<TypeName, TypeName>> = { q4_K: "q5_0", q5_K: "q5_1", q6_K: "q8_0", tq1_0: "q4_0" };
const q = (name: string, type: TypeName, ...shape: number[]): Tensor =>
  w(name, shape[0] % 256 === 0 ? type : (shortRows[type] ?? type), ...shape);

const models: Record<string, Header> = {};
const add = (name: string, architecture: string, facts: Header["facts"], tensors: Tensor[]) => {
  models[name] = { architecture, facts, tensors };
};

// gpt-oss-20b: config.json: hidden 2880, 24 layers, 64 heads of 64, 8 kv, 32 experts, 4 used, intermediate 2880, vocab 201088
{
  const t: Tensor[] = [
    w("token_embd.weight", "q8_0", 2880, 201088),
    f("output_norm.weight", 2880),
    w("output.weight", "q8_0", 2880, 201088),
  ];
  for (let l = 0; l < 24; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 2880),
      w(`${b}attn_q.weight`, "q8_0", 2880, 4096),
      f(`${b}attn_q.bias`, 4096),
      w(`${b}attn_k.weight`, "q8_0", 2880, 512),
      f(`${b}attn_k.bias`, 512),
      w(`${b}attn_v.weight`, "q8_0", 2880, 512),
      f(`${b}attn_v.bias`, 512),
      w(`${b}attn_output.weight`, "q8_0", 4096, 2880),
      f(`${b}attn_output.bias`, 2880),
      f(`${b}attn_sinks.weight`, 64),
      f(`${b}post_attention_norm.weight`, 2880),
      f(`${b}ffn_gate_inp.weight`, 2880, 32),
      f(`${b}ffn_gate_inp.bias`, 32),
    );
    for (const x of ["gate", "up", "down"])
      t.push(w(`${b}ffn_${x}_exps.weight`, "mxfp4", 2880, 2880, 32), f(`${b}ffn_${x}_exps.bias`, 2880, 32));
  }
  add(
    "gpt-oss-20b-mxfp4",
    "gpt-oss",
    {
      block_count: 24,
      embedding_length: 2880,
      feed_forward_length: 2880,
      "attention.head_count": 64,
      "attention.head_count_kv": 8,
      "attention.key_length": 64,
      "attention.value_length": 64,
      expert_count: 32,
      expert_used_count: 4,
      expert_feed_forward_length: 2880,
    },
    t,
  );
}
// Qwen3-0.6B: 1024, 28 layers, 16 heads of 128, 8 kv, ffn 3072, vocab 151936, tied
{
  const t: Tensor[] = [q("token_embd.weight", "q6_K", 1024, 151936), f("output_norm.weight", 1024)];
  for (let l = 0; l < 28; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 1024),
      q(`${b}attn_q.weight`, "q4_K", 1024, 2048),
      q(`${b}attn_k.weight`, "q4_K", 1024, 1024),
      q(`${b}attn_v.weight`, "q6_K", 1024, 1024),
      q(`${b}attn_output.weight`, "q4_K", 2048, 1024),
      f(`${b}attn_q_norm.weight`, 128),
      f(`${b}attn_k_norm.weight`, 128),
      f(`${b}ffn_norm.weight`, 1024),
      q(`${b}ffn_gate.weight`, "q4_K", 1024, 3072),
      q(`${b}ffn_up.weight`, "q4_K", 1024, 3072),
      q(`${b}ffn_down.weight`, "q6_K", 3072, 1024),
    );
  }
  add(
    "qwen3-0.6b-q4_k_m",
    "qwen3",
    {
      block_count: 28,
      embedding_length: 1024,
      feed_forward_length: 3072,
      "attention.head_count": 16,
      "attention.head_count_kv": 8,
      "attention.key_length": 128,
      "attention.value_length": 128,
    },
    t,
  );
}
// Gemma-3-1B: 1152, 26 layers, 4 heads of 256, 1 kv, ffn 6912, vocab 262144, tied
{
  const t: Tensor[] = [q("token_embd.weight", "q6_K", 1152, 262144), f("output_norm.weight", 1152)];
  for (let l = 0; l < 26; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 1152),
      q(`${b}attn_q.weight`, "q4_K", 1152, 1024),
      q(`${b}attn_k.weight`, "q4_K", 1152, 256),
      q(`${b}attn_v.weight`, "q6_K", 1152, 256),
      q(`${b}attn_output.weight`, "q4_K", 1024, 1152),
      f(`${b}attn_q_norm.weight`, 256),
      f(`${b}attn_k_norm.weight`, 256),
      f(`${b}post_attention_norm.weight`, 1152),
      f(`${b}post_ffw_norm.weight`, 1152),
      f(`${b}ffn_norm.weight`, 1152),
      q(`${b}ffn_gate.weight`, "q4_K", 1152, 6912),
      q(`${b}ffn_up.weight`, "q4_K", 1152, 6912),
      q(`${b}ffn_down.weight`, "q6_K", 6912, 1152),
    );
  }
  add(
    "gemma-3-1b-q4_k_m",
    "gemma3",
    {
      block_count: 26,
      embedding_length: 1152,
      feed_forward_length: 6912,
      "attention.head_count": 4,
      "attention.head_count_kv": 1,
      "attention.key_length": 256,
      "attention.value_length": 256,
    },
    t,
  );
}
// Phi-3-mini: 3072, 32 layers, 32 heads, ffn 8192 (gate and up in one), fused qkv, vocab 32064
{
  const t: Tensor[] = [
    q("token_embd.weight", "q4_K", 3072, 32064),
    f("rope_factors_long.weight", 48),
    f("rope_factors_short.weight", 48),
    f("output_norm.weight", 3072),
    q("output.weight", "q6_K", 3072, 32064),
  ];
  for (let l = 0; l < 32; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 3072),
      q(`${b}attn_qkv.weight`, "q5_K", 3072, 9216),
      q(`${b}attn_output.weight`, "q4_K", 3072, 3072),
      f(`${b}ffn_norm.weight`, 3072),
      q(`${b}ffn_up.weight`, "q4_K", 3072, 16384),
      q(`${b}ffn_down.weight`, "q6_K", 8192, 3072),
    );
  }
  add(
    "phi-3-mini-q4_k_m",
    "phi3",
    {
      block_count: 32,
      embedding_length: 3072,
      feed_forward_length: 8192,
      "attention.head_count": 32,
      "attention.head_count_kv": 32,
    },
    t,
  );
}
// Granite-4.0-H-micro: 2048, 40 layers, 4 attention (5, 15, 25, 35), 32 heads, 8 kv; mamba2 inner 4096, 64 heads, state 128, groups 1; ffn 8192; vocab 100352, tied
{
  const t: Tensor[] = [q("token_embd.weight", "q6_K", 2048, 100352), f("output_norm.weight", 2048)];
  const kvh: number[] = [];
  for (let l = 0; l < 40; l++) {
    const b = `blk.${l}.`;
    const attn = [5, 15, 25, 35].includes(l);
    kvh.push(attn ? 8 : 0);
    t.push(f(`${b}attn_norm.weight`, 2048));
    if (attn)
      t.push(
        q(`${b}attn_q.weight`, "q4_K", 2048, 2048),
        q(`${b}attn_k.weight`, "q4_K", 2048, 512),
        q(`${b}attn_v.weight`, "q6_K", 2048, 512),
        q(`${b}attn_output.weight`, "q4_K", 2048, 2048),
      );
    else
      t.push(
        q(`${b}ssm_in.weight`, "q4_K", 2048, 8512),
        f(`${b}ssm_conv1d.weight`, 4, 4352),
        f(`${b}ssm_conv1d.bias`, 4352),
        f(`${b}ssm_dt.bias`, 64),
        f(`${b}ssm_a`, 1, 64),
        f(`${b}ssm_d`, 1, 64),
        f(`${b}ssm_norm.weight`, 4096, 1),
        q(`${b}ssm_out.weight`, "q4_K", 4096, 2048),
      );
    t.push(
      f(`${b}ffn_norm.weight`, 2048),
      q(`${b}ffn_gate.weight`, "q4_K", 2048, 8192),
      q(`${b}ffn_up.weight`, "q4_K", 2048, 8192),
      q(`${b}ffn_down.weight`, "q6_K", 8192, 2048),
    );
  }
  add(
    "granite-4.0-h-micro-q4_k_m",
    "granitehybrid",
    {
      block_count: 40,
      embedding_length: 2048,
      feed_forward_length: 8192,
      "attention.head_count": 32,
      "attention.head_count_kv": kvh,
      "ssm.inner_size": 4096,
      "ssm.state_size": 128,
    },
    t,
  );
}
// LFM2-1.2B: 2048, 16 layers, 32 heads, kv [0,0,8,0,0,8,0,0,8,0,8,0,8,0,8,0], ffn 8192, vocab 65536, tied
{
  const kvh = [0, 0, 8, 0, 0, 8, 0, 0, 8, 0, 8, 0, 8, 0, 8, 0];
  const t: Tensor[] = [q("token_embd.weight", "q6_K", 2048, 65536), f("token_embd_norm.weight", 2048)];
  kvh.forEach((kv, l) => {
    const b = `blk.${l}.`;
    t.push(f(`${b}attn_norm.weight`, 2048));
    if (kv)
      t.push(
        q(`${b}attn_q.weight`, "q4_K", 2048, 2048),
        q(`${b}attn_k.weight`, "q4_K", 2048, 512),
        q(`${b}attn_v.weight`, "q6_K", 2048, 512),
        q(`${b}attn_output.weight`, "q4_K", 2048, 2048),
        f(`${b}attn_q_norm.weight`, 64),
        f(`${b}attn_k_norm.weight`, 64),
      );
    else
      t.push(
        q(`${b}shortconv.in_proj.weight`, "q4_K", 2048, 6144),
        f(`${b}shortconv.conv.weight`, 3, 2048),
        q(`${b}shortconv.out_proj.weight`, "q4_K", 2048, 2048),
      );
    t.push(
      f(`${b}ffn_norm.weight`, 2048),
      q(`${b}ffn_gate.weight`, "q4_K", 2048, 8192),
      q(`${b}ffn_up.weight`, "q4_K", 2048, 8192),
      q(`${b}ffn_down.weight`, "q6_K", 8192, 2048),
    );
  });
  add(
    "lfm2-1.2b-q4_k_m",
    "lfm2",
    {
      block_count: 16,
      embedding_length: 2048,
      feed_forward_length: 8192,
      "attention.head_count": 32,
      "attention.head_count_kv": kvh,
      "shortconv.l_cache": 3,
    },
    t,
  );
}
// Mamba-2.8B: 2560, 64 layers, inner 5120, dt_rank 160, state 16, vocab 50280, tied; head_count 0
{
  const t: Tensor[] = [q("token_embd.weight", "q6_K", 2560, 50280), f("output_norm.weight", 2560)];
  for (let l = 0; l < 64; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 2560),
      q(`${b}ssm_in.weight`, "q4_K", 2560, 10240),
      f(`${b}ssm_conv1d.weight`, 4, 5120),
      f(`${b}ssm_conv1d.bias`, 5120),
      q(`${b}ssm_x.weight`, "q4_K", 5120, 192),
      f(`${b}ssm_dt.weight`, 160, 5120),
      f(`${b}ssm_dt.bias`, 5120),
      f(`${b}ssm_a`, 16, 5120),
      f(`${b}ssm_d`, 5120),
      q(`${b}ssm_out.weight`, "q4_K", 5120, 2560),
    );
  }
  add(
    "mamba-2.8b-q4_k",
    "mamba",
    {
      block_count: 64,
      embedding_length: 2560,
      feed_forward_length: 0,
      "attention.head_count": 0,
      "ssm.conv_kernel": 4,
      "ssm.inner_size": 5120,
      "ssm.state_size": 16,
      "ssm.time_step_rank": 160,
    },
    t,
  );
}
// BitNet b1.58 2B 4T: 2560, 30 layers, 20 heads, 5 kv, ffn 6912, vocab 128256, tied
const bitnet = (type: TypeName, embd: TypeName) => {
  const t: Tensor[] = [w("token_embd.weight", embd, 2560, 128256), f("output_norm.weight", 2560)];
  for (let l = 0; l < 30; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 2560),
      w(`${b}attn_q.weight`, type, 2560, 2560),
      f(`${b}attn_q.scale`, 1),
      w(`${b}attn_k.weight`, type, 2560, 640),
      f(`${b}attn_k.scale`, 1),
      w(`${b}attn_v.weight`, type, 2560, 640),
      f(`${b}attn_v.scale`, 1),
      f(`${b}attn_sub_norm.weight`, 2560),
      w(`${b}attn_output.weight`, type, 2560, 2560),
      f(`${b}attn_output.scale`, 1),
      f(`${b}ffn_norm.weight`, 2560),
      w(`${b}ffn_gate.weight`, type, 2560, 6912),
      w(`${b}ffn_up.weight`, type, 2560, 6912),
      f(`${b}ffn_sub_norm.weight`, 6912),
      w(`${b}ffn_down.weight`, type, 6912, 2560),
    );
  }
  return t;
};
const bitnetKv = {
  block_count: 30,
  embedding_length: 2560,
  feed_forward_length: 6912,
  "attention.head_count": 20,
  "attention.head_count_kv": 5,
};
add("bitnet-2b-tq1_0", "bitnet", bitnetKv, bitnet("tq1_0", "f16"));
add("bitnet-2b-i2_s", "bitnet-b1.58", bitnetKv, bitnet("i2_s", "f16"));
// SmolLM2-135M: 576, 30 layers, 9 heads, 3 kv, ffn 1536, vocab 49152, tied
{
  const t: Tensor[] = [q("token_embd.weight", "q6_K", 576, 49152), f("output_norm.weight", 576)];
  for (let l = 0; l < 30; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 576),
      q(`${b}attn_q.weight`, "q4_K", 576, 576),
      q(`${b}attn_k.weight`, "q4_K", 576, 192),
      q(`${b}attn_v.weight`, "q6_K", 576, 192),
      q(`${b}attn_output.weight`, "q4_K", 576, 576),
      f(`${b}ffn_norm.weight`, 576),
      q(`${b}ffn_gate.weight`, "q4_K", 576, 1536),
      q(`${b}ffn_up.weight`, "q4_K", 576, 1536),
      q(`${b}ffn_down.weight`, "q6_K", 1536, 576),
    );
  }
  add(
    "smollm2-135m-q4_k_m",
    "llama",
    {
      block_count: 30,
      embedding_length: 576,
      feed_forward_length: 1536,
      "attention.head_count": 9,
      "attention.head_count_kv": 3,
    },
    t,
  );
}
// Llama-3.2-1B: tied, rope_freqs
{
  const t: Tensor[] = [
    q("token_embd.weight", "q6_K", 2048, 128256),
    f("rope_freqs.weight", 32),
    f("output_norm.weight", 2048),
  ];
  for (let l = 0; l < 16; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 2048),
      q(`${b}attn_q.weight`, "q4_K", 2048, 2048),
      q(`${b}attn_k.weight`, "q4_K", 2048, 512),
      q(`${b}attn_v.weight`, "q6_K", 2048, 512),
      q(`${b}attn_output.weight`, "q4_K", 2048, 2048),
      f(`${b}ffn_norm.weight`, 2048),
      q(`${b}ffn_gate.weight`, "q4_K", 2048, 8192),
      q(`${b}ffn_up.weight`, "q4_K", 2048, 8192),
      q(`${b}ffn_down.weight`, "q6_K", 8192, 2048),
    );
  }
  add(
    "llama-3.2-1b-q4_k_m",
    "llama",
    {
      block_count: 16,
      embedding_length: 2048,
      feed_forward_length: 8192,
      "attention.head_count": 32,
      "attention.head_count_kv": 8,
    },
    t,
  );
}
// DeepSeek-V2-Lite: 2048, 27 layers, 16 heads, kv_lora 512, rope 64, nope 128, v 128; dense ffn 10944, experts 64 x 1408, 6 used, 2 shared; vocab 102400
{
  const t: Tensor[] = [
    q("token_embd.weight", "q4_K", 2048, 102400),
    f("output_norm.weight", 2048),
    q("output.weight", "q6_K", 2048, 102400),
  ];
  for (let l = 0; l < 27; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 2048),
      q(`${b}attn_q.weight`, "q4_K", 2048, 3072),
      q(`${b}attn_kv_a_mqa.weight`, "q4_K", 2048, 576),
      f(`${b}attn_kv_a_norm.weight`, 512),
      q(`${b}attn_k_b.weight`, "q4_K", 128, 512, 16),
      q(`${b}attn_v_b.weight`, "q4_K", 512, 128, 16),
      q(`${b}attn_output.weight`, "q4_K", 2048, 2048),
      f(`${b}ffn_norm.weight`, 2048),
    );
    if (l === 0)
      t.push(
        q(`${b}ffn_gate.weight`, "q4_K", 2048, 10944),
        q(`${b}ffn_up.weight`, "q4_K", 2048, 10944),
        q(`${b}ffn_down.weight`, "q6_K", 10944, 2048),
      );
    else
      t.push(
        f(`${b}ffn_gate_inp.weight`, 2048, 64),
        q(`${b}ffn_gate_exps.weight`, "q4_K", 2048, 1408, 64),
        q(`${b}ffn_up_exps.weight`, "q4_K", 2048, 1408, 64),
        q(`${b}ffn_down_exps.weight`, "q6_K", 1408, 2048, 64),
        q(`${b}ffn_gate_shexp.weight`, "q4_K", 2048, 2816),
        q(`${b}ffn_up_shexp.weight`, "q4_K", 2048, 2816),
        q(`${b}ffn_down_shexp.weight`, "q6_K", 2816, 2048),
      );
  }
  add(
    "deepseek-v2-lite-q4_k_m",
    "deepseek2",
    {
      block_count: 27,
      embedding_length: 2048,
      feed_forward_length: 10944,
      "attention.head_count": 16,
      "attention.head_count_kv": 1,
      "attention.key_length": 576,
      "attention.value_length": 512,
      expert_count: 64,
      expert_used_count: 6,
      leading_dense_block_count: 1,
    },
    t,
  );
}
// Qwen3-30B-A3B: 2048, 48 layers, 32 heads of 128, 4 kv, 128 experts x 768, 8 used, vocab 151936
{
  const t: Tensor[] = [
    q("token_embd.weight", "q4_K", 2048, 151936),
    f("output_norm.weight", 2048),
    q("output.weight", "q6_K", 2048, 151936),
  ];
  for (let l = 0; l < 48; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 2048),
      q(`${b}attn_q.weight`, "q4_K", 2048, 4096),
      q(`${b}attn_k.weight`, "q4_K", 2048, 512),
      q(`${b}attn_v.weight`, "q6_K", 2048, 512),
      q(`${b}attn_output.weight`, "q4_K", 4096, 2048),
      f(`${b}attn_q_norm.weight`, 128),
      f(`${b}attn_k_norm.weight`, 128),
      f(`${b}ffn_norm.weight`, 2048),
      f(`${b}ffn_gate_inp.weight`, 2048, 128),
      q(`${b}ffn_gate_exps.weight`, "q4_K", 2048, 768, 128),
      q(`${b}ffn_up_exps.weight`, "q4_K", 2048, 768, 128),
      q(`${b}ffn_down_exps.weight`, "q6_K", 768, 2048, 128),
    );
  }
  add(
    "qwen3-30b-a3b-q4_k_m",
    "qwen3moe",
    {
      block_count: 48,
      embedding_length: 2048,
      feed_forward_length: 6144,
      "attention.head_count": 32,
      "attention.head_count_kv": 4,
      "attention.key_length": 128,
      "attention.value_length": 128,
      expert_count: 128,
      expert_used_count: 8,
      expert_feed_forward_length: 768,
    },
    t,
  );
}
// Mixtral 8x7B as converted before April 2024: experts are 2-D tensors of their own
{
  const t: Tensor[] = [
    q("token_embd.weight", "q4_K", 4096, 32000),
    f("output_norm.weight", 4096),
    q("output.weight", "q6_K", 4096, 32000),
  ];
  for (let l = 0; l < 32; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 4096),
      q(`${b}attn_q.weight`, "q4_K", 4096, 4096),
      q(`${b}attn_k.weight`, "q4_K", 4096, 1024),
      q(`${b}attn_v.weight`, "q8_0", 4096, 1024),
      q(`${b}attn_output.weight`, "q4_K", 4096, 4096),
      f(`${b}ffn_norm.weight`, 4096),
      w(`${b}ffn_gate_inp.weight`, "f16", 4096, 8),
    );
    for (let e = 0; e < 8; e++)
      t.push(
        q(`${b}ffn_gate.${e}.weight`, "q4_K", 4096, 14336),
        q(`${b}ffn_up.${e}.weight`, "q4_K", 4096, 14336),
        q(`${b}ffn_down.${e}.weight`, "q6_K", 14336, 4096),
      );
  }
  add(
    "mixtral-8x7b-2023-q4_k_m",
    "llama",
    {
      block_count: 32,
      embedding_length: 4096,
      feed_forward_length: 14336,
      "attention.head_count": 32,
      "attention.head_count_kv": 8,
      expert_count: 8,
      expert_used_count: 2,
    },
    t,
  );
}
// OpenELM-270M: arrays of head counts; 1280, 16 layers, fused qkv of different widths, tied
{
  const heads = [12, 12, 12, 12, 12, 16, 16, 16, 16, 16, 16, 16, 20, 20, 20, 20],
    kv = heads.map((h) => h / 4);
  const ffn = [768, 1024, 1280, 1536, 1792, 2048, 2560, 2816, 3072, 3328, 3584, 3840, 4352, 4608, 4864, 5120];
  const t: Tensor[] = [q("token_embd.weight", "q6_K", 1280, 32000), f("output_norm.weight", 1280)];
  for (let l = 0; l < 16; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 1280),
      q(`${b}attn_qkv.weight`, "q5_K", 1280, 64 * (heads[l] + 2 * kv[l])),
      f(`${b}attn_q_norm.weight`, 64),
      f(`${b}attn_k_norm.weight`, 64),
      q(`${b}attn_output.weight`, "q4_K", 64 * heads[l], 1280),
      f(`${b}ffn_norm.weight`, 1280),
      q(`${b}ffn_gate.weight`, "q4_K", 1280, ffn[l]),
      q(`${b}ffn_up.weight`, "q4_K", 1280, ffn[l]),
      q(`${b}ffn_down.weight`, "q6_K", ffn[l], 1280),
    );
  }
  add(
    "openelm-270m-q4_k_m",
    "openelm",
    {
      block_count: 16,
      embedding_length: 1280,
      feed_forward_length: ffn,
      "attention.head_count": heads,
      "attention.head_count_kv": kv,
      "attention.key_length": 64,
      "attention.value_length": 64,
    },
    t,
  );
}
// flan-t5-small: encoder and decoder
{
  const t: Tensor[] = [
    q("token_embd.weight", "q8_0", 512, 32128),
    q("output.weight", "q8_0", 512, 32128),
    f("dec.output_norm.weight", 512),
    f("enc.output_norm.weight", 512),
  ];
  for (const side of ["enc", "dec"])
    for (let l = 0; l < 8; l++) {
      const b = `${side}.blk.${l}.`;
      t.push(
        f(`${b}attn_norm.weight`, 512),
        q(`${b}attn_q.weight`, "q8_0", 512, 384),
        q(`${b}attn_k.weight`, "q8_0", 512, 384),
        q(`${b}attn_v.weight`, "q8_0", 512, 384),
        q(`${b}attn_o.weight`, "q8_0", 384, 512),
        f(`${b}ffn_norm.weight`, 512),
        q(`${b}ffn_gate.weight`, "q8_0", 512, 1024),
        q(`${b}ffn_up.weight`, "q8_0", 512, 1024),
        q(`${b}ffn_down.weight`, "q8_0", 1024, 512),
      );
      if (l === 0) t.push(w(`${b}attn_rel_b.weight`, "f16", 6, 32));
      if (side === "dec")
        t.push(
          f(`${b}cross_attn_norm.weight`, 512),
          q(`${b}cross_attn_q.weight`, "q8_0", 512, 384),
          q(`${b}cross_attn_k.weight`, "q8_0", 512, 384),
          q(`${b}cross_attn_v.weight`, "q8_0", 512, 384),
          q(`${b}cross_attn_o.weight`, "q8_0", 384, 512),
        );
    }
  add(
    "flan-t5-small-q8_0",
    "t5",
    {
      block_count: 8,
      embedding_length: 512,
      feed_forward_length: 1024,
      "attention.head_count": 6,
      "attention.key_length": 64,
      "attention.value_length": 64,
    },
    t,
  );
}
// nomic-embed-text-v1.5: an encoder, no language head
{
  const t: Tensor[] = [
    q("token_embd.weight", "q8_0", 768, 30522),
    f("token_embd_norm.weight", 768),
    f("token_embd_norm.bias", 768),
    f("token_types.weight", 768, 2),
  ];
  for (let l = 0; l < 12; l++) {
    const b = `blk.${l}.`;
    t.push(
      q(`${b}attn_qkv.weight`, "q8_0", 768, 2304),
      q(`${b}attn_output.weight`, "q8_0", 768, 768),
      f(`${b}attn_output_norm.weight`, 768),
      f(`${b}attn_output_norm.bias`, 768),
      q(`${b}ffn_up.weight`, "q8_0", 768, 3072),
      q(`${b}ffn_gate.weight`, "q8_0", 768, 3072),
      q(`${b}ffn_down.weight`, "q8_0", 3072, 768),
      f(`${b}layer_output_norm.weight`, 768),
      f(`${b}layer_output_norm.bias`, 768),
    );
  }
  add(
    "nomic-embed-text-v1.5-q8_0",
    "nomic-bert",
    { block_count: 12, embedding_length: 768, feed_forward_length: 3072, "attention.head_count": 12, pooling_type: 1 },
    t,
  );
}
// mmproj of a SigLIP (Gemma 3 4B's): v.blk
{
  const t: Tensor[] = [
    f("mm.input_projection.weight", 2560, 1152),
    f("mm.soft_emb_norm.weight", 1152),
    f("v.patch_embd.weight", 14, 14, 3, 1152),
    f("v.patch_embd.bias", 1152),
    f("v.position_embd.weight", 1152, 4096),
    f("v.post_ln.weight", 1152),
  ];
  for (let l = 0; l < 27; l++) {
    const b = `v.blk.${l}.`;
    for (const n of ["attn_q", "attn_k", "attn_v", "attn_out"])
      t.push(w(`${b + n}.weight`, "q8_0", 1152, 1152), f(`${b + n}.bias`, 1152));
    t.push(
      f(`${b}ln1.weight`, 1152),
      f(`${b}ln2.weight`, 1152),
      w(`${b}ffn_up.weight`, "q8_0", 1152, 4304),
      w(`${b}ffn_down.weight`, "f16", 4304, 1152),
    );
  }
  add(
    "mmproj-gemma-3-4b",
    "clip",
    {
      "vision.block_count": 27,
      "vision.embedding_length": 1152,
      "vision.attention.head_count": 16,
      has_vision_encoder: 1,
    },
    t,
  );
}
// Gemma-3n-E2B: per-layer embeddings, laurel, altup
{
  const t: Tensor[] = [
    q("token_embd.weight", "q6_K", 2048, 262144),
    q("per_layer_token_embd.weight", "q5_K", 30 * 256, 262144),
    w("per_layer_model_proj.weight", "bf16", 2048, 30 * 256),
    f("per_layer_proj_norm.weight", 256),
    w("altup_proj.weight", "f16", 2048, 2048, 3),
    w("altup_unembd_proj.weight", "f16", 2048, 2048, 3),
    f("output_norm.weight", 2048),
  ];
  for (let l = 0; l < 30; l++) {
    const b = `blk.${l}.`;
    t.push(
      f(`${b}attn_norm.weight`, 2048),
      q(`${b}attn_q.weight`, "q4_K", 2048, 2048),
      q(`${b}attn_k.weight`, "q4_K", 2048, 512),
      q(`${b}attn_v.weight`, "q6_K", 2048, 512),
      q(`${b}attn_output.weight`, "q4_K", 2048, 2048),
      f(`${b}altup_correct_coef.weight`, 4, 4),
      f(`${b}altup_predict_coef.weight`, 4, 16),
      f(`${b}altup_router.weight`, 2048, 4),
      q(`${b}inp_gate.weight`, "q4_K", 2048, 256),
      q(`${b}proj.weight`, "q4_K", 256, 2048),
      q(`${b}laurel_l.weight`, "q4_K", 2048, 64),
      q(`${b}laurel_r.weight`, "q4_K", 64, 2048),
      q(`${b}ffn_gate.weight`, "q4_K", 2048, 8192),
      q(`${b}ffn_up.weight`, "q4_K", 2048, 8192),
      q(`${b}ffn_down.weight`, "q6_K", 8192, 2048),
    );
  }
  add(
    "gemma-3n-e2b-q4_k_m",
    "gemma3n",
    {
      block_count: 30,
      embedding_length: 2048,
      feed_forward_length: Array(30).fill(8192),
      "attention.head_count": 8,
      "attention.head_count_kv": 2,
      "attention.key_length": 256,
    },
    t,
  );
}
// GLM-4.5-Air-like tail: a layer of multi-token prediction that a normal token does not run. Here: 2 dense layers of Llama 3.2 1B and a nextn layer
{
  const base = models["llama-3.2-1b-q4_k_m"].tensors;
  const layer = base.filter(({ name }) => name.startsWith("blk.0."));
  const t: Tensor[] = [
    ...base,
    ...layer.map((x) => ({ ...x, name: x.name.replace("blk.0.", "blk.16.") })),
    q("blk.16.nextn.eh_proj.weight", "q4_K", 4096, 2048),
    f("blk.16.nextn.enorm.weight", 2048),
    f("blk.16.nextn.hnorm.weight", 2048),
    q("blk.16.nextn.shared_head_head.weight", "q4_K", 2048, 128256),
    q("blk.16.nextn.embed_tokens.weight", "q4_K", 2048, 128256),
  ];
  add(
    "llama-1b-with-nextn",
    "glm4",
    {
      block_count: 17,
      nextn_predict_layers: 1,
      embedding_length: 2048,
      feed_forward_length: 8192,
      "attention.head_count": 32,
      "attention.head_count_kv": 8,
    },
    t,
  );
}
// NVFP4 with per-tensor scales (llama.cpp PR 19769): Llama 3.2 1B shapes
{
  const t: Tensor[] = [];
  for (const x of models["llama-3.2-1b-q4_k_m"].tensors) {
    const m = /^blk\..*\.weight$/.test(x.name) && x.shape.length === 2;
    t.push(m ? w(x.name, "nvfp4", ...x.shape) : x);
    if (m) t.push(f(x.name.replace(".weight", ".scale"), 1), f(x.name.replace(".weight", ".input_scale"), 1));
  }
  add("llama-3.2-1b-nvfp4", "llama", models["llama-3.2-1b-q4_k_m"].facts, t);
}
// ik_llama.cpp's IQ2_K (type 137)
{
  const t = models["llama-3.2-1b-q4_k_m"].tensors.map((x) => (x.type === "q4_K" ? w(x.name, "iq2_k", ...x.shape) : x));
  add("llama-3.2-1b-iq2_k-ik", "llama", models["llama-3.2-1b-q4_k_m"].facts, t);
}
// Q4_0_4_4 of 2024 (type 31, removed since)
{
  const t = models["llama-3.2-1b-q4_k_m"].tensors.map((x) =>
    x.type === "q4_K" ? w(x.name, "q4_0_4_4", ...x.shape) : x,
  );
  add("llama-3.2-1b-q4_0_4_4", "llama", models["llama-3.2-1b-q4_k_m"].facts, t);
}

const facts = ({ architecture, facts }: Header): NonNullable<RawGguf["keys"]> =>
  Object.entries(facts).map(([key, value]) => [
    `${architecture}.${key}`,
    Array.isArray(value) ? arrayValue(valueType.u32, value.map(u32)) : u32Value(value),
  ]);

/** Tensors in llama.cpp's order, one after the other. */
function place(tensors: readonly Tensor[]): RawTensor[] {
  let next = 0;
  return tensors.map(({ name, shape, type }) => {
    const [elements, bytes] = blocks[type];
    const offset = next;
    const stored = (shape.reduce((product, size) => product * size, 1) / elements) * bytes + (type === "i2_s" ? 32 : 0);
    next = Math.ceil((next + stored) / 32) * 32;
    return { name, shape, type: types[type], data: new Uint8Array(0), offset: BigInt(offset) };
  });
}

/** By name of the file, without its ending. */
export const modelHeaders: ReadonlyMap<string, RawGguf> = new Map([
  ...Object.entries(models).map(([name, header]): [string, RawGguf] => {
    const keys: RawGguf["keys"] = [
      ["general.architecture", stringValue(header.architecture)],
      ["general.name", stringValue(name)],
      ...facts(header),
    ];
    return [name, { keys, tensors: place(header.tensors) }];
  }),
  ...splitInThree(models["llama-3.2-1b-q4_k_m"]),
]);

/** As `llama-gguf-split --no-tensor-first-split` writes it: all metadata in the first part, which has no tensors. */
function splitInThree(header: Header): [string, RawGguf][] {
  const { tensors, architecture } = header;
  const half = Math.floor(tensors.length / 2);
  return [[], tensors.slice(0, half), tensors.slice(half)].map((part, i) => {
    const split: RawGguf["keys"] = [
      ["split.no", u32Value(i)],
      ["split.count", u32Value(3)],
      ["split.tensors.count", u32Value(tensors.length)],
    ];
    const whole: RawGguf["keys"] = [
      ["general.architecture", stringValue(architecture)],
      ["general.name", stringValue("llama-3.2-1b")],
      ...facts(header),
    ];
    const keys = i === 0 ? [...whole, ...split] : split;
    return [`llama-3.2-1b-0000${i + 1}-of-00003`, { keys, tensors: place(part) }];
  });
}
