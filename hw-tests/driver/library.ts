import koffi from "koffi";

export type Handle = object;

/** Floats that both sides see. */
export class Floats {
  readonly pointer: unknown;

  constructor(private readonly length: number) {
    this.pointer = koffi.alloc("float", length);
  }

  static from(values: Float32Array): Floats {
    const floats = new Floats(values.length);
    koffi.encode(floats.pointer, "float", values, values.length);
    return floats;
  }

  /** Their bits. */
  read(): Uint32Array {
    return Uint32Array.from(koffi.decode(this.pointer, "uint32_t", this.length));
  }
}

/** bfq_job of bfq.h: a MatMul of device weights with host arrays. */
export interface DriverJob {
  weights: Handle;
  x: Floats;
  y: Floats;
  columns: number;
  xStride: number;
  yStride: number;
}

/** bfq_status and bfq_fault of bfq.h. */
export const Status = {
  ok: 0,
  badArgument: 1,
  noDevice: 2,
  wrongBitstream: 3,
  busy: 4,
  noMemory: 5,
  timeout: 6,
  runFailed: 7,
};
export const Fault = { readError: 1, writeError: 2, hang: 3, stalls: 4, hash: 5 };

koffi.opaque("bfq_device");
koffi.opaque("bfq_weights");
const jobType = koffi.struct("bfq_job", {
  weights: "bfq_weights *",
  x: "float *",
  y: "float *",
  columns: "uint64_t",
  x_stride: "uint64_t",
  y_stride: "uint64_t",
});
const progress = koffi.pointer(koffi.proto("void bfq_progress(void *, uint64_t, uint64_t)"));
const counterNames = ["runs", "matmuls", "cycles", "stall_memory", "stall_compute", "weight_words", "resets"] as const;
koffi.struct("bfq_counters", Object.fromEntries(counterNames.map((name) => [name, "uint64_t"])));
export type Counters = Record<(typeof counterNames)[number], number>;

const cJob = ({ weights, x, y, columns, xStride, yStride }: DriverJob) => {
  return { weights, x: x.pointer, y: y.pointer, columns, x_stride: xStride, y_stride: yStride };
};

/** The functions of bfq.h, as they are, from a built libbfq.so. */
export function loadDriver(path: string) {
  const library = koffi.load(path);
  const run = library.func("int bfq_run(bfq_device *, bfq_job *, uint32_t)");
  const setProgress = library.func("bfq_set_progress", "void", ["bfq_device *", progress, "void *"]);
  const getCounters = library.func("void bfq_get_counters(bfq_device *, _Out_ bfq_counters *)");
  return {
    error: library.func("const char *bfq_error()") as () => string,
    open: library.func("bfq_device *bfq_open(const char *)") as (device: string) => Handle | null,
    close: library.func("void bfq_close(bfq_device *)") as (device: Handle) => void,
    setTimeout: library.func("void bfq_set_timeout(bfq_device *, uint32_t)") as (device: Handle, ms: number) => void,
    setTileCache: library.func("void bfq_set_tile_cache(bfq_device *, const char *)") as (
      device: Handle,
      folder: string,
    ) => void,
    /** Calls back with the row tiles that are done, and all. */
    onProgress(device: Handle, report: (done: number, total: number) => void) {
      const callback = koffi.register((_: unknown, done: number, total: number) => report(done, total), progress);
      setProgress(device, callback, null);
    },
    addFormat: library.func("const char *bfq_add_format(const char *)") as (file: string) => string | null,
    load: library.func("bfq_weights *bfq_load(bfq_device *, const char *, const void *, uint64_t, uint64_t)") as (
      device: Handle,
      format: string,
      stored: Uint8Array,
      rows: number,
      k: number,
    ) => Handle | null,
    store: library.func("int bfq_store(bfq_weights *, _Out_ void *)") as (
      weights: Handle,
      stored: Uint8Array,
    ) => number,
    unload: library.func("void bfq_unload(bfq_weights *)") as (weights: Handle) => void,
    run(device: Handle, jobs: DriverJob[]): number {
      const bytes = koffi.alloc(jobType, jobs.length);
      koffi.encode(bytes, koffi.array(jobType, jobs.length), jobs.map(cJob));
      const status: number = run(device, bytes, jobs.length);
      koffi.free(bytes);
      return status;
    },
    counters(device: Handle): Counters {
      const out = {} as Counters;
      getCounters(device, out);
      return out;
    },
    reset: library.func("int bfq_reset(bfq_device *)") as (device: Handle) => number,
    freeMemory: library.func("uint64_t bfq_free_memory(bfq_device *)") as (device: Handle) => number,
    tilesBytes: library.func("uint64_t bfq_tiles_bytes(const char *, uint64_t, uint64_t)") as (
      format: string,
      rows: number,
      k: number,
    ) => number,
    pack: library.func("int bfq_pack(const char *, const void *, uint64_t, uint64_t, _Out_ void *)") as (
      format: string,
      stored: Uint8Array,
      rows: number,
      k: number,
      tiles: Uint8Array,
    ) => number,
    unpack: library.func("int bfq_unpack(const char *, const void *, uint64_t, uint64_t, _Out_ void *)") as (
      format: string,
      tiles: Uint8Array,
      rows: number,
      k: number,
      stored: Uint8Array,
    ) => number,
    records: library.func("int bfq_records(const char *, const float *, uint64_t, _Out_ void *)") as (
      format: string,
      x: Float32Array,
      k: number,
      records: Uint8Array,
    ) => number,
    inject: library.func("int bfq_inject(bfq_device *, int, uint64_t)") as (
      device: Handle,
      fault: number,
      value: number,
    ) => number,
  };
}

export type DriverLibrary = ReturnType<typeof loadDriver>;
