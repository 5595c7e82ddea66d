/* The driver of a bfq accelerator, for any language. Calls give a bfq_status, or NULL where they fail; bfq_error() then has
   the text. One device may be used from several threads: its calls follow one another. */
#ifndef BFQ_H
#define BFQ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum bfq_status {
  BFQ_OK = 0,
  BFQ_BAD_ARGUMENT = 1,
  BFQ_NO_DEVICE = 2,       /* it can't be opened */
  BFQ_WRONG_BITSTREAM = 3, /* another configuration or interface version */
  BFQ_BUSY = 4,            /* another process has it */
  BFQ_NO_MEMORY = 5,       /* the device memory is full */
  BFQ_TIMEOUT = 6,         /* the run did not end; the device was reset and can be used again */
  BFQ_RUN_FAILED = 7       /* the device ended the run with a status */
} bfq_status;

typedef struct bfq_device bfq_device;
typedef struct bfq_weights bfq_weights;

/* Text of this thread's last failure. */
const char* bfq_error(void);

/* `device`, with options in [brackets]:
     sim[:memory=BYTES,lock=FILE]
     uio:registers=/dev/uio0,memory=udmabuf0[,reset=/dev/gpiochip0:LINE]
     xrt:xclbin=FILE[,index=0,kernel=bfq_kernel,memory=BYTES,group=0] */
bfq_device* bfq_open(const char* device);
void bfq_close(bfq_device* device);

/* Milliseconds that a run may take. */
void bfq_set_timeout(bfq_device* device, uint32_t milliseconds);

/* Called by bfq_load, on its thread, with the row tiles that are repacked so far. */
typedef void (*bfq_progress)(void* user, uint64_t done, uint64_t total);
void bfq_set_progress(bfq_device* device, bfq_progress progress, void* user);

/* Keeps repacked weights as files in a folder that exists, and takes them from there. */
void bfq_set_tile_cache(bfq_device* device, const char* folder);

/* Adds a format that the variant was built without, for the rest of the process: a file of `bfq formats add`. Its name, which
   stays; NULL where the file is damaged, is for another machine, or has a name that is taken. */
const char* bfq_add_format(const char* file);

/* A matrix of rows x k stored weights, row by row, in blocks of `format` (its name, "q4_K"), into device memory. */
bfq_weights* bfq_load(bfq_device* device, const char* format, const void* stored, uint64_t rows, uint64_t k);
/* The stored blocks, read back from device memory. */
bfq_status bfq_store(const bfq_weights* weights, void* stored);
void bfq_unload(bfq_weights* weights);

/* y[column * y_stride + row] = the dot product of x[column * x_stride ...] and the row. Strides are in floats. */
typedef struct bfq_job {
  const bfq_weights* weights;
  const float* x;
  float* y;
  uint64_t columns, x_stride, y_stride;
} bfq_job;

/* Several MatMuls in one start; those that follow each other with equal x, columns and x_stride share their activations. */
bfq_status bfq_run(bfq_device* device, const bfq_job* jobs, uint32_t count);

/* Sums over all runs; cycles and stalls are zero where the kernel is HLS. */
typedef struct bfq_counters {
  uint64_t runs, matmuls, cycles, stall_memory, stall_compute, weight_words, resets;
} bfq_counters;
void bfq_get_counters(bfq_device* device, bfq_counters* counters);

bfq_status bfq_reset(bfq_device* device);

/* Device memory that is left, in bytes; pieces may be smaller. */
uint64_t bfq_free_memory(bfq_device* device);

/* On the host alone: what bfq_load and bfq_run put into device memory. `tiles` holds bfq_tiles_bytes() bytes. */
uint64_t bfq_tiles_bytes(const char* format, uint64_t rows, uint64_t k);
bfq_status bfq_pack(const char* format, const void* stored, uint64_t rows, uint64_t k, void* tiles);
bfq_status bfq_unpack(const char* format, const void* tiles, uint64_t rows, uint64_t k, void* stored);
/* ceil(k / 256) records of 320 bytes for one column of x. */
bfq_status bfq_records(const char* format, const float* x, uint64_t k, void* records);

/* Faults for tests, on the simulator alone. */
typedef enum bfq_fault {
  BFQ_FAULT_READ_ERROR = 1,  /* the n-th read burst of the next run gets an AXI error */
  BFQ_FAULT_WRITE_ERROR = 2, /* the n-th write response likewise */
  BFQ_FAULT_HANG = 3,        /* 1: the memory stops answering; 0: it answers again */
  BFQ_FAULT_STALLS = 4,      /* per cent of the cycles in which a channel stalls */
  BFQ_FAULT_HASH = 5         /* XORed to the configuration hash that the registers show */
} bfq_fault;
bfq_status bfq_inject(bfq_device* device, bfq_fault fault, uint64_t value);

#ifdef __cplusplus
}
#endif

#endif
