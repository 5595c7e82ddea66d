#!/bin/sh
# Golden MatMuls of every format, bit for bit. Prints result={...}, and ends with 1 where bits differ.
#   selftest.sh APP
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
take_app "${1:-}"
begin_step
need_package
# shellcheck source=scripts/kria/device.sh
. "$(dirname "$0")/device.sh"
run_selftest test "$home/$app/vectors"
