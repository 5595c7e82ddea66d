import { crc32 } from "node:zlib";
import { matmul, unpackWeights } from "../../golden/matmul.ts";
import { quantize, readActivations } from "../../golden/quantize.ts";
import { Random } from "../../random.ts";
import type { Format } from "../../spec/format.ts";
import { randomActivations, randomBlocks, type ScaleKind } from "../../verify/samples.ts";

/** A file of the self-test: one MatMul with its answer. templates/driver/vector_file.cpp reads it. */
export interface VectorFile {
  path: string;
  bytes: Uint8Array;
}

/** Little-endian: magic, rows, k, columns, bytes of stored blocks, name; then blocks, x, expected bits, CRC-32 of all before. */
const magic = "BFQVEC1\n";
const nameAt = 24;
const nameBytes = 64;

interface Shape {
  rows: number;
  k: number;
  columns: number;
  scales: ScaleKind;
}

/** A plain one, and one with more rows than eight lanes' tiles, padding in both directions, several columns and extreme scales. */
const shapes: Shape[] = [
  { rows: 8, k: 256, columns: 1, scales: "ordinary" },
  { rows: 67, k: 512, columns: 3, scales: "corner" },
];

/** Golden vectors of each format, for the board's self-test: inputs that know nothing of the hardware. Equal arguments, equal bytes. */
export const goldenVectors = (formats: readonly Format[], maxK: number): VectorFile[] =>
  formats.flatMap((format) =>
    shapes.map((shape, index) => {
      const path = `vectors/${format.name}-${index}.bfqv`;
      return { path, bytes: goldenVector(format, { ...shape, k: Math.min(shape.k, maxK) }) };
    }),
  );

function goldenVector(format: Format, { rows, k, columns, scales }: Shape): Uint8Array {
  const random = new Random(rows);
  const stored = randomBlocks(format, (rows * k) / format.elements, random, scales);
  const x = randomActivations(random, k, columns);
  const activations = readActivations(format.activation, quantize(format.activation, x, k), k);
  const y = matmul(unpackWeights(format, stored, rows, k), activations);
  const header = Buffer.alloc(nameAt + nameBytes);
  header.write(magic);
  [rows, k, columns, stored.length].forEach((value, i) => {
    header.writeUInt32LE(value, magic.length + 4 * i);
  });
  header.write(format.name, nameAt, nameBytes - 1);
  const body = Buffer.concat([header, stored, Buffer.from(x.buffer), Buffer.from(y.buffer)]);
  const check = Buffer.alloc(4);
  check.writeUInt32LE(crc32(body));
  return Buffer.concat([body, check]);
}
