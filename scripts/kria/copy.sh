#!/bin/sh
# Takes a package as a tar on stdin and keeps it beside the installed one.
#   copy.sh APP MANIFEST-SHA256 have   prints have=yes where this package is on the board already, and reads nothing
#   copy.sh APP MANIFEST-SHA256 take
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
take_app "${1:-}"
begin_step
wanted=${2:-}
new=$home/$app.new
is_wanted() { [ -f "$1/manifest.json" ] && [ "$(sha256sum <"$1/manifest.json" | cut -d ' ' -f 1)" = "$wanted" ] && [ -z "$(differing_files "$1")" ]; }

if [ "${3:-}" = have ]; then
  answer=no
  if is_wanted "$new"; then
    answer=yes
  elif is_wanted "$home/$app"; then
    rm -rf "$new" # of another version: install would take it
    answer=yes
  fi
  fact have "$answer"
  exit 0
fi

refuse() {
  rm -rf "$new"
  problem "$@"
}
remember copied "$app"
rm -rf "$new"
mkdir -p "$new"
if ! said=$(tar -x --no-same-owner -f - -C "$new" 2>&1); then
  left=$(df -Pk "$home" | awk 'NR == 2 { print $4 }')
  refuse 4 copy-broken "the package did not arrive whole" "$(tail_of "$said" 2)($left KB free)" "free room on the board, or look after the connection, and deploy again"
fi
if [ "$(sha256sum <"$new/manifest.json" | cut -d ' ' -f 1)" != "$wanted" ] 2>/dev/null; then
  refuse 1 hash-mismatch "manifest.json is not the one that was sent" "its SHA-256 differs" "deploy again; if it stays, check the board's memory and card"
fi
bad=$(differing_files "$new")
[ -z "$bad" ] || refuse 1 hash-mismatch "these files arrived changed: $(tail_of "$bad")" "their SHA-256 is not the manifest's" "deploy again; if it stays, check the board's memory and card"
# ELF, e_machine 183
machine=$(od -An -tx1 -j18 -N2 "$new/bin/bfq-selftest" 2>/dev/null | tr -d ' ')
[ "$machine" = b700 ] || refuse 1 wrong-architecture "bin/bfq-selftest is not built for aarch64" "its ELF machine is '$machine', not b700" "build the package again with the aarch64 compiler"
fact bytes "$(du -sk "$new" | cut -f 1)000"
