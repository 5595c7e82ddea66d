#!/usr/bin/env bash
# Builds, in the folder it runs in, an arm64 kernel of Debian's source that takes device tree overlays at run time, as a Kria's does
# (Debian's own has neither them nor an FPGA manager). About 8 minutes of CPU. Gives vmlinuz, modules.cpio.gz and release.
set -euo pipefail
here=$PWD
unset MAKEFLAGS # bfq sets CURDIR there for Verilator's makefiles; Linux' would take it for a build outside its source
for tool in flex bison bc; do
  command -v $tool >/dev/null || { echo "$tool is missing, which Linux' own build needs: apt install flex bison bc" >&2 && exit 3; }
done
source=$(apt-cache depends linux-source | awk '$1 == "Depends:" && $2 ~ /^linux-source-/ { print $2; exit }')
apt-get download -qq -o APT::Sandbox::User=root "$source"
dpkg-deb --fsys-tarfile "$source"_*.deb | tar -x -O "./usr/src/$source.tar.xz" | tar -xJ --exclude='*/asic_reg/*'
rm "$source"_*.deb
cd "$source"
export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
make -s tinyconfig
scripts/kconfig/merge_config.sh -m .config ../own-kernel/config >/dev/null
make -s olddefconfig
grep '=y$' ../own-kernel/config | while read -r wanted; do
  grep -qxF "$wanted" .config || { echo "the kernel's configuration did not take $wanted" >&2 && exit 4; }
done
make -s -j2 Image modules
make -s M="$here/modules" modules
cp arch/arm64/boot/Image ../vmlinuz
release=$(make -s kernelrelease)
cd ..
find modules -name '*.ko' | LC_ALL=C sort | cpio -o -H newc -R 0:0 2>/dev/null | gzip -1 >modules.cpio.gz
rm -rf "$source" modules
printf '%s\n' "$release" >release
