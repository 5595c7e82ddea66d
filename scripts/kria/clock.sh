#!/bin/sh
# Does the PL clock run as fast as the app was built for? It can come up at 100 MHz: right answers, slowly, and no error.
#   clock.sh APP [any]
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
take_app "${1:-}"
begin_step
need_package
built=$(value clockMHz <"$manifest")
clocks=$root/sys/kernel/debug/clk/clk_summary
hertz=$(awk '$1 == "pl0_ref" { print $5; exit }' "$clocks" 2>/dev/null || :)
[ -n "$hertz" ] || problem 1 no-clock "pl0_ref is not in /sys/kernel/debug/clk/clk_summary" "the PL clock is checked there" "mount -t debugfs none /sys/kernel/debug"
fact pl0_hz "$hertz"
fact built_mhz "$built"
if awk -v is="$hertz" -v built="$built" 'BEGIN { exit !(is >= built * 990000 && is <= built * 1010000) }'; then exit 0; fi
[ "${2:-}" = any ] && exit 0
problem 1 wrong-clock "pl0_ref runs at $hertz Hz, the app was built for $built MHz" "slower is slow without an error, faster gives wrong answers" \
  "boot the board and deploy again; or set it: echo ${built%.*}000000 > /sys/devices/platform/fclk0/set_rate; or take it as it is with --any-clock"
