import { type Register, registers } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";

/** A memory port of the processing system. */
export interface PsPort {
  name: string;
  /** Interface pin, clock pin and number in `PSU__USE__S_AXI_GP<n>` of Vivado's zynq_ultra_ps_e. */
  pin: string;
  clock: string;
  index: number;
  /** Index of its read register in the `config-afi` property of Linux' xlnx,afi-fpga; the write register is the next. */
  afi: number;
  /** AFIFM register of the width of reads. */
  widthRegister: number;
}

/** How a variant lies in a Kria: what block design, device tree and manifest must agree on. */
export interface Deployment {
  /** Stem of every file that Linux loads. */
  app: string;
  /** Window of the AXI4-Lite registers. */
  control: { address: number; bytes: number };
  /** Shared peripheral interrupt of the kernel. */
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

/** Nothing for a board that is no Kria, or has no ports for so many lanes. */
export function planDeployment(plan: Plan): Deployment | undefined {
  const { board, parameters } = plan;
  const ps = board["processing-system"];
  const lanes = ps?.lanes[String(parameters.LANES) as keyof typeof ps.lanes];
  if (!board.kria || !ps || !lanes) return undefined;
  const port = (name: string): PsPort => {
    const { "width-register": widthRegister, ...rest } = ps["memory-ports"][name];
    return { name, ...rest, widthRegister };
  };
  return {
    app: plan.name.toLowerCase().replace(/[^a-z0-9]/g, "-"),
    control: ps.control,
    interrupt: ps.interrupt,
    clockMHz: plan.clockMHz,
    uio: "bfq",
    dma: "udmabuf0",
    sharedBytes: board.kria["shared-bytes"],
    weights: lanes.map(port),
    others: port(ps.others),
    registers: registers.filter(({ name }) => {
      const lane = /_(\d)$/.exec(name);
      return !lane || Number(lane[1]) < parameters.LANES;
    }),
  };
}
