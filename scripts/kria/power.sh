#!/bin/sh
# The board at rest, the app loaded: the mean of some readings of the INA260, and how busy other programs keep the CPUs meanwhile.
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
begin_step
# Time of all CPUs so far: all of it, and what was not idle.
cpu_time() { awk '$1 == "cpu" { for (i = 2; i <= 9; i++) all += $i; print all, all - $5 - $6; exit }' "$root/proc/stat" 2>/dev/null || :; }
before=$(cpu_time)
mean=$(for _ in 1 2 3 4 5 6 7 8 9 10; do
  power_now
  sleep 0.1
done | awk '{ sum += $1; count++ } END { if (count) printf "%d", sum / count }')
fact idle_uw "$mean"
fact cpu_busy_percent "$(echo "$before $(cpu_time)" | awk 'NF == 4 && $3 > $1 { printf "%.1f", 100 * ($4 - $2) / ($3 - $1) }')"
