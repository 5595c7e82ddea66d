import type { Argv } from "yargs";
import { RtlBench } from "../bench/bench.ts";
import { hostGap } from "../estimate/host-gap.ts";
import { measurePerformance } from "../estimate/performance.ts";
import { makeWorkload } from "../estimate/workload.ts";
import { placeTensors } from "../model/placement.ts";
import { printable } from "../printable.ts";
import { engines } from "../verify/engines.ts";
import { whileBuilding } from "./building.ts";
import { type MemoryOptions, memoryTiming, withMemory } from "./memory-options.ts";
import { type ModelOptions, readModel, withModel } from "./model-options.ts";
import { type CommonOptions, report } from "./outcome.ts";
import { describePerformance, noBoard } from "./performance.ts";
import { withProgress } from "./progress.ts";
import { positiveInteger, readVariant } from "./variant-options.ts";

interface Options extends CommonOptions, ModelOptions, MemoryOptions {
  spec: string;
  columns: number;
  engine: string;
}

export const command = "bench <spec>";
export const describe = "every MatMul of a model's token and prompt on the simulated RTL: cycles, bandwidth, tok/s";

export const builder = (yargs: Argv) =>
  withMemory(withModel(yargs))
    .option("columns", { type: "number", default: 128, describe: "tokens of the prompt" })
    .option("engine", { choices: ["rtl"], default: "rtl", describe: "what is timed" });

export const handler = (options: Options) =>
  report(options, async () => {
    const { accelerator, plan } = await readVariant(options.spec);
    const { model, library } = await readModel(options, accelerator.formats);
    const columns = positiveInteger("columns", options.columns, 4096);
    const memory = memoryTiming(options, plan);
    const places = placeTensors(model.tensors, plan, library);
    const lists = [1, columns].flatMap((count) => makeWorkload(model, places, library, count, "layer"));
    const bench = await RtlBench.start(plan, lists, memory, whileBuilding(options, engines.get("rtl")!, plan));
    const { found, simulated } = await withProgress(
      options,
      `${printable(model.name)} on ${plan.name}`,
      async (say) => {
        try {
          const found = await measurePerformance({
            model,
            plan,
            library,
            columns,
            time: (list) => bench.time(list, say),
            readerRate: (lists) => bench.readerRate(lists, say),
            memory,
            gapMicroseconds: hostGap(plan.board),
          });
          return { found, simulated: bench.simulated };
        } finally {
          await bench.close();
        }
      },
    );
    const source = `${options.engine}, memory ${memory.name}`;
    const speed = Math.round(simulated.cycles / simulated.seconds);
    return {
      ok: true,
      json: { spec: plan.name, model: model.name, mix: model.mix, source, note: noBoard, ...found, simulated },
      text: `${describePerformance(found, model, plan, source)}\n${simulated.cycles} cycles simulated in ${simulated.seconds.toFixed(1)} s, ${speed} a second`,
    };
  });
