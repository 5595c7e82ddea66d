/** Yosys' JSON netlist, as far as it is used here. */
export interface Netlist {
  modules: Record<string, NetlistModule>;
}

export interface NetlistModule {
  attributes?: Record<string, string>;
  ports: Record<string, { direction: Direction; bits: Bit[] }>;
  cells: Record<string, Cell>;
  netnames: Record<string, { hide_name: 0 | 1; bits: Bit[] }>;
}

export interface Cell {
  type: string;
  port_directions: Record<string, Direction>;
  connections: Record<string, Bit[]>;
}

/** A net of the module, or a constant: "0", "1", "x", "z". */
export type Bit = number | string;
type Direction = "input" | "output" | "inout";

/** Modules that are made of cells, not the library's cells themselves. */
export function ownModules({ modules }: Netlist): Record<string, NetlistModule> {
  const isLibrary = ({ attributes }: NetlistModule) => attributes?.blackbox ?? attributes?.whitebox;
  return Object.fromEntries(Object.entries(modules).filter(([, module]) => !isLibrary(module)));
}

export function topModule(netlist: Netlist): string {
  const top = Object.entries(netlist.modules).find(([, { attributes }]) => attributes?.top);
  if (!top) throw new Error("the netlist marks no top module");
  return top[0];
}

/** The name in the source of a module that Yosys has derived: `$paramod$3f..\bfq_fifo` and `$paramod\bfq_fifo\WIDTH=..` are bfq_fifo. */
export function sourceName(module: string): string {
  const [first, second] = module.split("\\");
  return first.startsWith("$paramod") ? second : first;
}
