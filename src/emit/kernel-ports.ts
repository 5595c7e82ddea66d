/** A port of bfq_kernel as SystemVerilog declares it, which is Verilog too. */
export interface KernelPort {
  name: string;
  declaration: string;
}

type Direction = "input" | "output";
/** Name behind its interface, bits, and who drives it. */
type Signal = readonly [name: string, bits: number, direction: Direction];

const lite: readonly Signal[] = [
  ["awvalid", 1, "input"],
  ["awready", 1, "output"],
  ["awaddr", 9, "input"],
  ["wvalid", 1, "input"],
  ["wready", 1, "output"],
  ["wdata", 32, "input"],
  ["wstrb", 4, "input"],
  ["bvalid", 1, "output"],
  ["bready", 1, "input"],
  ["bresp", 2, "output"],
  ["arvalid", 1, "input"],
  ["arready", 1, "output"],
  ["araddr", 9, "input"],
  ["rvalid", 1, "output"],
  ["rready", 1, "input"],
  ["rdata", 32, "output"],
  ["rresp", 2, "output"],
];

const read: readonly Signal[] = [
  ["arvalid", 1, "output"],
  ["arready", 1, "input"],
  ["araddr", 64, "output"],
  ["arlen", 8, "output"],
  ["arsize", 3, "output"],
  ["arburst", 2, "output"],
  ["rvalid", 1, "input"],
  ["rready", 1, "output"],
  ["rdata", 128, "input"],
  ["rresp", 2, "input"],
  ["rlast", 1, "input"],
  ["arcache", 4, "output"],
  ["arprot", 3, "output"],
];

const write: readonly Signal[] = [
  ["awvalid", 1, "output"],
  ["awready", 1, "input"],
  ["awaddr", 64, "output"],
  ["awlen", 8, "output"],
  ["awsize", 3, "output"],
  ["awburst", 2, "output"],
  ["wvalid", 1, "output"],
  ["wready", 1, "input"],
  ["wdata", 128, "output"],
  ["wstrb", 16, "output"],
  ["wlast", 1, "output"],
  ["bvalid", 1, "input"],
  ["bready", 1, "output"],
  ["bresp", 2, "input"],
  ["awcache", 4, "output"],
  ["awprot", 3, "output"],
];

/** All ports of the SystemVerilog kernel, in the order of its declaration. */
export function kernelPorts(lanes: number): KernelPort[] {
  const weights = Array.from({ length: lanes }, (_, lane) => axi(`m_axi_weights_${lane}`, read));
  return [
    port("ap_clk", 1, "input"),
    port("ap_rst_n", 1, "input"),
    port("irq", 1, "output"),
    ...axi("s_axi_control", lite),
    ...weights.flat(),
    ...axi("m_axi_activations", read),
    ...axi("m_axi_output", write),
  ];
}

const axi = (name: string, signals: readonly Signal[]) =>
  signals.map(([signal, bits, direction]) => port(`${name}_${signal}`, bits, direction));

const port = (name: string, bits: number, direction: Direction): KernelPort => ({
  name,
  declaration: `${direction.padEnd(6)} wire ${(bits === 1 ? "" : `[${bits - 1}:0]`).padEnd(7)} ${name}`,
});
