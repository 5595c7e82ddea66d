#!/bin/sh
# Loads the app through xmutil, and finds out why where that fails: xmutil does not say.
#   load.sh APP
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
take_app "${1:-}"
begin_step
need_package
before=$(active_app)
if [ -n "$before" ] && [ "$before" != "$app" ]; then
  problem 1 other-app "$before is loaded" "dfx-mgr loads no app over another" "run the step unload first"
fi
for file in "$app.bit.bin" "$app.dtbo" shell.json; do
  [ -s "$firmware/$app/$file" ] || problem 1 missing-file "$firmware/$app/$file is not there" "dfx-mgr loads an app of .bit.bin, .dtbo and shell.json with one stem" "run the steps copy and install"
done
grep -aqF "$app.bit.bin" "$firmware/$app/$app.dtbo" || problem 1 stem-mismatch "the overlay's firmware-name is not $app.bit.bin" "Linux loads no bitstream then, and does not say so" "build the package again"
grep -q shell_type "$firmware/$app/shell.json" || problem 1 bad-shell-json "shell.json names no shell_type" "dfx-mgr takes the folder for no app" "build the package again"

modprobe u-dma-buf 2>/dev/null || :
modprobe uio_pdrv_genirq of_id=generic-uio 2>/dev/null || :
if [ "$before" != "$app" ]; then
  remember apps load
  said=$(xmutil loadapp "$app" 2>&1) || :
  if [ "$(active_app)" != "$app" ]; then
    problem 4 load-failed "xmutil loadapp $app failed: $(tail_of "$said" 2)" "the FPGA is '$(fpga_state)'; the kernel's last words: $(tail_of "$(dmesg 2>/dev/null)" 6)" \
      "files, stems and shell.json are right: see dmesg, restart dfx-mgrd (systemctl restart dfx-mgr), or boot the board"
  fi
fi
state=$(fpga_state)
[ "$state" = operating ] || problem 4 fpga-state "the FPGA is '$state' after loading" "the bitstream was not taken: $(tail_of "$(dmesg 2>/dev/null)" 6)" "is it built for the K26 (xck26)?"
uio=$(value uio <"$manifest")
dma=$(value dma <"$manifest")
tries=0
until device=$(find_uio "$uio") && [ -e "$root/sys/class/u-dma-buf/$dma/phys_addr" ]; do
  tries=$((tries + 1))
  [ "$tries" -le 20 ] || break
  sleep 0.1
done
[ -n "$device" ] || problem 4 no-uio "the overlay made no UIO device named $uio" "uio_pdrv_genirq takes its node only with of_id=generic-uio" "add uio_pdrv_genirq.of_id=generic-uio to the kernel's command line and boot"
[ -e "$root/sys/class/u-dma-buf/$dma/phys_addr" ] || problem 4 no-dma-memory "the overlay made no u-dma-buf device named $dma" "$(tail_of "$(dmesg 2>/dev/null)" 6)" "load u-dma-buf, and boot with a cma= that is larger than the app's memory"
fact loaded "$app"
fact uio "$device"
fact dma_bytes "$(cat "$root/sys/class/u-dma-buf/$dma/size")"
