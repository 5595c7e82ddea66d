import { type Register, registers } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import { type Problem, UserError, userError } from "../problem.ts";

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

type ProcessingSystem = NonNullable<Plan["board"]["processing-system"]>;

/** How a variant lies in a Kria: what block design, device tree and manifest must agree on. */
export interface Deployment {
  /** Stem of every file that Linux loads. */
  app: string;
  /** Window of the AXI4-Lite registers, and the processing system's master behind which it lies. */
  control: ProcessingSystem["control"];
  /** Shared peripheral interrupt of the kernel. */
  interrupt: number;
  /** What the device tree refers to. */
  linux: ProcessingSystem["linux"];
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

const lanePorts = ({ board, parameters }: Plan) =>
  board["processing-system"]?.lanes[String(parameters.LANES) as keyof ProcessingSystem["lanes"]];

/** Why a variant has no deploy/ and can't be built for its board; nothing where it can. */
export function refuseDeployment(plan: Plan): Problem | undefined {
  const { board, parameters } = plan;
  const ps = board["processing-system"];
  if (!board.kria) {
    return {
      rule: "not-a-kria",
      what: `${board.name} has no section kria: bfq knows how to build for Kria starter kits only`,
      fix: "if it is one, add the section to the board spec, as specs/boards/kv260.yaml has it",
    };
  }
  if (!ps) {
    return {
      rule: "no-processing-system",
      what: `${board.name} has no section processing-system: nothing says where the kernel is wired`,
      fix: "add it to the board spec, as specs/modules/k26.yaml has it",
    };
  }
  if (!lanePorts(plan)) {
    return {
      rule: "no-lane-ports",
      what: `${board.name} names no memory ports for ${parameters.LANES} lanes (processing-system.lanes)`,
      fix: `use ${Object.keys(ps.lanes).join(" or ")} lanes, or name the ports in the board spec`,
    };
  }
  return undefined;
}

/** How a variant lies in its board. @throws UserError where it can't be built for it */
export function deployable(plan: Plan): Deployment {
  const refused = refuseDeployment(plan);
  if (refused) throw new UserError([refused]);
  const deployment = planDeployment(plan)!;
  if (deployment.app.length < 2) {
    throw userError("app-name", `the variant's name ${plan.name} is too short`, {
      why: "it becomes the name of a Debian package, which has two characters or more",
    });
  }
  return deployment;
}

/** Nothing where `refuseDeployment` says why. */
export function planDeployment(plan: Plan): Deployment | undefined {
  const { board, parameters } = plan;
  const ps = board["processing-system"];
  const lanes = lanePorts(plan);
  if (!board.kria || !ps || !lanes) return undefined;
  const port = (name: string): PsPort => {
    const { "width-register": widthRegister, ...rest } = ps["memory-ports"][name];
    return { name, ...rest, widthRegister };
  };
  return {
    app: plan.name.toLowerCase().replace(/[^a-z0-9]/g, "-"),
    control: ps.control,
    interrupt: ps.interrupt,
    linux: ps.linux,
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
