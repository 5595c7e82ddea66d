#!/bin/sh
# Sets the width of the PS ports that the app uses. Boot sets it for the boot design, and Linux leaves it when it loads a bitstream.
#   afifm.sh APP
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
take_app "${1:-}"
begin_step
need_package
entries afifm <"$manifest" | while read -r address bits; do
  case $bits in 128) width=0 ;; 64) width=1 ;; *) width=2 ;; esac
  old=$(peek "$address") || problem 4 devmem-failed "the register $address can't be read" "port widths are set there" "is /dev/mem there, and are you root?"
  if [ $((old & 3)) -ne "$width" ]; then
    remember afifm "$address $old"
    poke "$address" "$(printf '0x%08x' $((old & ~3 | width)))" || :
    now=$(peek "$address")
    [ $((now & 3)) -eq "$width" ] || problem 4 afifm-not-set "the register $address stays $now" "the port must be $bits bit wide, or data is lost" "load the app again; a hypervisor or secure monitor may protect the register"
  fi
  fact "afifm_$address" "$bits"
done
