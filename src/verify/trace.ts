import type { GeneratedFile } from "../emit/emitter.ts";
import { machineOption } from "../emit/sim-protocol.ts";
import { tileColumns, tileRows } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import { userError } from "../problem.ts";
import { buildImage, type Job } from "../repack/image.ts";
import type { AroundBuild } from "../sim/build.ts";
import { startMachine } from "../sim/machine.ts";
import { buildRtl } from "../sim/rtl.ts";
import { type Comparison, compareOutput } from "./compare.ts";
import { runImage } from "./run.ts";

/** A job cut down to one tile: its 8 rows and 256 columns, with all activation columns. */
export function cutTile(job: Job, rowTile: number, kTile: number): Job {
  const { format, rows, k, activations } = job;
  const first = rowTile * tileRows;
  const from = kTile * tileColumns;
  if (first >= rows || from >= k) {
    const [rowTiles, kTiles] = [Math.ceil(rows / tileRows), Math.ceil(k / tileColumns)];
    throw userError("no-such-tile", `there is no tile ${rowTile},${kTile}`, {
      fix: `row tiles are 0-${rowTiles - 1}, K tiles 0-${kTiles - 1}`,
    });
  }
  const last = Math.min(first + tileRows, rows);
  const width = Math.min(tileColumns, k - from);
  const blockBytes = (columns: number) => (columns / format.elements) * format.bytes;
  const stored = new Uint8Array(blockBytes(width) * (last - first));
  for (let row = first; row < last; row++) {
    const at = blockBytes(row * k + from);
    stored.set(job.stored.subarray(at, at + blockBytes(width)), (row - first) * blockBytes(width));
  }
  const block = Math.min(activations.block, width);
  const columns = Array.from({ length: activations.columns }, (_, column) => column * k + from);
  return {
    ...job,
    stored,
    rows: last - first,
    k: width,
    activations: {
      ...activations,
      k: width,
      block,
      codes: Int8Array.from(columns.flatMap((at) => [...activations.codes.subarray(at, at + width)])),
      scales: Float32Array.from(
        columns.flatMap((at) =>
          Array.from(
            { length: width / block },
            (_, i) => activations.scales[Math.floor((at + i * block) / activations.block)],
          ),
        ),
      ),
    },
  };
}

/** Runs one job on the Verilated RTL and writes the waveform of the run to a VCD file. */
export async function traceJob(
  files: GeneratedFile[],
  job: Job,
  plan: Plan,
  file: string,
  around?: AroundBuild,
): Promise<Comparison> {
  const image = buildImage([job], plan.parameters);
  const simulator = await buildRtl(files, { trace: true, around });
  const machine = await startMachine(simulator, image.bytes, { env: { BFQ_TRACE: file } });
  try {
    machine.option(machineOption.trace, 1);
    const { outputs } = await runImage(machine, image);
    return compareOutput(job, outputs[0]);
  } finally {
    await machine.close();
  }
}
