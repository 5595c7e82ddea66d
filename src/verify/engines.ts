import type { GeneratedFile } from "../emit/emitter.ts";
import { hlsEmitter } from "../emit/hls.ts";
import { rtlEmitter } from "../emit/rtl.ts";
import type { Plan } from "../plan/plan.ts";
import type { AroundBuild } from "../sim/build.ts";
import { buildCsim } from "../sim/csim.ts";
import { buildIcarus, startIcarus } from "../sim/icarus.ts";
import { startMachine } from "../sim/machine.ts";
import { buildRtl } from "../sim/rtl.ts";
import type { StartMachine } from "./run.ts";

/** Something that runs the generated hardware. */
export interface Engine {
  name: string;
  /** What it runs, for tables and `doctor`. */
  runs: string;
  /**
   * How long that compiles for the first time, two cores idle. Measured as CPU time of `verify --runs 1` with an empty cache,
   * f-bfq to everything: csim 5.9 to 6.7 s, rtl 12.6 to 16.7 s, half of it on two cores at once.
   */
  buildSeconds: number;
  /** Compiles the variant once; a missing tool is a UserError that names it. */
  prepare(files: GeneratedFile[], around?: AroundBuild): Promise<StartMachine>;
  /** The generated files that it takes. */
  files(plan: Plan): GeneratedFile[];
}

const csim: Engine = {
  name: "csim",
  runs: "the HLS C++ compiled by g++",
  buildSeconds: 5,
  files: (plan) => hlsEmitter.files(plan),
  async prepare(files, around) {
    const executable = await buildCsim(files, undefined, around);
    return (memoryBytes) => startMachine(executable, memoryBytes);
  },
};

const rtl: Engine = {
  name: "rtl",
  runs: "the SystemVerilog in Verilator",
  buildSeconds: 10,
  files: (plan) => rtlEmitter.files(plan),
  async prepare(files, around) {
    const executable = await buildRtl(files, { around });
    return (memoryBytes) => startMachine(executable, memoryBytes);
  },
};

const rtlIcarus: Engine = {
  name: "rtl-icarus",
  runs: "the SystemVerilog in Icarus: tiny cases, a second witness",
  buildSeconds: 5,
  files: (plan) => rtlEmitter.files(plan),
  async prepare(files, around) {
    const program = await buildIcarus(files, around);
    return (memoryBytes) => startIcarus(program, memoryBytes);
  },
};

export const engines: ReadonlyMap<string, Engine> = new Map(
  [csim, rtl, rtlIcarus].map((engine) => [engine.name, engine]),
);
