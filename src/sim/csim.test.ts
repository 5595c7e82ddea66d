import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { hlsEmitter } from "../emit/hls.ts";
import { specsFolder } from "../paths.ts";
import { encodeDescriptor } from "../plan/descriptor.ts";
import { type Plan, planAccelerator } from "../plan/plan.ts";
import { ExitCode } from "../problem.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { buildCsim } from "./csim.ts";
import { startMachine } from "./machine.ts";

let plan: Plan;
let executable: string;

beforeAll(async () => {
  plan = planAccelerator(await readAccelerator(join(specsFolder, "accelerators", "f-bfq.yaml")));
  executable = await buildCsim(hlsEmitter.files(plan));
});

/** One row tile of the plan's first format, all in 64 KiB; fields may be changed. */
function descriptor(changes: Record<string, number>) {
  const { fields, tileWords, codebook } = plan.formats[0];
  const values = {
    ...{ magic: 0x31514642, flags: 0, rows: 5, k_tiles: 1, columns: 3, output_stride: 8, lane_stride: 0x1000 },
    ...{ tile_words: tileWords, weights: 0, activations: 0x8000, output: 0xa000 },
  };
  return encodeDescriptor({ ...values, ...fields, ...changes }, codebook, plan.parameters);
}

test("zeros times zeros: status, words of each port and bytes written are reported", async () => {
  const machine = await startMachine(executable, 0x10000);
  machine.write(0xf000, descriptor({}));
  machine.write(0xa000, new Uint8Array(100).fill(0xff));
  const result = await machine.run(0xf000, 1);
  const passes = Math.ceil(3 / (plan.parameters.COLUMNS * plan.parameters.REPLAY));
  expect(result).toMatchObject({ status: 0, cycles: 0, bytesWritten: 3 * 8 * 4 });
  expect(result.words).toEqual([passes * plan.formats[0].tileWords, 0, 0, 0, 0, 0, 0, 0]);
  expect(await machine.read(0xa000, 100)).toEqual(new Uint8Array(100).fill(0xff, 96));
  await machine.close();
});

test.each([
  ["weights", { weights: 0x10000 }],
  ["weights far away", { weights: 2 ** 40 }],
  ["activations", { activations: 0x10000 }],
  ["output", { output: 0x10000 }],
])("the kernel's access outside memory is seen: %s", async (_name, changes) => {
  const machine = await startMachine(executable, 0x10000);
  machine.write(0xf000, descriptor(changes));
  await expect(machine.run(0xf000, 1)).rejects.toMatchObject({
    exitCode: ExitCode.toolFailed,
    message: expect.stringMatching(/ended with 70[\s\S]*access outside memory by the kernel/),
  });
});

test("a descriptor list outside memory is seen", async () => {
  const machine = await startMachine(executable, 0x10000);
  await expect(machine.run(0xfff0, 1)).rejects.toMatchObject({ exitCode: ExitCode.toolFailed });
});
