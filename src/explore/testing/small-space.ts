/** A space without mistakes over the small model, which lies beside it as small.yaml; every kind of point is in it. */
export const smallSpace = `bfq: 1
name: small
base: f-bfq
model: small.yaml
mix: Q2_K
context: 16
vary:
  lanes: [1, 2, 4, 8]
  columns: { from: 1, to: 8, times: 2 }
  replay: [1, 2, 4]
  formats: [[q2_K, q3_K], [q2_K, q3_K, q6_K]]
  max-k: { from: 768, to: 4096, step: 256 }
leave-out:
  - { lanes: 2, replay: 2 }
constraints:
  dsp-percent: { most: 60 }
objectives:
  - { most: tokens-per-second, within: 1 }
  - { most: prompt-tokens-per-second }
  - { least: lut }
`;
