import { copyTemplate, type GeneratedFile } from "./emitter.ts";
import { interfaceHeader } from "./interface-header.ts";

/** Under `sim/`, what the mains of both engines include. */
export const simHeaders = (): GeneratedFile[] => [
  { path: "sim/host.hpp", text: copyTemplate("sim/host.hpp") },
  interfaceHeader("sim/bfq_interface.hpp"),
];
