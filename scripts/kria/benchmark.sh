#!/bin/sh
# Speed of each format on a larger MatMul, and the board's power meanwhile. Prints result={...}.
#   benchmark.sh APP        BFQ_BENCH="ROWS K SECONDS" where another size is wanted
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
take_app "${1:-}"
begin_step
need_package
# shellcheck source=scripts/kria/device.sh
. "$(dirname "$0")/device.sh"
# shellcheck disable=SC2046,SC2086  # three words; the sensor's path has no spaces, and may be nothing
run_selftest bench ${BFQ_BENCH:-4096 4096 2} $(power_sensor)
