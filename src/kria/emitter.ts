import { copyFolder, type Emitter, type GeneratedFile, renderTemplate } from "../emit/emitter.ts";
import { kernelPorts } from "../emit/kernel-ports.ts";
import { rtlEmitter, sourcesInOrder } from "../emit/rtl.ts";
import type { Register } from "../plan/interface.ts";
import { type AxiMaster, axiMasters, longestBurst } from "../plan/masters.ts";
import type { Plan } from "../plan/plan.ts";
import { type Deployment, type PsPort, planDeployment } from "./deployment.ts";
import { tclList, tclWord } from "./tcl.ts";

/** Top module and top function. */
export const kernel = "bfq_kernel";

/** Top module of the packed IP. */
const ipTop = `${kernel}_ip`;

/** Names in the folder that the vendor tools run in (build/). */
export const workFiles = {
  /** SystemVerilog as Vivado gets it. */
  rtl: "rtl",
  rtlIp: "rtl_ip",
  hlsIp: "hls_ip",
  vectors: "vectors.bin",
  xo: `${kernel}.xo`,
} as const;

/**
 * What makes a Kria application of a variant, under `deploy/`: Tcl for Vivado, config files and Tcl for Vitis, the device
 * tree overlay. Nothing where `refuseDeployment` says why.
 */
export const deployEmitter: Emitter = {
  name: "deploy",
  refuses: () => [],
  files(plan: Plan): GeneratedFile[] {
    const deployment = planDeployment(plan);
    if (!deployment) return [];
    return [...kriaFiles(deployment), ...vivadoFiles(plan, deployment), ...vitisFiles(plan, deployment)];
  },
};

const printed = (path: string, template: string, view: Record<string, unknown>) => ({
  path,
  text: renderTemplate(`deploy/${template}.hbs`, view),
});

const hex = (value: number) => `0x${value.toString(16)}`;

function kriaFiles(deployment: Deployment): GeneratedFile[] {
  const { app, control, interrupt, linux, clockMHz, uio, dma, sharedBytes, weights, others } = deployment;
  const ports = [others, ...weights].sort((a, b) => a.afi - b.afi);
  const afi = ports.flatMap((port) => [
    { register: port.afi, value: 0 },
    { register: port.afi + 1, value: 0 },
  ]);
  const overlay = {
    app,
    uio,
    dma,
    interrupt,
    clockHz: Math.round(clockMHz * 1e6),
    afi: [...afi, { ...linux["master-widths"], value: hex(linux["master-widths"].value) }],
    clock: `${linux.clock.node} ${linux.clock.id}`,
    reset: `${linux.reset.node} ${linux.reset.id}`,
    address: control.address.toString(16),
    bytes: hex(control.bytes),
    sharedBytes: hex(sharedBytes),
  };
  return [
    printed(`deploy/kria/${app}.dts`, "kria/overlay.dts", overlay),
    printed(`deploy/kria/${app}.bif`, "kria/bitstream.bif", { app }),
  ];
}

function vivadoFiles(plan: Plan, deployment: Deployment): GeneratedFile[] {
  const { app, control, clockMHz, weights, others, registers } = deployment;
  const kria = plan.board.kria!;
  const common = {
    app: tclWord(app),
    description: tclWord(plan.description ?? plan.name),
    part: tclWord(plan.board.part),
    boardPart: tclWord(kria.som),
    connectors: tclList(kria.connectors.flatMap(({ name, carrier }) => [tclWord(name), tclWord(carrier)])),
    clockMHz,
    kernel: tclWord(kernel),
    controlPort: tclList([control.pin, control.clock, String(control.index)]),
    controlAddress: hex(control.address),
    controlBytes: hex(control.bytes),
  };
  /** HLS puts its prefix before the bundle's name, and has a bundle of its own for descriptors. */
  const masters = axiMasters(weights.length);
  const rtlPorts = masters.map(({ argument }) => `m_axi_${argument}`);
  const hlsPorts = [...masters.map(({ argument }) => argument), "descriptors"].map((name) => `m_axi_m_axi_${name}`);
  return [
    ...copyFolder("deploy/vivado"),
    printed("deploy/vivado/config_rtl.tcl", "vivado/config.tcl", {
      ...common,
      ipFolder: tclWord(workFiles.rtlIp),
      interruptPin: "irq",
      memoryPorts: portRows(rtlPorts, weights, others),
      top: tclWord(ipTop),
      sources: [
        ...rtlSources(plan).map((path) => `${workFiles.rtl}/${path}`),
        `../variant/deploy/vivado/${ipTop}.v`,
      ].map(tclWord),
      registers: registers.map(registerRow),
      masters: masters.map(masterRow),
    }),
    printed(`deploy/vivado/${ipTop}.v`, "vivado/bfq_kernel_ip.v", {
      module: ipTop,
      kernel,
      ports: kernelPorts(plan.parameters.LANES),
    }),
    printed("deploy/vivado/config_hls.tcl", "vivado/config.tcl", {
      ...common,
      ipFolder: tclWord(workFiles.hlsIp),
      interruptPin: "interrupt",
      memoryPorts: portRows(hlsPorts, weights, others),
      top: "",
      sources: [],
      registers: [],
      masters: [],
    }),
  ];
}

/** The SystemVerilog of a variant, packages first, without the folder. */
export function rtlSources(plan: Plan): string[] {
  return sourcesInOrder(rtlEmitter.files(plan)).map((path) => path.replace("rtl/", ""));
}

/** Lane l's interface on its own port, all other interfaces together. */
function portRows(interfaces: string[], weights: PsPort[], others: PsPort): string[] {
  const row = ({ pin, clock, index }: PsPort, behind: string[]) =>
    tclList([pin, clock, String(index), tclList(behind)].map(String));
  return [...weights.map((port, lane) => row(port, [interfaces[lane]])), row(others, interfaces.slice(weights.length))];
}

function registerRow({ name, offset, bits, access }: Register): string {
  return tclList([name, hex(offset), String(bits), access === "ro" ? "read-only" : "read-write"]);
}

/** What an interconnect must know of a master: it believes in one open burst where nobody says more. */
function masterRow({ argument, reads, writes }: AxiMaster): string {
  const parameters = {
    READ_WRITE_MODE: writes === 0 ? "READ_ONLY" : "WRITE_ONLY",
    ...(reads > 0 && { NUM_READ_OUTSTANDING: reads }),
    ...(writes > 0 && { NUM_WRITE_OUTSTANDING: writes }),
    MAX_BURST_LENGTH: longestBurst,
    SUPPORTS_NARROW_BURST: 0,
  };
  return tclList([`m_axi_${argument}`, tclList(Object.entries(parameters).flat().map(String))]);
}

function vitisFiles(plan: Plan, { clockMHz, weights, others }: Deployment): GeneratedFile[] {
  const flags = "-std=c++17 -I../variant/hls";
  const view = {
    part: plan.board.part,
    kernel,
    clockNs: (1000 / clockMHz).toFixed(3),
    vectors: workFiles.vectors,
  };
  const memoryPorts = [...axiMasters(weights.length).map(({ argument }) => argument), "descriptors"].map(
    (argument, index) => ({
      argument,
      port: (weights[index] ?? others).name,
    }),
  );
  return [
    ...copyFolder("deploy/vitis"),
    printed("deploy/vitis/project.tcl", "vitis/project.tcl", {
      ...view,
      flags: tclWord(flags),
      project: workFiles.hlsIp,
    }),
    printed("deploy/vitis/hls_ip.cfg", "vitis/hls.cfg", {
      ...view,
      flags,
    }),
    printed("deploy/vitis/connectivity.cfg", "vitis/connectivity.cfg", {
      kernel,
      memoryPorts,
      clockHz: Math.round(clockMHz * 1e6),
    }),
    printed("deploy/vitis/test_bench.cpp", "vitis/test_bench.cpp", {
      lanes: weights.map((_, lane) => lane),
      vectors: workFiles.vectors,
    }),
  ];
}
