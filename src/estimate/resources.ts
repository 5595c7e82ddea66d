import type { Plan } from "../plan/plan.ts";
import { type Netlist, ownModules, sourceName, topModule } from "./netlist.ts";

/** What a module takes of the chip, without the modules inside it. */
export interface Resources {
  lut: number;
  ff: number;
  dsp: number;
  bram36: number;
  uram: number;
  /** CARRY4 blocks; UltraScale+ has them in pairs. */
  carry: number;
}

export interface ModuleResources extends Resources {
  module: string;
  /** In the whole kernel, of all its parameter sets; the figures are for all of them together. */
  instances: number;
}

/** LUTs that a LUT RAM takes: both halves of an M8 or M16 take a slice of eight. */
const lutRams: Record<string, number> = {
  RAM32X1S: 1,
  RAM64X1S: 1,
  RAM128X1S: 2,
  RAM256X1S: 4,
  RAM512X1S: 8,
  RAM32X1D: 2,
  RAM64X1D: 2,
  RAM128X1D: 4,
  RAM256X1D: 8,
  RAM32M: 4,
  RAM64M: 4,
  RAM32M16: 8,
  RAM64M8: 8,
  RAM64X8SW: 8,
  RAM32X16DR8: 8,
};

const others: [RegExp, Partial<Resources>][] = [
  // An inverter may vanish in the LUT behind it; as an upper bound it counts.
  [/^(LUT[1-6]|INV|SRL16E|SRLC32E)$/, { lut: 1 }],
  [/^FD[CPRS]E$/, { ff: 1 }],
  [/^CARRY4$/, { carry: 1 }],
  [/^DSP48E2$/, { dsp: 1 }],
  [/^RAMB36E2$/, { bram36: 1 }],
  [/^RAMB18E2$/, { bram36: 0.5 }],
  [/^URAM288$/, { uram: 1 }],
  [/^(VCC|GND)$/, {}],
];

/** What one library cell takes. @throws where the cell isn't known, as it would be missing in the sums */
export function cellResources(type: string): Partial<Resources> {
  if (type in lutRams) return { lut: lutRams[type] };
  const known = others.find(([pattern]) => pattern.test(type));
  if (!known) throw new Error(`unknown cell ${type} in Yosys' netlist`);
  return known[1];
}

const none = (): Resources => ({ lut: 0, ff: 0, dsp: 0, bram36: 0, uram: 0, carry: 0 });

function add(sum: Resources, part: Partial<Resources>, times: number): void {
  for (const key of Object.keys(part) as (keyof Resources)[]) sum[key] += times * part[key]!;
}

/** Resources by source module, largest first, multiplied through the hierarchy: the rows sum up to the kernel. */
export function countResources(netlist: Netlist): ModuleResources[] {
  const modules = ownModules(netlist);
  const instances = new Map<string, number>();
  const visit = (name: string) => {
    instances.set(name, (instances.get(name) ?? 0) + 1);
    for (const { type } of Object.values(modules[name].cells)) if (type in modules) visit(type);
  };
  visit(topModule(netlist));

  const rows = new Map<string, ModuleResources>();
  for (const [name, count] of instances) {
    const module = sourceName(name);
    const row = rows.get(module) ?? { module, instances: 0, ...none() };
    rows.set(module, row);
    row.instances += count;
    for (const { type } of Object.values(modules[name].cells)) {
      if (!(type in modules)) add(row, cellResources(type), count);
    }
  }
  return [...rows.values()].sort((a, b) => b.lut - a.lut || b.ff - a.ff);
}

export function sumResources(rows: readonly Resources[]): Resources {
  const sum = none();
  for (const { lut, ff, dsp, bram36, uram, carry } of rows) add(sum, { lut, ff, dsp, bram36, uram, carry }, 1);
  return sum;
}

/** DSP48E2 by what they multiply: instances in the SystemVerilog but for fp32. Yosys' own count also holds address arithmetic. */
export interface PlannedDsps {
  /** Levels times activations: the datapath's. */
  products: number;
  /** Sub-block sums times scales and mins: the four sub-blocks of a row step at once. */
  scales: number;
  /** d * da, with a d of up to 17 bits, and the product with isum, which is 24 x 24 bits: one and two; the same for mins. */
  fp32: number;
  total: number;
}

export function plannedDsps({ parameters, datapath }: Plan): PlannedDsps {
  const { LANES, COLUMNS, FP_UNITS, FP_INTERVAL, HAS_MIN, D_BITS } = parameters;
  const sides = 1 + HAS_MIN;
  const products = LANES * datapath.dsps;
  const scales = LANES * COLUMNS * 4 * sides;
  const fp32 = LANES * FP_UNITS * (FP_INTERVAL > 1 ? 1 : sides) * (D_BITS > 16 ? 4 : 3);
  return { products, scales, fp32, total: products + scales + fp32 };
}
