# shellcheck shell=sh
# What the board's scripts share. They run as root on a Kria, one step each, and can be repeated; `bfq deploy` runs them in
# order. stdout: name=value lines. A failure says on stderr what, why and how to mend it, and ends with 1 (a check failed),
# 2 (wrong use), 3 (something is missing) or 4 (a tool failed).
# Paths below an empty BFQ_ROOT are the board's; tests put a made-up board there, and BFQ_RUN runs its programs.
set -eu
export LC_ALL=C
root=${BFQ_ROOT:-}
firmware=$root/lib/firmware/xilinx # where dfx-mgr looks for apps
beside=$root/lib/firmware/.bfq     # on the same file system, and nothing that dfx-mgr takes for an app
home=$root/opt/bfq                 # the packages: driver, vectors, scripts
session=$root/run/bfq              # of a deploy that is under way: lock and what it has changed

fact() { printf '%s=%s\n' "$1" "$2"; }

# complain RULE WHAT WHY FIX
complain() { printf 'error[%s]: %s\n  why: %s\n  fix: %s\n' "$1" "$2" "$3" "$4" >&2; }

# problem CODE RULE WHAT WHY FIX
problem() {
  code=$1
  shift
  complain "$@"
  exit "$code"
}

# The last lines of a text on one line.
tail_of() { printf '%s\n' "$1" | tail -n "${2:-4}" | tr '\n' ' '; }

have() { command -v "$1" >/dev/null 2>&1; }

take_app() {
  case ${1:-} in
    '' | [!a-z0-9]* | *[!a-z0-9-]*) problem 2 usage "the app's name is '${1:-}'" "names are lower-case letters, digits and '-'" "name the app: $0 APP" ;;
  esac
  app=$1
}

# The only step at work; the guard of a deploy whose connection broke waits for it.
begin_step() {
  [ "$(id -u)" -eq 0 ] || problem 1 not-root "the scripts run as $(id -un)" "they load firmware and set registers" "log in as root, or: sudo sh $0"
  mkdir -p "$session"
  exec 8>"$session/step"
  flock 8
}

# What is about to change, for the guard to undo. Nothing is kept outside of a deploy.
remember() { if [ -e "$session/started" ]; then printf '%s\n' "$2" >>"$session/$1"; fi; }

# value NAME < manifest; entries NAME < manifest: "key value" lines. bfq prints it one entry a line.
value() { sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p"; }
entries() { sed -n "/^  \"$1\": {\$/,/^  }/s/^    \"\([^\"]*\)\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1 \2/p"; }

need_package() {
  manifest=$home/$app/manifest.json
  [ -f "$manifest" ] || problem 1 no-package "$manifest is not there" "the step works on an installed package" "run the steps copy and install first"
}

# Files of the package in folder $1, as its own manifest has them; prints those that differ.
differing_files() {
  entries files <"$1/manifest.json" | awk '{ print $2 "  " $1 }' | (cd "$1" && sha256sum -c 2>/dev/null) | sed -n 's/: FAILED.*$//p'
}

# The app that dfx-mgr has in a slot; nothing where none is loaded. Its table ends in the slot, -1 where there is none.
active_app() { xmutil listapps 2>/dev/null | awk '$NF ~ /^[0-9]+,?$/ && NF > 4 { print $1; exit }'; }

fpga_state() { cat "$root/sys/class/fpga_manager/fpga0/state" 2>/dev/null || echo missing; }

# The UIO devices that a program has, each after WAIT seconds: the driver locks its own (docs/driver.md).
#   devices_in_use WAIT
devices_in_use() {
  for path in "$root"/dev/uio*; do
    [ -e "$path" ] || continue # flock would make it
    taken=0
    flock -w "$1" "$path" true || taken=$?
    if [ "$taken" -eq 1 ]; then printf '%s ' "$path"; fi
  done
}

unload_app() {
  said=$(xmutil unloadapp 2>&1) || :
  [ -z "$(active_app)" ]
}

# The UIO device of the name $1: uioN.
find_uio() {
  for path in "$root"/sys/class/uio/uio*; do
    if [ "$(cat "$path/name" 2>/dev/null)" = "$1" ]; then basename "$path" && return 0; fi
  done
  return 1
}

# The word at a physical address.
devmem_tool() { if have devmem; then echo devmem; elif have busybox && busybox devmem 2>&1 | grep -q ADDRESS; then echo "busybox devmem"; fi; }
# shellcheck disable=SC2046  # two words
peek() { $(devmem_tool) "$1" 32; }
# shellcheck disable=SC2046
poke() { $(devmem_tool) "$1" 32 "$2"; }

# The file that has the microwatts of the whole board; nothing where no INA260 answers.
power_sensor() {
  for path in "$root"/sys/class/hwmon/hwmon*; do
    if grep -qi ina260 "$path/name" 2>/dev/null && [ -r "$path/power1_input" ]; then echo "$path/power1_input" && return 0; fi
  done
}
power_now() {
  sensor=$(power_sensor)
  if [ -n "$sensor" ]; then cat "$sensor" 2>/dev/null || :; fi
}
