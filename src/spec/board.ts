import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { nearest } from "../nearest.ts";
import { specsFolder } from "../paths.ts";
import { printable } from "../printable.ts";
import { UserError } from "../problem.ts";
import { refuseOtherKind } from "./kind.ts";
import { nameSchema, versionSchema } from "./naming.ts";
import { isPath } from "./reference.ts";
import { Report, refuse, SpecSource } from "./source.ts";

const positive = z.number().positive();
const amount = z.int().min(0);

/** `vendor:board:part0:1.0`, as Vivado lists it. */
const boardPart = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,80}$/, "a name of Vivado's board catalogue, such as vendor:board:part0:1.0");
const nanoseconds = positive.max(1e6).describe("ns");
const powerOfTwo = (least: number, most: number) =>
  z
    .int()
    .min(least)
    .max(most)
    .refine((value) => Number.isInteger(Math.log2(value)), "a power of two");
const controllerPort = z.int().min(0).max(7).describe("port of the memory controller");

/** How the simulator's memory mode "board" behaves: templates/sim/rtl/dram.hpp, docs/memory.md. */
const memoryModelSchema = z.strictObject({
  dram: z.strictObject({
    burst: nanoseconds.describe("ns of 64 bytes on the data bus"),
    activate: nanoseconds.describe("ns, tRCD"),
    precharge: nanoseconds.describe("ns, tRP"),
    "row-cycle": nanoseconds.describe("ns, tRC"),
    "read-to-precharge": nanoseconds.describe("ns, tRTP"),
    column: nanoseconds.describe("ns, CAS latency"),
    "refresh-interval": nanoseconds.describe("ns, tREFI"),
    refresh: nanoseconds.describe("ns, tRFC"),
    "read-to-write": nanoseconds.describe("ns that the data bus idles"),
    "write-to-read": nanoseconds.describe("ns that the data bus idles"),
    "row-bytes": powerOfTwo(64, 2 ** 20).describe("contiguous bytes in one open row"),
    banks: powerOfTwo(1, 64).describe("bank = address / row-bytes mod banks"),
  }),
  controller: z.strictObject({
    burst: nanoseconds.describe("ns of 64 bytes through one controller port"),
    queue: z.int().min(1).max(64).describe("pieces of AXI bursts among which the controller chooses"),
    "row-streak": z
      .int()
      .min(1)
      .max(4096)
      .describe("bursts of 64 bytes to a row before a request for another row closes it"),
    "longest-wait": nanoseconds.describe("ns that a write waits while there is something to read"),
    "write-batch": z.int().min(1).max(64).describe("pieces to write that wait before they interrupt reads"),
    lanes: z.array(controllerPort).min(1).max(8).describe("controller port of each weight port"),
    shared: controllerPort.describe("controller port of activations, descriptors and output"),
  }),
  port: z.strictObject({
    request: nanoseconds.describe("ns from an AXI request to the controller"),
    reply: nanoseconds.describe("ns from the controller to the AXI port"),
    commands: z.int().min(1).max(16).describe("AXI bursts open at once"),
    slice: z.int().min(1).max(256).describe("words of the pieces that AXI bursts are cut into"),
    words: z.int().min(1).max(4096).describe("of the data FIFO: asked for at once, at most 16 pieces"),
  }),
});

const portName = z.string().regex(/^[A-Z0-9]{1,10}$/, "upper-case letters and digits");
const pin = z.string().regex(/^[A-Za-z0-9_]{1,40}$/, "letters, digits and '_'");
const address = z
  .int()
  .min(0)
  .max(2 ** 40 - 1);

const linuxNode = z.strictObject({
  node: z.string().regex(/^[a-z0-9_]{1,40}$/, "a label of the base device tree"),
  id: z.int().min(0).max(65535),
});

/** Where a kernel is wired to the processor, and what Linux must be told of it. */
const processingSystemSchema = z.strictObject({
  "memory-ports": z.record(
    portName,
    z.strictObject({
      pin: pin.describe("interface pin of Vivado's processing system"),
      clock: pin,
      index: z.int().min(0).max(9).describe("number in PSU__USE__S_AXI_GP<n>"),
      afi: z
        .int()
        .min(0)
        .max(99)
        .describe("read register in config-afi of xlnx,afi-fpga; the write register is the next"),
      "width-register": address.describe("AFIFM register of reads; of writes 0x14 above"),
    }),
  ),
  lanes: z
    .partialRecord(z.enum(["1", "2", "4", "8"]), z.array(portName))
    .describe("memory port of each lane, by lanes"),
  others: portName.describe("memory port of activations, output and descriptors"),
  control: z
    .strictObject({
      address,
      bytes: z.int().min(4096),
      pin: pin.describe("interface pin of the master that reaches them"),
      clock: pin,
      index: z.int().min(0).max(2).describe("number in PSU__USE__M_AXI_GP<n>"),
    })
    .describe("window of the kernel's registers"),
  interrupt: z.int().min(0).max(987).describe("shared peripheral interrupt of the kernel"),
  linux: z
    .strictObject({
      clock: linuxNode.describe("the fabric clock pl0"),
      reset: linuxNode.describe("reset of the fabric"),
      "master-widths": z
        .strictObject({ register: z.int().min(0).max(99), value: z.int().min(0).max(0xffffffff) })
        .describe("entry of config-afi that sets the masters of the processing system to 128 bits"),
    })
    .describe("what the device tree refers to"),
});

/** What a module brings: everything but the carrier card. */
const fabric = {
  part: z.string().regex(/^[A-Za-z0-9-]{1,40}$/, "letters, digits and '-'"),
  resources: z.strictObject({ lut: amount, ff: amount, dsp: amount, bram36: amount, uram: amount }),
  ports: z.strictObject({
    count: z.int().min(1).max(16).describe("memory ports for weights"),
    bits: z.literal(128),
  }),
  clock: z.strictObject({ mhz: positive.max(1000) }),
  "processing-system": processingSystemSchema.optional(),
  memory: z.strictObject({
    bytes: amount,
    peak: positive.describe("GB/s of the DRAM interface"),
    model: memoryModelSchema.optional(),
  }),
  "host-gap": positive.max(1e6).optional().describe("microseconds between two runs that the host starts one by one"),
};

const named = { bfq: versionSchema, name: nameSchema, description: z.string().max(400).optional() };

const kria = z
  .strictObject({
    som: boardPart.describe("Vivado's board part of the module: it brings the preset of the processing system"),
    connectors: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z0-9_]{1,40}$/, "lower-case letters, digits and '_'"),
          carrier: boardPart,
        }),
      )
      .describe("connectors of the module, and what of the carrier card is on each"),
    "shared-bytes": z
      .int()
      .min(1 << 20)
      .multipleOf(4096, "a multiple of 4096")
      .describe("memory that the accelerator and Linux share (u-dma-buf); the kernel's cma= must be larger"),
  })
  .optional()
  .describe("a Kria starter kit: what `bfq build` needs");

/** Shape of `specs/modules/*.yaml`. */
export const moduleSchema = z.strictObject({ ...named, ...fabric });

/** Shape of a file of `specs/boards` without `module`. */
export const boardSchema = z.strictObject({ ...named, ...fabric, kria });

/** And of one that takes all but the carrier card from a module. */
const carrierSchema = z.strictObject({
  ...named,
  module: nameSchema.describe("a file of specs/modules: what the board does not say itself"),
  kria,
});

export const boardFileSchema = z.union([carrierSchema, boardSchema]);

export type Board = z.infer<typeof boardSchema>;

const boardsFolder = `${specsFolder}/boards`;

export async function boardNames(): Promise<string[]> {
  return (await readdir(boardsFolder)).map((file) => basename(file, ".yaml"));
}

/** A board of `specs/boards` by its name, or any by the path of its YAML file. @throws UserError */
export async function chooseBoard(reference: string): Promise<Board> {
  if (isPath(reference)) return readBoard(reference);
  const names = await boardNames();
  if (names.includes(reference)) return readBoard(`${boardsFolder}/${reference}.yaml`);
  throw new UserError([unknownBoard(reference, names)]);
}

export function unknownBoard(name: string, names: string[]) {
  const guess = nearest(name, names);
  const fix = guess ? `did you mean '${guess}'?` : `known boards: ${names.join(", ")}; or the path of a .yaml file`;
  return { rule: "unknown-board", what: `no board named '${printable(name)}'`, fix };
}

export async function readBoard(file: string): Promise<Board> {
  const source = await SpecSource.read(file);
  refuseOtherKind(source, "board");
  const board = isCarrier(source.value) ? await carrier(source) : checked(source, boardSchema);
  refuseFamily(board.part, source);
  refusePorts(board, source);
  return board;
}

const isCarrier = (value: unknown) => typeof value === "object" && value !== null && "module" in value;

function checked<T>(source: SpecSource, schema: z.ZodType<T>): T {
  const result = source.check(schema);
  if ("problems" in result) throw new UserError(result.problems);
  return result.value;
}

async function carrier(source: SpecSource): Promise<Board> {
  const { module, ...own } = checked(source, carrierSchema);
  const folder = `${specsFolder}/modules`;
  const names = (await readdir(folder)).map((name) => basename(name, ".yaml"));
  if (!names.includes(module)) {
    const fix = `known modules: ${names.join(", ")}`;
    throw new UserError([source.problem(["module"], "unknown-module", `no module named '${module}'`, { fix })]);
  }
  const moduleSource = await SpecSource.read(`${folder}/${module}.yaml`);
  const fabric = checked(moduleSource, moduleSchema);
  refusePorts(fabric, moduleSource);
  return { ...fabric, ...own };
}

/** A port that a lane is wired to must be described, and each lane have one. */
function refusePorts(board: Pick<Board, "processing-system">, source: SpecSource): void {
  const ps = board["processing-system"];
  if (!ps || "module" in (source.value as object)) return;
  const report = new Report(source);
  const known = Object.keys(ps["memory-ports"]);
  const check = (path: PropertyKey[], port: string) => {
    if (known.includes(port)) return;
    const guess = nearest(port, known);
    const fix = guess ? `did you mean '${guess}'?` : `known ports: ${known.join(", ")}`;
    report.add(["processing-system", ...path], "unknown-port", `memory-ports has no port '${port}'`, { fix });
  };
  for (const [lanes, ports] of Object.entries(ps.lanes)) {
    if (ports.length !== Number(lanes)) {
      const what = `${lanes} lanes need ${lanes} ports; ${ports.length} are named`;
      report.add(["processing-system", "lanes", lanes], "lane-ports", what);
    }
    ports.forEach((port, index) => {
      check(["lanes", lanes, index], port);
    });
  }
  check(["others"], ps.others);
  refuse(report.problems);
}

/** The datapath stands on the DSP48E2 of UltraScale and later. */
function refuseFamily(part: string, source: SpecSource): void {
  if (!/^x[acq]7/i.test(part)) return;
  throw new UserError([
    source.problem(["part"], "family", `${part} is a part of the 7 series (Zynq-7000, Artix-7 and the like)`, {
      why: "it has no DSP48E2: two products of a pair of columns do not fit its DSP48E1, and it has no UltraRAM",
      fix: "use a Zynq UltraScale+ board, such as kv260 or zcu104",
    }),
  ]);
}
