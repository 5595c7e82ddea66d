#!/bin/sh
# The board's power while nothing runs: the mean of some readings of the INA260.
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
for _ in 1 2 3 4 5; do
  power_now
  sleep 0.1
done | mean | { read -r uw || uw=; fact idle_uw "$uw"; }
