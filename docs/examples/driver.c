/* One MatMul through bfq.h, in C. From a variant's folder, with its driver built as docs/driver.md says:
     cc driver.c -I driver build/libbfq.so -Wl,-rpath,$PWD/build -o example
     ./example sim q4_0 144 [made_up3.bfqf]
   The weights are ROWS x K of equal bytes: not a model, but every call is shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bfq.h"

enum { ROWS = 16, K = 256, COLUMNS = 2 };

static int fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, bfq_error());
  return 1;
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "usage: example DEVICE FORMAT BYTES-OF-A-ROW [FORMAT-FILE]\n");
    return 2;
  }
  const char *format = arguments[2];
  /* A format that the driver was built without: `bfq formats add FILE --to VARIANT --out NAME.bfqf`. */
  if (count > 4 && (format = bfq_add_format(arguments[4])) == NULL) return fail("bfq_add_format");

  bfq_device *device = bfq_open(arguments[1]);
  if (device == NULL) return fail("bfq_open");

  size_t bytes = (size_t)ROWS * (size_t)atoi(arguments[3]);
  void *stored = malloc(bytes);
  memset(stored, 0x21, bytes);
  bfq_weights *weights = bfq_load(device, format, stored, ROWS, K); /* repacked into device memory */
  free(stored);
  if (weights == NULL) return fail("bfq_load");

  static float x[COLUMNS * K], y[COLUMNS * ROWS];
  for (int i = 0; i < COLUMNS * K; ++i) x[i] = (float)(i % 7) - 3.0f;
  bfq_job job = {weights, x, y, COLUMNS, K, ROWS};
  if (bfq_run(device, &job, 1) != BFQ_OK) return fail("bfq_run");
  for (int column = 0; column < COLUMNS; ++column) printf("%.9g\n", y[column * ROWS]);

  bfq_unload(weights);
  bfq_close(device);
  return 0;
}
