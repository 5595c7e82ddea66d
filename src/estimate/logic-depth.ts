import { type Bit, type Cell, type Netlist, type NetlistModule, ownModules, sourceName, topModule } from "./netlist.ts";

/** A longest combinational path between registers (or ports, DSPs and memory blocks, which count as registers). */
export interface Path {
  /** Module of the register in which it ends. */
  module: string;
  /** LUTs, LUT RAMs and inverters passed. */
  luts: number;
  /** Carry chains passed, each of any length. */
  carries: number;
  /** Register in which it starts, with its instance path. */
  from: string;
  to: string;
  /** The modules whose LUTs and carry chains it passes, in order. */
  through: { module: string; levels: number }[];
}

/** What an arc from an input to an output of a cell adds to a path. */
type Cost = "wire" | "lut" | "carry";
interface Arc {
  from: number;
  cost: Cost;
  /** Of the cell. */
  instance: Instance;
}

interface Instance {
  module: NetlistModule;
  source: string;
  path: string;
  /** Net of the module -> net of the kernel. */
  nets: Map<number, number>;
}

/** More than any path has LUTs. */
const chainsFirst = 1000;

/**
 * The deepest path into each module, and the one with the most carry chains where it differs.
 * Paths cross the hierarchy; depth = LUTs + chains.
 * @throws where the netlist has a combinational loop or an unknown cell
 */
export function worstPaths(netlist: Netlist): Path[] {
  const deepest = worstBy(netlist, 0.99); // of equally deep ones that with more LUTs
  const chains = [...worstBy(netlist, chainsFirst).values()];
  const more = chains.filter(({ module, carries }) => carries > deepest.get(module)!.carries);
  return [...deepest.values(), ...more].sort((a, b) => b.luts + b.carries - (a.luts + a.carries));
}

/** @param weight of a carry chain, in LUTs */
function worstBy(netlist: Netlist, weight: number): Map<string, Path> {
  const graph = new Graph(netlist, weight);
  const worst = new Map<string, Path>();
  for (const { net, instance, pin } of graph.ends) {
    const { luts, carries } = graph.arrival(net);
    const found = worst.get(instance.source);
    if (found && found.luts + weight * found.carries >= luts + weight * carries) continue;
    const to = graph.nameOfEnd(instance, pin);
    worst.set(instance.source, { module: instance.source, luts, carries, to, ...graph.trace(net) });
  }
  return worst;
}

interface Arrival {
  luts: number;
  carries: number;
  /** The arc by which the deepest path comes; none where it starts. */
  by?: Arc;
}

class Graph {
  readonly ends: { net: number; instance: Instance; pin: { cell: string; port: string; index: number } }[] = [];
  private readonly modules: Record<string, NetlistModule>;
  private readonly alias: number[] = [];
  private readonly home: Instance[] = [];
  private readonly arcs = new Map<number, Arc[]>();
  private readonly arrivals = new Map<number, Arrival | "open">();

  constructor(
    netlist: Netlist,
    private readonly weight: number,
  ) {
    this.modules = ownModules(netlist);
    const top = topModule(netlist);
    const opened = this.open(top, sourceName(top), new Map());
    for (const [port, { direction, bits }] of Object.entries(this.modules[top].ports)) {
      if (direction === "output") this.end(opened, port, port, bits);
    }
    for (const [net, arcs] of [...this.arcs]) {
      const root = this.find(net);
      if (root !== net) this.arcs.set(root, [...(this.arcs.get(root) ?? []), ...arcs]);
    }
  }

  /** The deepest way to a net. */
  arrival(net: number): Arrival {
    const end = this.find(net);
    const stack = [end];
    while (stack.length > 0) {
      const at = stack[stack.length - 1];
      const state = this.arrivals.get(at);
      if (state === undefined) {
        this.arrivals.set(at, "open");
        for (const { from } of this.arcsInto(at)) {
          const before = this.arrivals.get(this.find(from));
          if (before === "open") throw new Error(`combinational loop through ${this.nameOf(from)}`);
          if (before === undefined) stack.push(this.find(from));
        }
        continue;
      }
      stack.pop();
      if (state === "open") this.arrivals.set(at, this.deepest(at));
    }
    return this.arrivals.get(end) as Arrival;
  }

  private deepest(net: number): Arrival {
    let best: Arrival = { luts: 0, carries: 0 };
    let levels = -1;
    for (const arc of this.arcsInto(net)) {
      const { from, cost } = arc;
      const before = this.arrivals.get(this.find(from)) as Arrival;
      const luts = before.luts + (cost === "lut" ? 1 : 0);
      const carries = before.carries + (cost === "carry" ? 1 : 0);
      if (luts + this.weight * carries <= levels) continue;
      levels = luts + this.weight * carries;
      best = { luts, carries, by: arc };
    }
    return best;
  }

  /** Follows the deepest path to a net back to its start. */
  trace(net: number): Pick<Path, "from" | "through"> {
    const through: Path["through"] = [];
    let at = net;
    for (let by = this.arrival(at).by; by; by = this.arrival(at).by) {
      const module = by.instance.source;
      if (by.cost !== "wire") {
        if (through[0]?.module === module) through[0].levels++;
        else through.unshift({ module, levels: 1 });
      }
      at = by.from;
    }
    return { from: this.nameOf(this.find(at)), through };
  }

  private arcsInto(net: number): readonly Arc[] {
    return this.arcs.get(net) ?? [];
  }

  /** Adds an instance with all it holds. @param nets of its ports, as far as they are connected outside */
  private open(name: string, path: string, nets: Map<number, number>): Instance {
    const module = this.modules[name];
    const instance: Instance = { module, source: sourceName(name), path, nets };
    for (const [cellName, cell] of Object.entries(module.cells)) {
      const child = this.modules[cell.type];
      if (child) this.open(cell.type, `${path}.${cellName}`, this.portNets(instance, cell, child));
      else this.addCell(instance, cellName, cell);
    }
    return instance;
  }

  private portNets(instance: Instance, cell: Cell, child: NetlistModule): Map<number, number> {
    const nets = new Map<number, number>();
    for (const [port, outside] of Object.entries(cell.connections)) {
      child.ports[port].bits.forEach((bit, i) => {
        if (typeof bit !== "number") return;
        const net = this.net(instance, outside[i]);
        if (net === undefined) return;
        const known = nets.get(bit);
        if (known === undefined) nets.set(bit, net);
        else this.alias[this.find(net)] = this.find(known);
      });
    }
    return nets;
  }

  private addCell(instance: Instance, name: string, cell: Cell): void {
    const arcs = cellArcs(cell);
    for (const { output, inputs, cost } of arcs) {
      const to = this.net(instance, output);
      if (to === undefined) continue;
      const froms = inputs.map((bit) => this.net(instance, bit)).filter((net) => net !== undefined);
      const list = this.arcs.get(to) ?? [];
      list.push(...froms.map((from) => ({ from, cost, instance })));
      this.arcs.set(to, list);
    }
    if (isLogic(cell.type)) return;
    for (const [port, bits] of Object.entries(cell.connections)) {
      if (cell.port_directions[port] === "input" && !/CLK|^C$/.test(port)) this.end(instance, name, port, bits);
    }
  }

  private end(instance: Instance, cell: string, port: string, bits: Bit[]): void {
    bits.forEach((bit, index) => {
      const net = this.net(instance, bit);
      if (net !== undefined) this.ends.push({ net, instance, pin: { cell, port, index } });
    });
  }

  private net(instance: Instance, bit: Bit): number | undefined {
    if (typeof bit !== "number") return undefined;
    const known = instance.nets.get(bit);
    if (known !== undefined) return known;
    const net = this.alias.length;
    this.alias.push(net);
    this.home.push(instance);
    instance.nets.set(bit, net);
    return net;
  }

  private find(net: number): number {
    let root = net;
    while (this.alias[root] !== root) root = this.alias[root];
    this.alias[net] = root;
    return root;
  }

  /** A net's name in the module that made it, or the instance where the net has no name in the source. */
  private nameOf(net: number): string {
    const { module, path, nets } = this.home[net];
    for (const [name, { hide_name, bits }] of Object.entries(module.netnames)) {
      if (hide_name) continue;
      const index = bits.findIndex((bit) => typeof bit === "number" && nets.get(bit) === net);
      if (index >= 0) return `${path}.${name}${bits.length > 1 ? `[${index}]` : ""}`;
    }
    return path;
  }

  /** A register by its output, anything else by cell and pin. */
  nameOfEnd(instance: Instance, { cell, port, index }: { cell: string; port: string; index: number }): string {
    const register = instance.module.cells[cell]?.connections.Q;
    const net = register && this.net(instance, register[0]);
    if (net === undefined) return `${instance.path}.${cell}.${port}[${index}]`;
    const name = this.nameOf(net);
    return port === "D" ? name : `${name} (${port})`;
  }
}

const isLogic = (type: string) => /^(LUT\d|INV|CARRY4)$/.test(type);

/** Ways through a cell without a clock. LUT RAMs are read without one; registers, DSPs and block memories have none. */
function cellArcs({ type, connections }: Cell): { output: Bit; inputs: Bit[]; cost: Cost }[] {
  const pins = (pattern: RegExp) => Object.keys(connections).filter((port) => pattern.test(port));
  if (/^(LUT\d|INV)$/.test(type)) {
    return [{ output: connections.O[0], inputs: pins(/^I/).flatMap((port) => connections[port]), cost: "lut" }];
  }
  if (type === "CARRY4") return carryArcs(connections);
  if (/^RAM\d+(M|X)/.test(type)) {
    return pins(/^(DO.|O.?|DPO|SPO)$/).flatMap((port) => {
      const address = port.startsWith("DO") ? `ADDR${port[2]}` : port === "DPO" ? "DPRA" : "A";
      const inputs = pins(new RegExp(`^${address}\\d*$`)).flatMap((pin) => connections[pin]);
      return connections[port].map((output) => ({ output, inputs, cost: "lut" as const }));
    });
  }
  return [];
}

/** Sum bit k depends on its own S and on the carry into it; CI comes from the chain's block before. */
function carryArcs({ CI, CYINIT, S, DI, O = [], CO = [] }: Record<string, Bit[]>) {
  const arcs: { output: Bit; inputs: Bit[]; cost: Cost }[] = [];
  for (let k = 0; k < 4; k++) {
    const below = [...CYINIT, ...S.slice(0, k), ...DI.slice(0, k)];
    arcs.push({ output: O[k], inputs: [...below, S[k]], cost: "carry" }, { output: O[k], inputs: CI, cost: "wire" });
    arcs.push({ output: CO[k], inputs: [...below, S[k], DI[k]], cost: "carry" });
    arcs.push({ output: CO[k], inputs: CI, cost: "wire" });
  }
  return arcs;
}
