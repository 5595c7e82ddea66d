import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { manifestName } from "../../emit/variant.ts";
import type { Plan } from "../../plan/plan.ts";
import { userError } from "../../problem.ts";
import { checkBitstream } from "./bitstream.ts";
import { type Reports, readReports } from "./read-reports.ts";

export interface Brought {
  bitstream: Uint8Array;
  reports: Reports;
}

/** A bitstream that was made before, with the reports beside it. @throws UserError where it is of something else */
export async function readBrought(file: string, plan: Plan): Promise<Brought> {
  const bitstream = await readFile(file);
  checkBitstream(bitstream, plan.board.part, file);
  const folder = dirname(file);
  await refuseOtherVariant(folder, plan, file);
  const reports = await readReports(folder);
  const clocks = reports.timing?.clocks.map(({ mhz }) => mhz) ?? [];
  if (clocks.length === 1 && Math.abs(clocks[0] - plan.clockMHz) > 0.01 * plan.clockMHz) {
    throw userError("bitstream", `its timing report is for ${clocks[0]} MHz, the accelerator has ${plan.clockMHz}`, {
      fix: "build it again, or give the spec that it was made from",
      file,
    });
  }
  return { bitstream, reports };
}

const manifest = z.object({ tool: z.literal("bfq"), parameters: z.object({ CONFIG_HASH: z.number() }) });

/** A build's folder, and a prepared one, have the variant beside the folder of the bitstream. */
async function refuseOtherVariant(folder: string, { parameters }: Plan, file: string): Promise<void> {
  const made = await readFile(join(folder, "../variant", manifestName), "utf8").then(
    (text) => manifest.safeParse(parse(text)).data,
    () => undefined,
  );
  if (!made || made.parameters.CONFIG_HASH === parameters.CONFIG_HASH) return;
  throw userError("bitstream", "it was built from another accelerator", {
    why: `${join(folder, "../variant")} has another configuration: the driver would refuse the board`,
    fix: "build it again, or give the spec that it was made from",
    file,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
