import { matmul, unpackWeights } from "../../golden/matmul.ts";
import { wordBytes } from "../../plan/interface.ts";
import type { Plan } from "../../plan/plan.ts";
import { Random } from "../../random.ts";
import { buildImage } from "../../repack/image.ts";
import type { Format } from "../../spec/format.ts";
import { randomJob } from "../../verify/samples.ts";

/** Of the test bench's memory: the m_axi depth of the kernel, in bytes. */
const mostBytes = 65536 * wordBytes;

/**
 * The file that the HLS test bench reads (templates/deploy/vitis/test_bench.cpp): for each format random MatMuls of the
 * kind that `bfq verify` runs, and the golden model's answers. Equal arguments, equal bytes.
 */
export function testBenchVectors(formats: readonly Format[], plan: Plan, runs = 2): Uint8Array {
  const parts = formats.flatMap((format, index) =>
    Array.from({ length: runs }, (_, run) => testBenchCase(format, plan, new Random(1 + index * runs + run))),
  );
  return Buffer.concat(parts.flat());
}

function testBenchCase(format: Format, plan: Plan, random: Random): Uint8Array[] {
  const formatPlan = plan.formats.find(({ name }) => name === format.name)!;
  const longest = Math.min(plan.parameters.MAX_K_TILES * 256, 2048);
  let job = randomJob(format, formatPlan, random, longest);
  let image = buildImage([job], plan.parameters);
  while (image.bytes > mostBytes) {
    job = randomJob(format, formatPlan, random, longest);
    image = buildImage([job], plan.parameters);
  }
  const memory = new Uint8Array(image.bytes);
  for (const { address, bytes } of image.chunks) memory.set(bytes, address);
  const [output] = image.outputs;
  // Rows of padding are written too, with values that nobody specifies: the job's own rows only, column by column.
  const columns = matmul(unpackWeights(format, job.stored, job.rows, job.k), job.activations);
  const bits = new Uint8Array(columns.buffer, columns.byteOffset, columns.byteLength);
  const header = new Uint32Array([
    memory.length / wordBytes,
    image.descriptors / wordBytes,
    output.address / wordBytes,
    output.rows,
    output.columns,
    output.stride,
  ]);
  return [new Uint8Array(header.buffer), memory, bits];
}
