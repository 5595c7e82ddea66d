import { matmul, unpackWeights, type Weights } from "../golden/matmul.ts";
import { quantize, readActivations } from "../golden/quantize.ts";
import { whyNotRunnable } from "../model/placement.ts";
import { planFormat } from "../plan/format-plan.ts";
import { statusText } from "../plan/interface.ts";
import { planAccelerator } from "../plan/plan.ts";
import { ExitCode, userError } from "../problem.ts";
import { buildImage, type Job } from "../repack/image.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { withFormats } from "../spec/library.ts";
import { engines } from "../verify/engines.ts";
import { runImage } from "../verify/run.ts";
import type { Matrix } from "./model.ts";
import { type Multiply, multiplyFast } from "./multiply.ts";

export const engineNames = ["fast", "golden", "csim", "rtl"] as const;
export type EngineName = (typeof engineNames)[number];

/** What computes the MatMuls; csim and rtl are those of a variant. */
export interface Engine {
  name: EngineName;
  /** Of csim and rtl: a file of specs/accelerators. */
  spec?: string;
}

/** The MatMuls of an engine. */
export async function multiplier(engine: Engine): Promise<Multiply> {
  if (engine.name === "fast") return multiplyFast;
  return engine.name === "golden" ? onGolden() : onHardware(engine.name, engine.spec!);
}

const quantizeFor = ({ format }: NonNullable<Matrix["blocks"]>, x: Float32Array, k: number) =>
  readActivations(format.activation, quantize(format.activation, x, k), k);

/** The golden model where weights have a block format; plain types have no MatMul there and take the fast path. */
function onGolden(): Multiply {
  const unpacked = new Map<Matrix, Weights>();
  const one = async (matrix: Matrix, { rows, k }: Matrix["packed"], x: Float32Array) => {
    const weights = unpacked.get(matrix) ?? unpackWeights(matrix.blocks!.format, matrix.blocks!.bytes, rows, k);
    unpacked.set(matrix, weights);
    return new Float32Array(matmul(weights, quantizeFor(matrix.blocks!, x, k)).buffer);
  };
  return async (matrices, x, columns, place) => {
    const isPlain = matrices.map(({ blocks }) => !blocks);
    const fast = await multiplyFast(
      matrices.filter((_, i) => isPlain[i]),
      x,
      columns,
      place,
    );
    return Promise.all(matrices.map((matrix, i) => (isPlain[i] ? fast.shift()! : one(matrix, matrix.packed, x))));
  };
}

/** The generated kernel, each place's MatMuls as one descriptor list; what the variant does not take runs on the fast path. */
async function onHardware(name: string, spec: string): Promise<Multiply> {
  const accelerator = await readAccelerator(spec);
  const plan = planAccelerator(accelerator);
  const found = engines.get(name)!;
  const start = await found.prepare(found.files(plan));
  const library = withFormats(new Map(), accelerator.formats);
  const takes = ({ blocks, packed: { rows, k } }: Matrix) =>
    blocks !== undefined &&
    whyNotRunnable({ type: blocks.format.name, rows, k, matrices: 1 }, plan, library) === undefined;
  return async (matrices, x, columns, place) => {
    const taken = matrices.filter(takes);
    const fast = await multiplyFast(
      matrices.filter((matrix) => !takes(matrix)),
      x,
      columns,
      place,
    );
    const jobs = taken.map(({ blocks, packed: { rows, k } }): Job => {
      const { format, bytes } = blocks!;
      return { format, plan: planFormat(format), stored: bytes, rows, k, activations: quantizeFor(blocks!, x, k) };
    });
    const outputs = jobs.length > 0 ? await run(jobs) : [];
    return matrices.map((matrix) => (takes(matrix) ? outputs.shift()! : fast.shift()!));
  };

  async function run(jobs: Job[]): Promise<Float32Array[]> {
    const image = buildImage(jobs, plan.parameters);
    const machine = await start(image.bytes);
    try {
      const { outputs, result } = await runImage(machine, image);
      if (result.status === 0) return outputs.map((bits) => new Float32Array(bits.buffer));
      const what = `${name} ended with status ${result.status & 255}: ${statusText[result.status & 255] ?? "unknown"}`;
      throw userError("engine-status", what, {}, ExitCode.checkFailed);
    } finally {
      await machine.close();
    }
  }
}
