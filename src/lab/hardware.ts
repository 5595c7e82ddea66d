import { estimateModel } from "../estimate/estimate-model.ts";
import { boardMemory } from "../estimate/timing.ts";
import { judgePlan } from "../estimate/verdict.ts";
import { modelOfMix } from "../model/model-mix.ts";
import type { ModelYaml } from "../model/model-spec.ts";
import { wordBytes } from "../plan/interface.ts";
import { type Plan, planAccelerator } from "../plan/plan.ts";
import type { Accelerator } from "../spec/accelerator.ts";
import type { Board } from "../spec/board.ts";
import type { Format } from "../spec/format.ts";
import { SpecSource } from "../spec/source.ts";

/** The machine that each format is tried on: the shape of specs/accelerators/k-quants.yaml, as far as the board has ports. */
const shape = { lanes: 4, columns: 4, datapath: "multipliers" } as const;

/** Tokens of the prompt, and of the context of a token. */
export const promptTokens = 128;

/** Weights of a device tile. */
const tileWeights = 2048;

/** What a format makes of the fabric and of a model's speed. */
export interface Hardware {
  /** Bits a weight in device tiles. */
  deviceBits: number;
  /** Formats of the machine: the model's own, the head's included. */
  machineFormats: string[];
  lut: number;
  dsp: number;
  bram36: number;
  /** Whether the machine fits the board. */
  fits: boolean;
  /** Bytes of the target's matrices as stored. */
  modelBytes: number;
  /** End to end, with the CPU's share. */
  tokensPerSecond: number;
  promptTokensPerSecond: number;
  /** In the accelerator's MatMuls alone. */
  matmulTokensPerSecond: number;
}

/** The model whose speed is estimated, and where. */
export interface Target {
  model: ModelYaml;
  board: Board;
}

/**
 * A machine for one format and what else the target in this format needs (the head's), and the target on it by the cycle model.
 * @param library all formats, this one among them
 * @throws UserError where no hardware runs the format, or the target's rows are no whole blocks of it
 */
export async function tryHardware(
  format: Format,
  { model: yaml, board }: Target,
  library: ReadonlyMap<string, Format>,
): Promise<Hardware> {
  const model = modelOfMix(yaml, `pure-${format.name}`, library);
  const matrices = model.tensors.filter(({ use }) => use !== "other");
  const multiplied = matrices.filter(({ use }) => use !== "lookup");
  const names = [...new Set(multiplied.map(({ type }) => type))];
  const longest = Math.max(...multiplied.map(({ k }) => k));
  const accelerator: Accelerator = {
    name: `lab-${format.name}`,
    board,
    formats: names.map((name) => library.get(name)!),
    ...{ ...shape, lanes: Math.min(shape.lanes, board.ports.count) },
    maxK: Math.ceil(longest / 256) * 256,
    source: SpecSource.parse("{}", `a machine for ${format.name}`),
  };
  const plan = planAccelerator(accelerator);
  const verdict = judgePlan(accelerator, plan);
  const need = (resource: string) => verdict.uses.find((use) => use.resource === resource)!.needed;
  const memory = boardMemory(board, plan.clockMHz);
  const found = await estimateModel({ model, plan, library, columns: promptTokens, memory });
  const bitsOf = (type: string) => (8 * library.get(type)!.bytes) / library.get(type)!.elements;
  return {
    deviceBits: deviceBits(plan, format),
    machineFormats: names,
    lut: need("LUT"),
    dsp: need("DSP"),
    bram36: need("BRAM36"),
    fits: verdict.fits,
    modelBytes: matrices.reduce((sum, { rows, k, type }) => sum + (rows * k * bitsOf(type)) / 8, 0),
    tokensPerSecond: found.endToEnd.tokensPerSecond,
    promptTokensPerSecond: found.endToEnd.promptTokensPerSecond,
    matmulTokensPerSecond: found.tokensPerSecond,
  };
}

function deviceBits({ formats }: Plan, { name }: Format): number {
  const plan = formats.find((format) => format.name === name);
  return plan ? (8 * plan.tileWords * wordBytes) / tileWeights : NaN;
}
