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
samples=$session/samples
: >"$samples"
( while :; do
    power_now >>"$samples"
    sleep 0.1
  done ) 8>&- >/dev/null 2>&1 &
sampler=$!
trap 'kill "$sampler" 2>/dev/null; rm -f "$samples"' EXIT
# shellcheck disable=SC2086  # three words
run_selftest bench ${BFQ_BENCH:-4096 4096 2}
fact busy_uw "$(mean <"$samples")"
