#!/bin/sh
# Installs the package that was copied: beside the old one first, then by rename.
#   install.sh APP
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
take_app "${1:-}"
begin_step
new=$home/$app.new
[ -d "$new" ] || new=$home/$app
[ -f "$new/manifest.json" ] || problem 1 no-package "no package of $app is on the board" "it has to be copied first" "run the step copy"
stem=$(value app <"$new/manifest.json")
[ "$stem" = "$app" ] || problem 1 stem-mismatch "the package is called '$stem', not '$app'" "one stem names folder, bitstream and overlay" "build the package again"
bad=$(differing_files "$new")
[ -z "$bad" ] || problem 1 hash-mismatch "these files are not the manifest's: $(tail_of "$bad")" "they changed on the board" "run the step copy again"
for file in "$app.bit.bin" "$app.dtbo" shell.json; do
  [ -s "$new/$file" ] || problem 1 missing-file "the package has no $file" "dfx-mgr loads an app of .bit.bin, .dtbo and shell.json with one stem" "build the package again"
done
# Another firmware-name loads nothing, and Linux does not say so.
grep -aqF "$app.bit.bin" "$new/$app.dtbo" || problem 1 stem-mismatch "the overlay's firmware-name is not $app.bit.bin" "Linux would load no bitstream, and not say so" "build the package again"

files="$app.bit.bin $app.dtbo shell.json"
if [ -f "$new/$app.xclbin" ]; then files="$files $app.xclbin"; fi # for XRT
# Of which the first that differs in folder $1.
differing() { for file in $files; do cmp -s "$new/$file" "$1/$file" || { echo "$file" && return; }; done; }
if [ "$new" = "$home/$app" ] && [ -z "$(differing "$firmware/$app")" ]; then
  fact installed already
  exit 0
fi

rm -rf "$beside/new"
mkdir -p "$beside/new" "$firmware"
if ! said=$(for file in $files; do cp "$new/$file" "$beside/new/" || exit; done 2>&1); then
  rm -rf "$beside/new"
  problem 1 disk-full "the firmware could not be copied" "$(tail_of "$said" 2)($(df -Pk "$root/lib/firmware" | awk 'NR == 2 { print $4 }') KB free)" "free room below /lib/firmware"
fi
sync
bad=$(differing "$beside/new")
[ -z "$bad" ] || problem 1 hash-mismatch "$bad was written wrong to /lib/firmware" "what is read back differs" "check the board's card"
# Makes room at $1; the guard gets what was there as $2.
make_room() {
  if [ ! -e "$session/started" ]; then
    rm -rf "$1"
  elif [ -e "$1" ]; then
    rm -rf "$2"
    remember installed "$1 $2 old"
    mv "$1" "$2"
  else
    remember installed "$1 $2 none"
  fi
}
make_room "$firmware/$app" "$beside/before"
mv "$beside/new" "$firmware/$app"
if [ "$new" != "$home/$app" ]; then
  make_room "$home/$app" "$home/$app.before"
  mv "$new" "$home/$app"
fi
[ -e "$session/started" ] || rm -rf "$beside"
fact installed new
