import { outsideEnvelope } from "../plan/envelope.ts";
import { type FormatPlan, planFormat, refuseFormat } from "../plan/format-plan.ts";
import { scratchShare, tileColumns } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import { deviceBytes } from "../repack/memory-layout.ts";
import { tileLayout } from "../repack/tiles.ts";
import { activationOf } from "../spec/activations.ts";
import type { Board } from "../spec/board.ts";
import type { Format } from "../spec/format.ts";
import type { ModelTensor } from "./model.ts";
import { describeUnknownType } from "./unknown-types.ts";

/** Where a tensor's MatMul runs. */
export type Place =
  | { runs: true; format: FormatPlan; storedBytes: number; tileBytes: number }
  | { runs: false; reason: string; noRoom: boolean };

/** The memory that the accelerator has: what a deployed application shares with Linux, or all of a board without one. */
export const deviceMemory = (board: Board): number => board.kria?.["shared-bytes"] ?? board.memory.bytes;

/** What of it is for weights; the plug-in leaves the rest free for activations and results. */
export const weightMemory = (board: Board): number => deviceMemory(board) * (1 - 1 / scratchShare);

/**
 * Where each tensor's MatMul runs: on the variant if it can and its tiles find room, else on the CPU with the reason. Room goes
 * to the largest first, as in the plug-in (templates/ggml/buffer.cpp).
 */
export function placeTensors(
  tensors: readonly ModelTensor[],
  plan: Plan,
  library: ReadonlyMap<string, Format>,
): ReadonlyMap<ModelTensor, Place> {
  const { LANES } = plan.parameters;
  const places = new Map<ModelTensor, Place>();
  const candidates: { tensor: ModelTensor; place: Place & { runs: true }; need: number }[] = [];
  for (const tensor of tensors) {
    const { rows, k, type } = tensor;
    const reason = whyOnCpu(tensor, plan, library);
    if (reason !== undefined) {
      places.set(tensor, { runs: false, reason, noRoom: false });
      continue;
    }
    const format = formatPlan(plan, type)!;
    const layout = tileLayout(format, rows, k, LANES);
    const { elements, bytes } = library.get(type)!;
    const tileBytes = layout.rowTiles * layout.kTiles * layout.tileBytes;
    const place = { runs: true as const, format, storedBytes: (rows * k * bytes) / elements, tileBytes };
    places.set(tensor, place);
    candidates.push({ tensor, place, need: deviceBytes(layout, LANES) });
  }
  candidates.sort((a, b) => b.place.storedBytes - a.place.storedBytes);
  const total = weightMemory(plan.board);
  let free = total;
  for (const { tensor, need } of candidates) {
    if (need < free) free -= need;
    else {
      const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
      const room = `${megabytes(total)} MB of device memory for weights (larger matrices come first)`;
      places.set(tensor, {
        runs: false,
        reason: `its ${megabytes(need)} MB find no room in the ${room}`,
        noRoom: true,
      });
    }
  }
  return places;
}

const formatPlan = (plan: Plan, type: string): FormatPlan | undefined => plan.formats.find(({ name }) => name === type);

/** Why llama.cpp does not multiply by a tensor on a variant; undefined where it does, if there is room. */
function whyOnCpu(tensor: ModelTensor, plan: Plan, library: ReadonlyMap<string, Format>): string | undefined {
  const { use } = tensor;
  if (use === "other") return "not a matrix";
  if (use === "lookup") return "single rows are looked up: nothing to multiply";
  if (use === "draft") return "of a layer of multi-token prediction (NextN), which llama.cpp does not run";
  if (use === "expert") return "of experts, which llama.cpp chooses by token (MUL_MAT_ID)";
  return whyNotRunnable(tensor, plan, library);
}

/** The plug-in's words where it decides alike (templates/ggml/support.cpp). */
export const whyNotWords = {
  several: "the weights are several matrices",
  long: "is longer than the variant's max-k",
  format: "is not in the variant",
} as const;

/** Why a row of a format can't have this length; undefined where it can. @param plan nothing where the golden model multiplies */
export function whyNotLength({ name, activation }: Format, k: number, plan?: Plan): string | undefined {
  const maxK = plan ? plan.parameters.MAX_K_TILES * tileColumns : Infinity;
  if (k > maxK) return `K = ${k} ${whyNotWords.long} of ${maxK}`;
  const block = activationOf(activation).block;
  if (!Number.isFinite(block) || k % block === 0) return undefined;
  return `K = ${k} is no multiple of ${block}, the block of the ${activation} activations that ${name} takes`;
}

/** Why a variant can't multiply by a tensor; undefined where it can. */
export function whyNotRunnable(
  { type, rows, k, matrices }: Pick<ModelTensor, "type" | "rows" | "k" | "matrices">,
  plan: Plan,
  library: ReadonlyMap<string, Format>,
): string | undefined {
  if (rows < 1 || k < 1) return "it is empty";
  if (matrices > 1) return `${whyNotWords.several}: ${matrices}`;
  const format = library.get(type);
  if (!format)
    return /^type \d/.test(type) ? describeUnknownType(type) : `${type} weights are not block floating point`;
  const reason = whyNotLength(format, k, plan);
  if (reason !== undefined) return reason;
  if (formatPlan(plan, type)) return undefined;
  if (refuseFormat(format).length > 0) return `${type} runs in the golden model only`;
  const misfits = outsideEnvelope(planFormat(format), plan.parameters);
  if (misfits.length === 0) return `${type} ${whyNotWords.format}, but fits the bitstream: \`bfq formats add\``;
  return `${type} ${whyNotWords.format}: ${misfits[0].what.replace(`${type} needs`, "it needs")}`;
}
