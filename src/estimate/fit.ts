import type { Model, TensorUse } from "../model/model.ts";
import { deviceMemory, placeTensors, weightMemory } from "../model/placement.ts";
import { tileColumns, wordBytes } from "../plan/interface.ts";
import type { MachineParameters } from "../plan/parameters.ts";
import type { Plan } from "../plan/plan.ts";
import { activationRecord } from "../plan/record.ts";
import type { Format } from "../spec/format.ts";
import { matmulSeconds } from "./host.ts";

/** Tensors of one role, shape and type with one place: all layers that have them. */
export interface TensorFit {
  role: string;
  use: TensorUse;
  /** Of blk.<layer>. */
  inLayers: boolean;
  type: string;
  rows: number;
  k: number;
  /** Matrices in one tensor, and those of them that a token multiplies. */
  matrices: number;
  used: number;
  count: number;
  runs: boolean;
  /** Why it stays on the CPU. */
  reason?: string;
  /** What the CPU needs for all of them in a token; where it multiplies. */
  cpuSeconds?: number;
  /** Of one tensor: as stored in the model, and as device tiles with their padding; where it runs. */
  storedBytes?: number;
  tileBytes?: number;
}

export interface Fit {
  limits: {
    /** Longest row. */
    maxK: number;
    /** Activation columns for which the weights are streamed once; more of them stream the weights again. */
    columnsPerPass: number;
    /** That accelerator and Linux share, and what of it is for weights. */
    memoryBytes: number;
    weightBytes: number;
  };
  tensors: TensorFit[];
  memory: {
    /** Device tiles of all tensors that run. */
    tiles: number;
    stored: number;
    /** Largest activation records and outputs of one MatMul with a full pass of columns. */
    activations: number;
    outputs: number;
  };
  /** Something runs, and no matrix stays on the CPU for want of memory. */
  fits: boolean;
}

/** Which tensors of a model a variant takes, and what they need. */
export function fitModel(model: Model, plan: Plan, library: ReadonlyMap<string, Format>): Fit {
  const { parameters, board } = plan;
  const columnsPerPass = passColumns(parameters);
  const places = placeTensors(model.tensors, plan, library);
  const groups = new Map<string, TensorFit>();
  let lacksRoom = false;
  for (const tensor of model.tensors) {
    const { role, layer, use, type, rows, k, matrices, used } = tensor;
    const place = places.get(tensor)!;
    if (!place.runs && place.noRoom) lacksRoom = true;
    const cpuSeconds = !place.runs && used > 0 ? matmulSeconds(tensor, 1) : 0;
    const inLayers = layer !== undefined;
    const key = JSON.stringify([role, inLayers, use, type, rows, k, matrices, used, !place.runs && place.reason]);
    const known = groups.get(key);
    if (known) {
      known.count++;
      if (cpuSeconds > 0) known.cpuSeconds = known.cpuSeconds! + cpuSeconds;
      continue;
    }
    const where = place.runs
      ? { runs: true, storedBytes: place.storedBytes, tileBytes: place.tileBytes }
      : { runs: false, reason: place.reason, ...(cpuSeconds > 0 && { cpuSeconds }) };
    groups.set(key, { role, use, inLayers, type, rows, k, matrices, used, count: 1, ...where });
  }
  const tensors = [...groups.values()];
  const running = tensors.filter(({ runs }) => runs);
  const sum = (of: (fit: TensorFit) => number) => running.reduce((total, fit) => total + fit.count * of(fit), 0);
  const largest = (of: (fit: TensorFit) => number) => Math.max(0, ...running.map(of));
  const recordBytes = activationRecord.words * wordBytes;
  return {
    limits: {
      maxK: parameters.MAX_K_TILES * tileColumns,
      columnsPerPass,
      memoryBytes: deviceMemory(board),
      weightBytes: weightMemory(board),
    },
    tensors,
    memory: {
      tiles: sum(({ tileBytes = 0 }) => tileBytes),
      stored: sum(({ storedBytes = 0 }) => storedBytes),
      activations: columnsPerPass * largest(({ k }) => Math.ceil(k / tileColumns) * recordBytes),
      outputs: columnsPerPass * largest(({ rows }) => 4 * rows),
    },
    fits: running.length > 0 && !lacksRoom,
  };
}

/** Columns for which a pass streams the weights once. */
export function passColumns({ COLUMNS, REPLAY }: MachineParameters): number {
  return COLUMNS * REPLAY;
}
