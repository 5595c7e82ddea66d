import { statSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../problem.ts";
import { isLong, newSeed } from "../testing/run.ts";
import { type GgufFile, openGguf, readTensor } from "./gguf.ts";
import { blockTypes, good, model } from "./testing/fixtures.ts";
import { arrayValue, u64, valueType, writeGguf } from "./testing/write-gguf.ts";

const seed = newSeed("damaged GGUF files");
const numRuns = isLong ? 50_000 : 1500;

/** Of the processor, which other processes don't lengthen. */
const LONGEST_MS = 5000;
const MOST_BYTES = 64 * 2 ** 20;

/** Opens the file and gives the user's error or the file; any other error fails the test. Time and memory are bounded. */
async function openMeasured(bytes: Uint8Array): Promise<GgufFile | UserError> {
  writeFileSync(model, bytes);
  const held = () => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  const before = { cpu: process.cpuUsage(), held: held() };
  const result = await openGguf(model, blockTypes).catch((error) => {
    if (error instanceof UserError) return error;
    throw error;
  });
  const { user, system } = process.cpuUsage(before.cpu);
  expect((user + system) / 1000).toBeLessThan(LONGEST_MS);
  expect(held() - before.held).toBeLessThan(MOST_BYTES);
  return result;
}

describe("damaged files", () => {
  const whole = writeGguf(good);
  const inFile = fc.nat(whole.length - 1);
  const damage = fc.record({
    flips: fc.array(fc.record({ at: inFile, mask: fc.integer({ min: 1, max: 255 }) }), { maxLength: 3 }),
    /** Lengths and offsets that break careless arithmetic, or just miss. */
    words: fc.array(
      fc.record({
        at: inFile,
        value: fc.oneof(
          fc.constantFrom(
            0n,
            1n,
            32n,
            (1n << 31n) - 1n,
            1n << 31n,
            1n << 40n,
            (1n << 63n) - 1n,
            1n << 63n,
            (1n << 64n) - 1n,
          ),
          fc.bigInt(0n, 1000n),
        ),
      }),
      { maxLength: 2 },
    ),
    length: fc.option(inFile, { nil: whole.length }),
  });

  it(`open with every tensor inside the file, or end in a UserError (seed ${seed})`, async () => {
    const outcomes = new Map<string, number>();
    const property = fc.asyncProperty(damage, async ({ flips, words, length }) => {
      const bytes = whole.slice();
      for (const { at, mask } of flips) bytes[at] ^= mask;
      for (const { at, value } of words) bytes.set(u64(value).slice(0, bytes.length - at), at);
      const result = await openMeasured(bytes.slice(0, length));
      const outcome = result instanceof UserError ? result.problems[0].rule : "opened";
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (result instanceof UserError) {
        expect(result.message).not.toMatch(/[^\P{C}\n]/u);
        return;
      }
      const size = statSync(model).size;
      for (const tensor of result.tensors) {
        // One of no weights may lie anywhere, as in ggml.
        if (tensor.bytes !== 0) expect(tensor.offset + (tensor.bytes ?? 1)).toBeLessThanOrEqual(size);
        if (tensor.bytes !== undefined) expect(await readTensor(tensor)).toHaveLength(tensor.bytes);
      }
    });
    const emptyBehindTheEnd = { flips: [{ at: 491, mask: 1 }], words: [{ at: 467, value: 0n }], length: 800 };
    await fc.assert(property, { seed, numRuns, examples: [[emptyBehindTheEnd]] });
    // The damage is neither always fatal nor always harmless.
    expect(outcomes.get("opened")).toBeGreaterThan(numRuns / 50);
    expect(outcomes.size).toBeGreaterThan(6);
  });

  it("are refused at once and without memory where they claim absurd sizes", async () => {
    const claims = [
      writeGguf({ ...good, tensorCount: 10_000_000n }),
      writeGguf({ ...good, keyCount: 100_000n }),
      ...[valueType.u8, valueType.u64, valueType.string].map((type) =>
        writeGguf({ ...good, keys: [["key", arrayValue(type, [], 1n << 40n)]] }),
      ),
      writeGguf({ tensors: [{ name: "a", type: 0, shape: [1n << 20n, 1n << 20n], data: new Uint8Array(32) }] }),
    ];
    for (const bytes of claims) expect(await openMeasured(bytes)).toBeInstanceOf(UserError);
  });
});
