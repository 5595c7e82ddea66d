import { expect, it } from "vitest";
import { keptTokens } from "../../src/eval/pruning.ts";
import { findTensor, readTensor } from "../../src/gguf/gguf.ts";
import { quantize, readActivations } from "../../src/golden/quantize.ts";
import { openWeights } from "../../src/model/open-model.ts";
import { packageRoot } from "../../src/paths.ts";
import { planFormat } from "../../src/plan/format-plan.ts";
import { variant } from "../../src/testing/variant.ts";
import { engines } from "../../src/verify/engines.ts";
import { runJobs } from "../../src/verify/run.ts";

// Truth: the RTL's own cycles and bits, of all columns.
it("pruned tokens cost the RTL nothing: cycles within 2 % of the kept share's tiles, outputs bit-equal", async () => {
  const { plan, accelerator } = await variant("k-quants");
  const { file } = await openWeights(`${packageRoot}hw-tests/data/kjv-2.5m/kjv2.5M-q4_k_m.gguf`);
  const rtl = engines.get("rtl")!;
  const start = await rtl.prepare(rtl.files(plan));
  const count = 128;
  const k = 256;
  const names = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up"];
  const weights = await Promise.all(
    names.map(async (name) => {
      const tensor = findTensor(file, `blk.1.${name}.weight`);
      const format = accelerator.formats.find(({ ggmlType }) => ggmlType === tensor.type)!;
      return { format, plan: planFormat(format), rows: tensor.shape[1], k, stored: await readTensor(tensor) };
    }),
  );
  const x = Float32Array.from({ length: count * k }, (_, i) => Math.sin(i * i));
  const run = (columns: readonly number[]) => {
    const kept = Float32Array.from(columns.flatMap((column) => [...x.subarray(column * k, (column + 1) * k)]));
    const jobs = weights.map((one) => {
      const { activation } = one.format;
      return { ...one, activations: readActivations(activation, quantize(activation, kept, k), k) };
    });
    return runJobs(start, jobs, plan.parameters);
  };
  const all = Array.from({ length: count }, (_, i) => i);
  const dense = await run(all);
  const groups = (columns: number) => Math.ceil(columns / plan.parameters.COLUMNS);
  for (const keep of [0.7, 0.5]) {
    const pruning = { rule: "random", keep, seed: 1 } as const;
    const none = { toFirst: new Float64Array(count), received: new Float64Array(count) };
    // The last token alone is scored; all others may go.
    const kept = keptTokens(pruning, Int32Array.from(all), count - 1, { index: 0, count: 1 }, none);
    const pruned = await run(kept);
    const share = groups(kept.length) / groups(count);
    const ratio = pruned.result.cycles / dense.result.cycles;
    console.log(
      `${kept.length} of ${count} columns: ${pruned.result.cycles} of ${dense.result.cycles} cycles: ${ratio}; tiles ${share}`,
    );
    expect(Math.abs(ratio / share - 1)).toBeLessThan(0.02);
    for (const [i, { rows }] of weights.entries()) {
      const wanted = kept.flatMap((column) => [...dense.outputs[i].subarray(column * rows, (column + 1) * rows)]);
      expect([...pruned.outputs[i]]).toEqual(wanted);
    }
  }
});
