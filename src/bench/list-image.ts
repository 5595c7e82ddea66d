import type { Matmul } from "../estimate/workload.ts";
import { descriptorValues, encodeDescriptor } from "../plan/descriptor.ts";
import { tileRows } from "../plan/interface.ts";
import type { Parameters } from "../plan/parameters.ts";
import { recordBytes } from "../repack/activations.ts";
import { bankBytes, bankPeriod } from "../repack/image.ts";
import { tileLayout } from "../repack/tiles.ts";
import type { PortRegion } from "../sim/machine.ts";

/** Where a list lies in memory. Weights and activations are whatever is there: time doesn't depend on them. */
export interface ListImage {
  descriptors: Uint8Array;
  /** Address of the list. */
  address: number;
  /** What each weight port reads, in order, for one pass over the weights. */
  regions: PortRegion[];
  /** Size of the memory that holds all of it. */
  bytes: number;
}

const pageBytes = 4096;
const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Lays out a list as the driver does: lanes of a matrix in different banks, activations and outputs behind. */
export function layOutList(matmuls: readonly Matmul[], parameters: Parameters): ListImage {
  let top = 0;
  const place = (bytes: number, alignment: number) => {
    const address = roundUp(top, alignment);
    top = address + bytes;
    return address;
  };
  let activations = 0;
  const regions: PortRegion[] = [];
  const descriptors = matmuls.map(({ format, rows, k, columns, sameActivations }) => {
    const { laneBytes, kTiles, rowTiles, tileBytes } = tileLayout(format, rows, k, parameters.LANES);
    const laneStride = roundUp(laneBytes, bankPeriod) + bankBytes;
    const weights = place(laneStride * parameters.LANES, bankPeriod);
    for (let port = 0; port < Math.min(rowTiles, parameters.LANES); port++) {
      const own = Math.ceil((rowTiles - port) / parameters.LANES);
      regions.push({ port, address: weights + port * laneStride, bytes: own * kTiles * tileBytes });
    }
    if (!sameActivations) activations = place(columns * kTiles * recordBytes, pageBytes);
    const outputStride = roundUp(rows, tileRows);
    const output = place(columns * outputStride * 4, pageBytes);
    const job = { rows, kTiles, columns, outputStride, laneStride, weights, activations, output, sameActivations };
    return encodeDescriptor(descriptorValues(format, job), format.codebook, parameters);
  });
  const bytes = new Uint8Array(Buffer.concat(descriptors));
  const address = place(bytes.length, pageBytes);
  return { descriptors: bytes, address, regions, bytes: roundUp(top, pageBytes) };
}
