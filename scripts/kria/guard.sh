#!/bin/sh
# Holds the board for one deploy. Reads lines from stdin until it ends, the connection's end included: unless "commit" was
# among them, the board is put back as it was. Prints "ready" once it has the lock.
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
[ "$(id -u)" -eq 0 ] || problem 1 not-root "the scripts run as $(id -un)" "they load firmware and set registers" "log in as root, or let sudo work without a password"
mkdir -p "$session"
exec 9>>"$session/lock"
if ! flock -n 9; then
  problem 1 busy "another deploy is at work on this board" "$(cat "$session/lock")" "wait for its end; it holds the board until its connection ends"
fi
printf 'since %s\n' "$(date -u)" >"$session/lock"

undo() {
  exec 8>"$session/step"
  flock -w 120 8 || :
  # Our own self-test may not have noticed yet that nobody listens any more.
  taken=
  if [ -e "$session/apps" ] && [ -n "$(active_app)" ]; then taken=$(devices_in_use 30); fi
  if [ -n "$taken" ]; then
    # Files and port widths stay with the app, too.
    complain not-restored "a program uses $(active_app): it has ${taken% }, and the new version stays" "its memory would be freed under it" "end it (fuser ${taken% } shows its process), then deploy the version that you want"
    fact restored "$(active_app)"
    return
  fi
  if [ -e "$session/apps" ] && [ -n "$(active_app)" ]; then unload_app || :; fi
  if [ -e "$session/afifm" ]; then while read -r address old; do poke "$address" "$old"; done <"$session/afifm"; fi
  if [ -e "$session/installed" ]; then
    while read -r now before was; do
      if [ -d "$before" ] || [ "$was" = none ]; then rm -rf "${now:?}"; fi
      if [ -d "$before" ]; then mv "$before" "$now"; fi
    done <"$session/installed"
  fi
  if [ -e "$session/copied" ]; then while read -r name; do rm -rf "${home:?}/$name.new"; done <"$session/copied"; fi
  rm -rf "$beside"
  previous=$(cat "$session/previous")
  if [ -e "$session/apps" ] && [ -n "$previous" ] && [ "$(active_app)" != "$previous" ]; then xmutil loadapp "$previous" >/dev/null 2>&1 || :; fi
  now=$(active_app)
  fact restored "$now"
  if [ "$now" != "$previous" ]; then
    complain not-restored "'$previous' was loaded before and could not be loaded again" "$(tail_of "$(dmesg 2>/dev/null)")" "xmutil unloadapp; xmutil loadapp $previous; if that fails, boot the board"
  fi
}

settle() {
  trap '' HUP INT TERM PIPE
  set +e
  if [ "$committed" = yes ]; then
    while read -r _ before _; do rm -rf "${before:?}"; done 2>/dev/null <"$session/installed"
    rm -rf "$beside"
  else
    undo
  fi
  clear_session
  if [ -n "$folder" ]; then rm -rf "$folder"; fi
}

clear_session() { rm -f "$session/started" "$session/previous" "$session/apps" "$session/afifm" "$session/installed" "$session/copied"; }

# A guard that was killed left its notes: that deploy is undone first.
folder=
committed=no
if [ -e "$session/started" ]; then undo >/dev/null; fi
clear_session
case $(dirname "$0") in */bfq-scripts.*) folder=$(dirname "$0") ;; esac
active_app >"$session/previous"
: >"$session/started"
trap settle EXIT
trap 'exit 1' HUP INT TERM
echo ready
while read -r line; do
  if [ "$line" = commit ]; then committed=yes; fi
done
