import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratedFile } from "../emit/emitter.ts";
import { sourcesInOrder } from "../emit/rtl.ts";
import { machineOption, mostLanes } from "../emit/sim-protocol.ts";
import { temporaryFolder } from "../output/temporary.ts";
import { ExitCode, userError } from "../problem.ts";
import { type AroundBuild, cachedBuild, runTool } from "./build.ts";
import { logTail, type Machine, type RunResult } from "./machine.ts";

/** Bytes of the bench's memory. */
const mostBytes = 1 << 20;
const wordBytes = 16;

/**
 * Compiles the SystemVerilog kernel for Icarus: a second witness, for cases of a few hundred cycles.
 * @param files of the RTL emitter
 * @returns path of the program for vvp
 */
export function buildIcarus(files: readonly GeneratedFile[], around?: AroundBuild): Promise<string> {
  const product = "bfq.vvp";
  const args = ["-g2012", "-s", "bfq_bench", "-o", product, ...sourcesInOrder(files), "sim/icarus/bfq_bench.sv"];
  return cachedBuild({ files, commands: [{ tool: "iverilog", args }], product }, around);
}

/** A machine that starts vvp for each run: the memory is a file before and after it. */
export async function startIcarus(program: string, memoryBytes: number): Promise<Machine> {
  if (memoryBytes > mostBytes) {
    throw userError("icarus-memory", `${memoryBytes} bytes of memory; the Icarus engine has ${mostBytes}`, {
      fix: "use the rtl engine, or a smaller case",
    });
  }
  const memory = new Uint8Array(mostBytes);
  const options = new Map<number, number>();
  const folder = temporaryFolder("icarus");
  let log = "";

  return {
    write(address, bytes) {
      memory.set(bytes, address);
    },
    async read(address, length) {
      return memory.slice(address, address + length);
    },
    async run(descriptors, count) {
      const [image, dump] = [join(folder.path, "image.hex"), join(folder.path, "dump.hex")];
      await writeFile(image, toHex(memory));
      const stall = options.get(machineOption.stallSeed) ? (options.get(machineOption.stallPercent) ?? 30) : 0;
      const plusargs = { image, dump, descriptors, count, stall, seed: options.get(machineOption.stallSeed) ?? 0 };
      const args = ["-n", program, ...Object.entries(plusargs).map(([name, value]) => `+${name}=${value}`)];
      log = await runTool({ tool: "vvp", args });
      memory.set(fromHex(await readFile(dump, "utf8")));
      return parseReport(log);
    },
    option(id, value) {
      options.set(id, value);
    },
    close: async () => folder.remove(),
    log: () => log,
  };
}

/** $readmemh text: a word a line, highest byte first. Words of zeros are left out. */
function toHex(memory: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < memory.length; at += wordBytes) {
    const word = memory.slice(at, at + wordBytes).reverse();
    if (word.some((byte) => byte !== 0)) {
      lines.push(`@${(at / wordBytes).toString(16)} ${Buffer.from(word).toString("hex")}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** The text of $writememh: a word a line from address 0 on, comments between. */
function fromHex(text: string): Uint8Array {
  const words = text.split("\n").filter((line) => /^[0-9a-f]{32}$/.test(line));
  const bytes = new Uint8Array(words.length * wordBytes);
  words.forEach((word, i) => {
    bytes.set(Buffer.from(word, "hex").reverse(), i * wordBytes);
  });
  return bytes;
}

/** Lines `name value` of the bench. */
function parseReport(text: string): RunResult {
  const values = (name: string) =>
    [...text.matchAll(new RegExp(`^${name} (\\d+)$`, "gm"))].map(([, value]) => Number(value));
  const value = (name: string) => {
    const [first] = values(name);
    if (first !== undefined) return first;
    throw userError("simulator", `the Icarus bench told no ${name}`, { why: logTail(text) }, ExitCode.toolFailed);
  };
  const words = values("words");
  return {
    status: value("status"),
    cycles: value("cycles"),
    stallMemory: value("stall_memory"),
    stallCompute: value("stall_compute"),
    words: Array.from({ length: mostLanes }, (_, lane) => words[lane] ?? 0),
    bytesWritten: value("bytes_written"),
  };
}
