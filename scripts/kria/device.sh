# shellcheck shell=sh
# Runs the package's self-test on the app that is loaded.
running=$(active_app)
[ "$running" = "$app" ] || problem 1 not-loaded "${running:-no app} is loaded, not $app" "the self-test needs the app's own bitstream" "run the step load"
registers=$(find_uio "$(value uio <"$manifest")") || problem 1 no-uio "the app's UIO device is not there" "the self-test reaches the kernel through it" "run the steps unload and load"
device=uio:registers=/dev/$registers,memory=$(value dma <"$manifest")
program=$home/$app/bin/bfq-selftest

# run_selftest ARGUMENT...
run_selftest() {
  said=$session/said
  ended=0
  # shellcheck disable=SC2086  # BFQ_RUN is a command with its arguments
  result=$(${BFQ_RUN:-} "$program" "$device" "$@" 2>"$said" 8>&-) || ended=$?
  words=$(tail_of "$(cat "$said")" 3)
  rm -f "$said"
  if [ "$ended" -le 1 ]; then fact result "$result"; fi # else it broke off
  case $ended in
    0) ;;
    1) problem 1 bits-differ "the board's results are not the golden model's" "see the first differing output in the result" "check clock and port widths; then the timing report of the build" ;;
    2) problem 2 bad-vectors "the self-test refused the package's vectors" "$words" "build the package again" ;;
    4) problem 4 device-failed "the accelerator failed" "$words" "load the app again; if it stays, see dmesg" ;;
    *) problem 4 selftest-failed "bfq-selftest ended with $ended" "${words:-it said nothing}" "was it built for this board's aarch64 Linux?" ;;
  esac
}
