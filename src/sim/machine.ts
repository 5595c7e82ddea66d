import { execa } from "execa";
import { mostLanes, opcode, resultFields } from "../emit/sim-protocol.ts";
import { ExitCode, userError } from "../problem.ts";

/** What a run of a descriptor list gives back. */
export interface RunResult {
  /** 0, or code | index of the descriptor << 8 (docs/interface.md). */
  status: number;
  /** 0 in csim, as are the stalls. */
  cycles: number;
  stallMemory: number;
  stallCompute: number;
  /** Words read by each of the 8 possible weight ports. */
  words: number[];
  bytesWritten: number;
}

/** A simulated kernel with its memory. */
export interface Machine {
  write(address: number, bytes: Uint8Array): void;
  read(address: number, length: number): Promise<Uint8Array>;
  run(descriptors: number, count: number): Promise<RunResult>;
  option(id: number, value: number): void;
  close(): Promise<void>;
  /** What the process has said on stderr so far: a deadlock's report; complete after `close`. */
  log(): string;
}

/** Bytes that a weight port reads. */
export interface PortRegion {
  port: number;
  /** A multiple of 16, as is the number of bytes. */
  address: number;
  bytes: number;
}

/** What a pure reader takes; zeros where the engine has no timing. */
export interface ReadCeiling {
  /** From the first request to the last word of all ports. */
  cycles: number;
  /** To the last word of each of the 8 possible weight ports. */
  portCycles: number[];
}

/** A machine in a process of its own. */
export interface ProcessMachine extends Machine {
  /**
   * Reads regions with no kernel, as fast as the memory of the present mode gives them: the ceiling of what a run with
   * the same regions can reach. Each port goes through its regions in their order. They must lie inside the memory.
   */
  readCeiling(regions: readonly PortRegion[]): Promise<ReadCeiling>;
}

const requestBytes = 24;
const regionBytes = 24;
const resultBytes = 8 * (resultFields.length - 1 + mostLanes);

/**
 * Starts a simulator. A crash is a UserError, exit code 4, with the end of its log.
 * @param options.timeout milliseconds after which the process is ended: that too is a crash
 */
export async function startMachine(
  executable: string,
  memoryBytes: number,
  options: { env?: Record<string, string>; timeout?: number } = {},
): Promise<ProcessMachine> {
  const child = execa(executable, [String(memoryBytes)], {
    ...options,
    buffer: { stdout: false },
    encoding: "buffer",
    reject: false,
  });
  let log = "";
  child.stderr.on("data", (bytes: Uint8Array) => {
    log += Buffer.from(bytes).toString();
  });
  const replies = new ReplyQueue();
  child.stdout.on("data", (bytes: Uint8Array) => replies.push(bytes));
  child.stdin.on("error", () => {}); // the end of the process says it all
  const ended = child.then(({ exitCode, signal, code }) => {
    const problem = exitCode === 0 ? undefined : crash(executable, exitCode ?? signal ?? code ?? "no reason", log);
    replies.fail(problem ?? crash(executable, "early end", log));
    return problem;
  });

  const request = (code: number, argument: number, address: number, length: number) => {
    const bytes = new DataView(new ArrayBuffer(requestBytes));
    bytes.setUint32(0, code, true);
    bytes.setUint32(4, argument, true);
    bytes.setBigUint64(8, BigInt(address), true);
    bytes.setBigUint64(16, BigInt(length), true);
    child.stdin.write(new Uint8Array(bytes.buffer));
  };
  return {
    write(address, bytes) {
      request(opcode.write, 0, address, bytes.length);
      child.stdin.write(bytes);
    },
    read(address, length) {
      request(opcode.read, 0, address, length);
      return replies.take(length);
    },
    async run(descriptors, count) {
      request(opcode.run, count, descriptors, 0);
      return parseResult(await replies.take(resultBytes));
    },
    async readCeiling(regions) {
      request(opcode.readCeiling, regions.length, 0, 0);
      child.stdin.write(regionList(regions));
      const view = dataView(await replies.take(8 * (1 + mostLanes)));
      const [cycles, ...portCycles] = Array.from({ length: 1 + mostLanes }, (_, i) =>
        Number(view.getBigUint64(8 * i, true)),
      );
      return { cycles, portCycles };
    },
    option(id, value) {
      request(opcode.option, id, 0, value);
    },
    async close() {
      child.stdin.end();
      const problem = await ended;
      if (problem) throw problem;
    },
    log: () => log,
  };
}

const dataView = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function regionList(regions: readonly PortRegion[]): Uint8Array {
  const bytes = new Uint8Array(regions.length * regionBytes);
  const view = dataView(bytes);
  for (const [i, { port, address, bytes }] of regions.entries()) {
    view.setUint32(i * regionBytes, port, true);
    view.setBigUint64(i * regionBytes + 8, BigInt(address), true);
    view.setBigUint64(i * regionBytes + 16, BigInt(bytes), true);
  }
  return bytes;
}

function parseResult(bytes: Uint8Array): RunResult {
  const view = dataView(bytes);
  let at = 0;
  const u64 = () => {
    at += 8;
    return Number(view.getBigUint64(at - 8, true));
  };
  const values = resultFields.map((name) => [name, name === "words" ? Array.from({ length: mostLanes }, u64) : u64()]);
  return Object.fromEntries(values);
}

const crash = (executable: string, how: number | string, log: string) =>
  userError(
    "simulator",
    `the simulator ended with ${how}`,
    { why: logTail(log), fix: `run again by hand: ${executable}` },
    ExitCode.toolFailed,
  );

/** The last lines of a tool's output, for an error text. */
export function logTail(log: string, lines = 20): string {
  const tail = log.trimEnd().split("\n").slice(-lines).join("\n");
  return tail === "" ? "it said nothing" : tail;
}

/** Bytes that arrive in any pieces, handed out in the lengths that were asked for, in order. */
class ReplyQueue {
  private arrived: Uint8Array[] = [];
  private length = 0;
  private waiting: { length: number; resolve(bytes: Uint8Array): void; reject(error: Error): void }[] = [];
  private failure: Error | undefined;

  push(bytes: Uint8Array) {
    this.arrived.push(bytes);
    this.length += bytes.length;
    this.serve();
  }

  take(length: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ length, resolve, reject });
      this.serve();
    });
  }

  /** No more bytes will come. */
  fail(error: Error) {
    this.failure = error;
    this.serve();
  }

  private serve() {
    while (this.waiting.length > 0 && this.length >= this.waiting[0].length) {
      const { length, resolve } = this.waiting.shift()!;
      const all = this.arrived.length === 1 ? this.arrived[0] : Buffer.concat(this.arrived);
      this.arrived = length < all.length ? [all.subarray(length)] : [];
      this.length -= length;
      resolve(new Uint8Array(all.subarray(0, length)));
    }
    if (this.failure) {
      for (const { reject } of this.waiting.splice(0)) reject(this.failure);
    }
  }
}
