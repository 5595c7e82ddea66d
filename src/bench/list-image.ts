import type { Matmul } from "../estimate/workload.ts";
import { descriptorValues, encodeDescriptor } from "../plan/descriptor.ts";
import type { MachineParameters } from "../plan/parameters.ts";
import { MemoryLayout } from "../repack/memory-layout.ts";
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

/** Lays out a list in memory. */
export function layOutList(matmuls: readonly Matmul[], parameters: MachineParameters): ListImage {
  const { LANES } = parameters;
  const layout = new MemoryLayout(LANES);
  const regions: PortRegion[] = [];
  const descriptors = matmuls.map(({ format, rows, k, columns, sameActivations }) => {
    const place = layout.placeMatmul(format, rows, k, columns, sameActivations);
    const { kTiles, rowTiles, tileBytes } = tileLayout(format, rows, k, LANES);
    for (let port = 0; port < Math.min(rowTiles, LANES); port++) {
      const own = Math.ceil((rowTiles - port) / LANES);
      regions.push({ port, address: place.weights + port * place.laneStride, bytes: own * kTiles * tileBytes });
    }
    return encodeDescriptor(descriptorValues(format, place), format.codebook, parameters);
  });
  const bytes = new Uint8Array(Buffer.concat(descriptors));
  const address = layout.placeList(bytes.length);
  return { descriptors: bytes, address, regions, bytes: layout.bytes };
}
