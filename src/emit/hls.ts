import { registers } from "../plan/interface.ts";
import type { Parameters } from "../plan/parameters.ts";
import type { Plan } from "../plan/plan.ts";
import { copyFolder, copyTemplate, type Emitter, type GeneratedFile, renderTemplate } from "./emitter.ts";
import { streamDepths, streams } from "./hls-streams.ts";

/** Vitis HLS C++ under `hls/`, and under `sim/` what runs it in C simulation without Vitis. */
export const hlsEmitter: Emitter = {
  name: "hls",
  refuses: () => [],
  files({ parameters }: Plan): GeneratedFile[] {
    const view = kernelView(parameters);
    const printed = ["hls/bfq_config.hpp", "hls/bfq_kernel.hpp", "hls/bfq_kernel.cpp", "sim/csim_main.cpp"];
    return [
      ...copyFolder("hls"),
      { path: "sim/host.hpp", text: copyTemplate("sim/host.hpp") },
      ...copyFolder("sim/hls_shim"),
      ...printed.map((path) => ({ path, text: renderTemplate(`${path}.hbs`, view) })),
    ];
  },
};

/** What the templates print: final strings and numbers. */
function kernelView(parameters: Parameters) {
  const { CONFIG_HASH, ...integers } = parameters;
  const lanes = Array.from({ length: parameters.LANES }, (_, lane) => lane);
  const weightPorts = lanes.map((lane) => `weights_${lane}`);
  const scalars = ["descriptor_count", "config_hash", "interface_version", "capabilities", "status"];
  const ports = new Set([
    ...scalars,
    "descriptors",
    "activations",
    "output",
    ...weightPorts,
    ...lanes.map((lane) => `words_${lane}`),
  ]);
  return {
    parameters: Object.entries(integers).map(([name, value]) => ({ name, value })),
    configHash: hex(CONFIG_HASH),
    capabilities: hex(parameters.LANES | (parameters.COLUMNS << 8) | (parameters.MAX_K_TILES << 16)),
    depths: streamDepths(parameters),
    lanes: lanes.map((lane) => ({ lane })),
    memoryPorts: [
      { port: "descriptors", options: read({ outstanding: 2, burst: 16 }) },
      { port: "activations", options: read({ outstanding: 4, burst: 64 }) },
      ...weightPorts.map((port) => ({ port, options: read({ outstanding: 16, burst: 64 }) })),
      { port: "output", options: "num_write_outstanding=4 max_write_burst_length=64" },
    ],
    registers: registers
      .filter(({ name }) => ports.has(name))
      .map(({ name, offset }) => ({ port: name, offset: `0x${offset.toString(16).padStart(2, "0")}` })),
    streams: streams(lanes),
  };
}

const read = ({ outstanding, burst }: { outstanding: number; burst: number }) =>
  `num_read_outstanding=${outstanding} max_read_burst_length=${burst}`;

const hex = (value: number) => `0x${(value >>> 0).toString(16).padStart(8, "0")}u`;
