import { z } from "zod";
import { UserError } from "../problem.ts";
import { nameSchema, versionSchema } from "./format-schema.ts";
import { SpecSource } from "./source.ts";

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

/** Shape of `specs/boards/*.yaml`. */
export const boardSchema = z.strictObject({
  bfq: versionSchema,
  name: nameSchema,
  description: z.string().max(400).optional(),
  part: z.string().regex(/^[A-Za-z0-9-]{1,40}$/, "letters, digits and '-'"),
  resources: z.strictObject({ lut: amount, ff: amount, dsp: amount, bram36: amount, uram: amount }),
  ports: z.strictObject({
    count: z.int().min(1).max(16).describe("memory ports for weights"),
    bits: z.literal(128),
  }),
  clock: z.strictObject({ mhz: positive.max(1000) }),
  kria: z
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
    .describe("a Kria starter kit: what `bfq build` needs"),
  memory: z.strictObject({
    bytes: amount,
    peak: positive.describe("GB/s of the DRAM interface"),
    model: memoryModelSchema.optional(),
  }),
  "host-gap": positive.max(1e6).optional().describe("microseconds between two runs that the host starts one by one"),
});

export type Board = z.infer<typeof boardSchema>;

export async function readBoard(file: string): Promise<Board> {
  const result = (await SpecSource.read(file)).check(boardSchema);
  if ("problems" in result) throw new UserError(result.problems);
  return result.value;
}
