#!/bin/sh
# Is this a board that an app can be deployed to? Reports all that it finds, changes nothing.
#   preflight.sh [BOARD MEMORY-BYTES DISK-BYTES]   with what the app needs
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
board=${1:-}
memory=${2:-0}
disk=${3:-0}
worst=0
check() { # CODE RULE WHAT WHY FIX
  code=$1
  shift
  complain "$@"
  if [ "$worst" -eq 0 ] || [ "$code" -lt "$worst" ]; then worst=$code; fi
}
in_meminfo() { awk -v name="$1:" '$1 == name { print $2 }' "$root/proc/meminfo"; }

model=$(tr -d '\0' 2>/dev/null <"$root/proc/device-tree/model" || :)
fact model "$model"
case $model in
  *KV260* | *KR260* | *[Kk]ria* | *K26*) ;;
  *) check 1 not-a-kria "the board calls itself '$model'" "packages are built for Kria K26 boards" "name the Kria's host, or boot a Kria image" ;;
esac
name=$(printf '%s' "$model" | tr '[:upper:]' '[:lower:]')
if [ -n "$board" ]; then
  case $name in
    *kv260* | *kr260*)
      case $name in
        *"$board"*) ;;
        *) check 1 wrong-board "the package is for $board, the board is '$model'" "ports and clocks of the carriers differ" "build it with board: of this one" ;;
      esac
      ;;
  esac
fi
fact os "$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$root/etc/os-release" 2>/dev/null || :)"
fact kernel "$(uname -r)"
machine=$(uname -m)
fact machine "$machine"
[ "$machine" = aarch64 ] || check 1 wrong-machine "the board's processor is $machine" "driver and self-test are built for aarch64" "name the Kria's host"
if [ "$(id -u)" -ne 0 ]; then check 1 not-root "the scripts run as $(id -un)" "they load firmware and set registers" "log in as root, or let sudo work without a password"; fi

for tool in xmutil flock sha256sum awk tar; do
  have "$tool" || check 3 tool-missing "$tool is not there" "the steps need it" "on Ubuntu for Kria: apt install dfx-mgr util-linux coreutils gawk tar"
done
[ -n "$(devmem_tool)" ] || check 3 tool-missing "neither devmem nor busybox devmem is there" "port widths are set through it" "apt install busybox"

fact fpga "$(fpga_state)"
[ -e "$root/sys/class/fpga_manager/fpga0/state" ] || check 1 no-fpga-manager "no /sys/class/fpga_manager/fpga0" "the kernel loads bitstreams through it" "boot a Kria kernel (linux-xilinx-zynqmp)"
fact app "$(if have xmutil; then active_app; fi)"
fact firmware "$(find "$firmware" -mindepth 1 -maxdepth 1 -type d -exec basename {} \; 2>/dev/null | sort | tr '\n' ' ')"

total=$(in_meminfo CmaTotal)
free=$(in_meminfo CmaFree)
fact cma_total_kb "${total:-0}"
fact cma_free_kb "${free:-0}"
# What u-dma-buf holds now comes back when its app is unloaded.
held=$(cat "$root"/sys/class/u-dma-buf/*/size 2>/dev/null | awk '{ sum += $1 } END { printf "%d\n", sum / 1024 }')
if [ $((${free:-0} + held)) -lt $((memory / 1024)) ] || [ "${total:-0}" -eq 0 ]; then
  check 1 no-cma "$((${free:-0} + held)) KB of contiguous memory are free, the app needs $((memory / 1024))" "weights and activations lie in it (CmaTotal ${total:-0} KB)" \
    "boot with cma=1000M (docs/kria.md), or stop what holds it"
fi
loaded() { grep -q "^$1 " "$root/proc/modules" 2>/dev/null; }
if loaded u_dma_buf || [ -d "$root/sys/class/u-dma-buf" ]; then
  fact u_dma_buf loaded
elif modinfo u-dma-buf >/dev/null 2>&1; then
  fact u_dma_buf there
else
  fact u_dma_buf missing
  check 3 no-u-dma-buf "the kernel module u-dma-buf is not there" "the driver's memory comes from it" "build and install it once (docs/kria.md)"
fi
generic=no
if grep -q 'uio_pdrv_genirq.of_id=generic-uio' "$root/proc/cmdline" 2>/dev/null; then generic=yes; fi
# The module's parameter has no file to read; but it may come from modprobe's settings, and a device that has it shows it.
if grep -rqs '^options uio_pdrv_genirq .*of_id=generic-uio' "$root/etc/modprobe.d" "$root/lib/modprobe.d"; then generic=yes; fi
if grep -qs generic-uio "$root"/sys/bus/platform/drivers/uio_pdrv_genirq/*/of_node/compatible; then generic=yes; fi
fact generic_uio "$generic"
[ "$generic" = yes ] || check 1 no-uio "uio_pdrv_genirq does not know generic-uio: its of_id is not on the kernel's command line" "else it makes no UIO device of the kernel's registers" "add uio_pdrv_genirq.of_id=generic-uio to the kernel's command line (docs/kria.md) and boot"

clocks=$root/sys/kernel/debug/clk/clk_summary
if [ -r "$clocks" ]; then
  fact pl0_hz "$(awk '$1 == "pl0_ref" { print $5; exit }' "$clocks")"
else
  check 1 no-clk-summary "/sys/kernel/debug/clk/clk_summary can't be read" "the PL clock is checked there" "mount -t debugfs none /sys/kernel/debug"
fi
fact power_uw "$(power_now)"

kilobytes=$(df -Pk "$root/lib/firmware" 2>/dev/null | awk 'NR == 2 { print $4 }')
fact disk_free_kb "${kilobytes:-0}"
[ "${kilobytes:-0}" -ge $((disk / 1024)) ] || check 1 disk-full "$kilobytes KB are free below /lib/firmware, the package needs $((disk / 1024))" "the board keeps the old version until the new one works" "remove what is not needed, apps in /lib/firmware/xilinx for one"
exit "$worst"
