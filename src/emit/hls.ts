import { registers } from "../plan/interface.ts";
import { isInUltraRam } from "../plan/memory.ts";
import { capabilities, type MachineParameters } from "../plan/parameters.ts";
import type { Plan } from "../plan/plan.ts";
import { tileSections } from "../plan/sections.ts";
import { copyFolder, type Emitter, type GeneratedFile, renderTemplate, withDatapath } from "./emitter.ts";
import { fieldsView } from "./hls-fields.ts";
import { memoryPorts } from "./hls-memory.ts";
import { sectionStreams, streamDepths, streams } from "./hls-streams.ts";
import { simHeaders } from "./sim.ts";

/** Vitis HLS C++ under `hls/`, and under `sim/` what runs it in C simulation without Vitis. */
export const hlsEmitter: Emitter = {
  name: "hls",
  refuses: () => [],
  files({ parameters, datapath }: Plan): GeneratedFile[] {
    const view = { ...kernelView(parameters, datapath.parameters), datapath: datapath.name };
    const printed = [
      "hls/bfq_config.hpp",
      "hls/bfq_fields.hpp",
      "hls/bfq_kernel.hpp",
      "hls/bfq_kernel.cpp",
      "hls/bfq_tile.hpp",
      "sim/csim_main.cpp",
    ];
    return [
      ...withDatapath("hls", datapath.files.hls),
      ...simHeaders(),
      ...copyFolder("sim/hls_shim"),
      ...printed.map((path) => ({ path, text: renderTemplate(`${path}.hbs`, view) })),
    ];
  },
};

/** What the templates print: final strings and numbers. */
function kernelView(parameters: MachineParameters, ofDatapath: Readonly<Record<string, number>>) {
  const { CONFIG_HASH, ...integers } = parameters;
  const depths = streamDepths(parameters);
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
    parameters: Object.entries({ ...integers, ...ofDatapath }).map(([name, value]) => ({ name, value })),
    configHash: hex(CONFIG_HASH),
    capabilities: hex(capabilities(parameters)),
    depths,
    activationsInUram: isInUltraRam(parameters) ? 1 : 0,
    lanes: lanes.map((lane) => ({ lane })),
    memoryPorts: memoryPorts(lanes).map(({ port, direction, outstanding, burst }) => {
      return { port, options: `num_${direction}_outstanding=${outstanding} max_${direction}_burst_length=${burst}` };
    }),
    registers: registers
      .filter(({ name }) => ports.has(name))
      .map(({ name, offset }) => ({ port: name, offset: `0x${offset.toString(16).padStart(2, "0")}` })),
    streams: streams(lanes, depths),
    sections: tileSections.map(({ name }, i) => ({ name, before: tileSections[Math.max(i - 1, 0)].name })),
    sectionStreams,
    ...fieldsView(),
  };
}

const hex = (value: number) => `0x${(value >>> 0).toString(16).padStart(8, "0")}u`;
