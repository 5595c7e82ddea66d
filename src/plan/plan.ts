import { createHash } from "node:crypto";
import { type Datapath, type DatapathPlan, planDatapath } from "../datapath/datapath.ts";
import { datapaths } from "../datapath/datapaths.ts";
import { nearest } from "../nearest.ts";
import { UserError } from "../problem.ts";
import type { Accelerator } from "../spec/accelerator.ts";
import { scaleTypeBits } from "../spec/format-schema.ts";
import { codebookEntries, type FormatPlan, planFormat, refuseFormat } from "./format-plan.ts";
import {
  codebookEntriesPerWord,
  descriptorBaseWords,
  interfaceVersion,
  planeColumns,
  rowSteps,
  scaleTypeCode,
  tileColumns,
  wordBytes,
} from "./interface.ts";
import { type MemoryBlocks, memoryBlocks, planReplay } from "./memory.ts";
import { derivedParameters, type Envelope, type FormatEnvelope, type MachineParameters } from "./parameters.ts";

/** A spec and its plan. */
export interface Variant {
  accelerator: Accelerator;
  plan: Plan;
}

/** Everything derived from an accelerator spec: pure data. Nothing downstream computes a number again. */
export interface Plan {
  name: string;
  description?: string;
  board: Accelerator["board"];
  parameters: MachineParameters;
  clockMHz: number;
  formats: FormatPlan[];
  datapath: DatapathPlan;
  /** Multipliers of int8 activations and levels: lanes x 64 x columns. */
  multipliers: number;
  /** Bytes per cycle that the weight ports move. */
  bytesPerCycle: number;
  /** Bytes of the on-chip activation buffers: two halves of REPLAY batches, in each lane. */
  activationBufferBytes: number;
  /** Memory blocks of the SystemVerilog kernel. */
  memory: MemoryBlocks;
}

/**
 * @param known the datapaths that the spec may name; a caller may add its own
 * @throws UserError where a format can't run on hardware, or the datapath isn't known
 */
export function planAccelerator(accelerator: Accelerator, known: readonly Datapath[] = datapaths): Plan {
  const { formats, lanes, columns, source } = accelerator;
  const part = findDatapath(accelerator, known);
  const problems = formats.flatMap((format, index) =>
    refuseFormat(format).map((problem) => ({ ...problem, ...source.at(["formats", index]) })),
  );
  if (problems.length > 0) throw new UserError(problems);
  const plans = formats.map(planFormat);
  const refused = plans.flatMap((format, index) => {
    const why = part.refuses(format);
    return why === undefined
      ? []
      : [
          {
            rule: "datapath-format",
            what: `datapath ${part.name}: ${format.name} ${why}`,
            ...source.at(["formats", index]),
          },
        ];
  });
  if (refused.length > 0) throw new UserError(refused);
  const widest = (of: (plan: FormatPlan) => number) => Math.max(...plans.map(of));
  const codebook = widest(codebookEntries);
  const types = formats.map((format) => format.d.type);
  const formatEnvelope: FormatEnvelope = {
    LANES: lanes,
    COLUMNS: columns,
    MAX_K_TILES: accelerator.maxK / tileColumns,
    CODE_BITS: widest((plan) => plan.fields.code_bits),
    LEVEL_BITS: widest((plan) => plan.widths.level),
    CODEBOOK: codebook,
    SCALE_BITS: widest((plan) => plan.fields.scale_bits),
    SCALE_WIDTH: widest((plan) => plan.widths.scale),
    MIN_BITS: widest((plan) => plan.fields.min_bits),
    MIN_WIDTH: widest((plan) => plan.widths.min),
    HAS_MIN: plans.some(hasMins) ? 1 : 0,
    D_TYPES: types.reduce((mask, type) => mask | (1 << scaleTypeCode[type]), 0),
    D_BITS: Math.max(...types.map((type) => scaleTypeBits[type])),
    MIN_STEP_LOG2: Math.min(...plans.map((plan) => plan.fields.step_log2)),
    ISUM_BITS: widest((plan) => plan.widths.isum),
    MSUM_BITS: widest((plan) => plan.widths.msum),
    DESC_WORDS: descriptorBaseWords + codebook / codebookEntriesPerWord,
  };
  /** Cycles in which a lane goes through a tile once. */
  const walk = (plan: FormatPlan) => rowSteps * part.cyclesPerRowStep(plan, formatEnvelope);
  const envelope: Envelope = {
    ...formatEnvelope,
    REPLAY: planReplay(
      accelerator,
      widest((plan) => plan.tileWords / walk(plan)),
    ),
    FP_UNITS: chosenFpUnits(accelerator) ?? widest(fpUnits),
    FP_INTERVAL: plans.every((plan) => mayShare(plan, columns, walk(plan))) && plans.some(hasMins) ? 2 : 1,
  };
  const datapath = planDatapath(part, plans, envelope);
  const machine = { ...envelope, ...derivedParameters(envelope), INTERFACE_VERSION: interfaceVersion };
  return {
    name: accelerator.name,
    ...(accelerator.description && { description: accelerator.description }),
    board: accelerator.board,
    clockMHz: accelerator.clock ?? accelerator.board.clock.mhz,
    parameters: {
      ...machine,
      CONFIG_HASH: configHash({ ...machine, datapath: datapath.name, ...datapath.parameters }),
    },
    datapath,
    formats: plans,
    multipliers: lanes * planeColumns * columns,
    bytesPerCycle: lanes * wordBytes,
    activationBufferBytes: lanes * columns * machine.ACT_WORDS * wordBytes,
    memory: memoryBlocks(machine),
  };
}

function findDatapath({ datapath, source }: Accelerator, known: readonly Datapath[]): Datapath {
  const found = known.find(({ name }) => name === datapath);
  if (found) return found;
  const names = known.map(({ name }) => name);
  const guess = nearest(datapath, names);
  throw new UserError([
    {
      rule: "unknown-datapath",
      what: `no datapath named '${datapath}'`,
      fix: guess ? `did you mean '${guess}'?` : `known datapaths: ${names.join(", ")}`,
      ...source.at(["datapath"]),
    },
  ]);
}

/** fp32 pipelines that keep up with one column; a lane may wait for compute below 2 bits per weight (docs/architecture.md). */
function fpUnits({ fields, steps, tileWords }: FormatPlan): number {
  return fields.code_bits < 2 ? 1 : Math.ceil(steps / tileWords);
}

/** Two units share the rows of a column, more take columns of their own. */
function chosenFpUnits({ fpUnits, columns, source }: Accelerator): number | undefined {
  if (fpUnits === undefined || fpUnits <= 2 * columns) return fpUnits;
  throw new UserError([
    {
      rule: "fp-units",
      what: `${fpUnits} fp32 units, but ${2 * columns} are the most that work at once on ${columns} columns`,
      fix: `use ${2 * columns} or fewer`,
      ...source.at(["fp-units"]),
    },
  ]);
}

const hasMins = ({ fields }: FormatPlan) => fields.min_mode !== 0;

/** Whether a step may take two cycles: they hide behind the tile's words, and with several columns behind the walk through it. */
function mayShare({ steps, tileWords }: FormatPlan, columns: number, walk: number): boolean {
  return 2 * steps <= tileWords && (columns === 1 || 2 * steps * columns <= walk);
}

/** What the driver compares with the hardware: two variants with equal parameters are the same machine. */
function configHash(parameters: object): number {
  return createHash("sha256").update(JSON.stringify(parameters)).digest().readUInt32LE(0);
}
