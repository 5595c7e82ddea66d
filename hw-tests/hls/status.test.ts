import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hlsEmitter } from "../../src/emit/hls.ts";
import { rtlEmitter } from "../../src/emit/rtl.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { buildCsim } from "../../src/sim/csim.ts";
import { type Machine, startMachine } from "../../src/sim/machine.ts";
import { buildRtl } from "../../src/sim/rtl.ts";
import { badDescriptors, encode, goodWorkload, runBroken, statusEnvelope } from "./bad-descriptors.ts";
import { planWith } from "./support.ts";
import { runAndCompare, type Workload } from "./workload.ts";

// Outside truth: the statuses of docs/interface.md.
const engines = [
  { name: "csim", build: (plan: Plan) => buildCsim(hlsEmitter.files(plan)) },
  { name: "rtl", build: (plan: Plan) => buildRtl(rtlEmitter.files(plan)) },
];

describe.each(engines)("$name", ({ build }) => {
  let machine: Machine;
  let parameters: MachineParameters;
  let workload: Workload;

  beforeAll(async () => {
    const plan = await planWith(statusEnvelope);
    parameters = plan.parameters;
    workload = goodWorkload(parameters);
    machine = await startMachine(await build(plan), workload.memory.length);
  });
  afterAll(() => machine.close());

  test.each(badDescriptors)(
    "status $status: $name; earlier ones are done, nothing else is touched, the next run is right",
    async (bad) => {
      expect(await runBroken(machine, workload, parameters, bad)).toEqual([]);
      expect((await runAndCompare(machine, workload, parameters)).result.status).toBe(0);
    },
  );

  test("an empty list is a run", async () => {
    expect((await machine.run(workload.list, 0)).status).toBe(0);
  });

  test("one column needs no stride", async () => {
    const single: Workload = { ...workload, memory: workload.memory.slice(), descriptors: [] };
    single.descriptors = workload.descriptors.map(({ values, codebook }) => ({
      values: { ...values, columns: 1, output_stride: 0 },
      codebook,
    }));
    encode(single, parameters);
    machine.write(0, single.memory);
    expect((await machine.run(single.list, 3)).status).toBe(0);
  });
});
