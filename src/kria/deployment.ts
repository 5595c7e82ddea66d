import { type Register, registers } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";

/** A memory port of the processing system. */
export interface PsPort {
  name: "HPC0" | "HP0" | "HP1" | "HP2" | "HP3";
  /** Interface pin, clock pin and number in `PSU__USE__S_AXI_GP<n>` of Vivado's zynq_ultra_ps_e. */
  pin: string;
  clock: string;
  index: number;
  /** Index of its read register in the `config-afi` property of Linux' xlnx,afi-fpga; the write register is the next. */
  afi: number;
}

/** How a variant lies in a Kria: what block design, device tree and manifest must agree on. */
export interface Deployment {
  /** Stem of every file that Linux loads. */
  app: string;
  /** AXI4-Lite registers, in the window of M_AXI_HPM0_FPD. */
  control: { address: number; bytes: number };
  /** Shared peripheral interrupt of pl_ps_irq0[0]. */
  interrupt: number;
  clockMHz: number;
  /** Names in Linux: the UIO device, the u-dma-buf device and its size. */
  uio: string;
  dma: string;
  sharedBytes: number;
  /** Port of the lane. */
  weights: PsPort[];
  /** Port of activations, output and descriptors. */
  others: PsPort;
  /** What the kernel has of the registers. */
  registers: Register[];
}

const hp = (number: 0 | 1 | 2 | 3): PsPort => ({
  name: `HP${number}`,
  pin: `S_AXI_HP${number}_FPD`,
  clock: `saxihp${number}_fpd_aclk`,
  index: 2 + number,
  afi: 4 + 2 * number,
});
const hpc0: PsPort = { name: "HPC0", pin: "S_AXI_HPC0_FPD", clock: "saxihpc0_fpd_aclk", index: 0, afi: 0 };

/** HP1 and HP2 share a port of the DRAM controller, so two lanes take the outer ones. */
const lanePorts: Record<number, PsPort[]> = {
  1: [hp(0)],
  2: [hp(0), hp(3)],
  4: [hp(0), hp(1), hp(2), hp(3)],
};

/** Nothing for a board that is no Kria. */
export function planDeployment(plan: Plan): Deployment | undefined {
  const { board, parameters } = plan;
  const weights = lanePorts[parameters.LANES];
  if (!board.kria || !weights) return undefined;
  return {
    app: plan.name.toLowerCase().replace(/[^a-z0-9]/g, "-"),
    control: { address: 0xa0000000, bytes: 0x10000 },
    interrupt: 89,
    clockMHz: board.clock.mhz,
    uio: "bfq",
    dma: "udmabuf0",
    sharedBytes: board.kria["shared-bytes"],
    weights,
    others: hpc0,
    registers: registers.filter(({ name }) => {
      const lane = /_(\d)$/.exec(name);
      return !lane || Number(lane[1]) < parameters.LANES;
    }),
  };
}
