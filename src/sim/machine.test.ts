import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyTemplate } from "../emit/emitter.ts";
import { ExitCode } from "../problem.ts";
import { cachedBuild } from "./build.ts";
import { startMachine } from "./machine.ts";

/** A machine on the real host.hpp that counts its options in the words and writes a byte per run. */
const program = `
#include "host.hpp"
struct Counter : bfq_sim::Machine {
  explicit Counter(bfq_sim::Memory& memory) : memory(memory) {}
  bfq_sim::RunResult run(std::uint64_t descriptors, std::uint32_t count) override {
    std::printf("libraries may print\\n");
    *memory.at(descriptors, 1) = 42;
    bfq_sim::RunResult result;
    result.status = count;
    result.cycles = 1ull << 40;
    result.stall_memory = 2;
    result.stall_compute = 3;
    result.words[7] = options;
    result.bytes_written = 1;
    return result;
  }
  void option(std::uint32_t id, std::uint64_t value) override { options += id * value; }
  bfq_sim::Memory& memory;
  std::uint64_t options = 0;
};
int main(int argc, char** argv) {
  bfq_sim::Memory memory(bfq_sim::memory_bytes(argc, argv));
  Counter counter(memory);
  return bfq_sim::serve(counter, memory);
}
`;

let executable: string;

beforeAll(async () => {
  executable = await cachedBuild({
    files: [
      { path: "host.hpp", text: copyTemplate("sim/host.hpp") },
      { path: "main.cpp", text: program },
    ],
    commands: [{ tool: "g++", args: ["-std=c++17", "-Wall", "-Wextra", "-Werror", "main.cpp", "-o", "host"] }],
    product: "host",
  });
});

test("memory starts as zeros and holds what is written, large pieces too", async () => {
  const machine = await startMachine(executable, 3_000_001);
  expect(await machine.read(2_999_999, 2)).toEqual(new Uint8Array(2));
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7);
  machine.write(1, bytes);
  const [part, all] = await Promise.all([machine.read(101, 5), machine.read(1, bytes.length)]);
  expect(part).toEqual(bytes.slice(100, 105));
  expect(Buffer.from(all).equals(bytes)).toBe(true);
  await machine.close();
});

test("a run's counters come back, options go in, what libraries print doesn't mix with replies", async () => {
  const machine = await startMachine(executable, 64);
  machine.option(3, 5);
  expect(await machine.run(16, 9)).toEqual({
    status: 9,
    cycles: 2 ** 40,
    stallMemory: 2,
    stallCompute: 3,
    words: [0, 0, 0, 0, 0, 0, 0, 15],
    bytesWritten: 1,
  });
  expect(await machine.read(16, 1)).toEqual(Uint8Array.of(42));
  await machine.close();
  expect(machine.log()).toContain("libraries may print");
});

describe("errors have exit code 4 and the end of the log", () => {
  test.each<[string, (machine: Awaited<ReturnType<typeof startMachine>>) => Promise<unknown>]>([
    ["read outside memory", (machine) => machine.read(60, 5)],
    ["read far outside", (machine) => machine.read(2 ** 52, 1)],
    ["access outside memory in a run", (machine) => machine.run(64, 1)],
  ])("%s", async (_name, access) => {
    const machine = await startMachine(executable, 64);
    await expect(access(machine)).rejects.toMatchObject({
      exitCode: ExitCode.toolFailed,
      message: expect.stringMatching(/ended with 70[\s\S]*access outside memory/),
    });
    await expect(machine.close()).rejects.toMatchObject({ exitCode: ExitCode.toolFailed });
  });

  test("write outside memory shows at the next reply and at close", async () => {
    const machine = await startMachine(executable, 64);
    machine.write(63, new Uint8Array(2));
    await expect(machine.read(0, 1)).rejects.toMatchObject({ exitCode: ExitCode.toolFailed });
    await expect(machine.close()).rejects.toMatchObject({ exitCode: ExitCode.toolFailed });
  });

  test("no such executable", async () => {
    const machine = await startMachine("/nowhere/simulator", 64);
    await expect(machine.read(0, 1)).rejects.toMatchObject({ exitCode: ExitCode.toolFailed });
  });
});

describe("broken requests end the host with 70", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bfq-host-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each<[string, number[], RegExp]>([
    ["unknown opcode", [9], /unknown opcode/],
    ["no opcode", [0], /unknown opcode/],
  ])("%s", async (_name, [opcode], text) => {
    const request = new Uint8Array(24);
    request[0] = opcode;
    const file = join(folder, "request");
    await writeFile(file, request);
    const { exitCode, stderr } = await execa(executable, ["64"], { inputFile: file, reject: false });
    expect(exitCode).toBe(70);
    expect(stderr).toMatch(text);
  });

  test("a request cut short", async () => {
    const { exitCode, stderr } = await execa(executable, ["64"], { input: "abc", reject: false });
    expect(exitCode).toBe(70);
    expect(stderr).toMatch(/cut short/);
  });

  test("no size", async () => {
    expect((await execa(executable, [], { reject: false })).exitCode).toBe(2);
  });
});
