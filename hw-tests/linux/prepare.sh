#!/usr/bin/env bash
# Makes, in the folder it runs in, what a Kria's Linux without a Kria is of: Debian's arm64 kernel with the modules that it
# lacks, a small userland, and the K26 device trees. Packages are downloaded and unpacked beside; the system's dpkg is left as it
# is. Gives vmlinuz, modules.cpio.gz, release, userland.cpio.gz and dtb/.
set -euo pipefail
here=$PWD

mkdir -p apt/state/lists/partial apt/cache/archives/partial debs kernel userland
touch apt/state/status
cat >apt/conf <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "root";
Dir::State "$here/apt/state";
Dir::State::status "$here/apt/state/status";
Dir::Cache "$here/apt/cache";
CONF
arm64() { APT_CONFIG=$here/apt/conf "$@"; }
arm64 apt-get update -qq

image=$(arm64 apt-cache depends linux-image-arm64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
release=${image#linux-image-}
series=$(printf '%s' "$release" | cut -d. -f1,2)
(
  cd debs
  arm64 apt-get download -qq "$image" "linux-headers-$release" "linux-headers-${release%-arm64}-common"
  apt-get download -qq -o APT::Sandbox::User=root "linux-kbuild-$series" "linux-source-$series"
)
arm64 apt-get install -qq -d -y --no-install-recommends busybox-static dash grep libstdc++6 openssh-server util-linux

for package in debs/linux-image-* debs/linux-headers-* debs/linux-kbuild-*; do dpkg-deb -x "$package" kernel; done
dpkg-deb --fsys-tarfile debs/linux-source-* | tar -x -O "./usr/src/linux-source-$series.tar.xz" |
  tar -xJ --strip-components=3 -C modules "linux-source-$series/drivers/uio/uio_pdrv_genirq.c" "linux-source-$series/drivers/fpga/fpga-mgr.c"
headers=kernel/usr/src/linux-headers-$release
sed -i 's#^include /usr/src/#include ../#' "$headers/Makefile"
make -s -C "$headers" M="$here/modules" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- DEB_BUILD_ARCH=amd64 DEB_HOST_ARCH=arm64 \
  DEB_HOST_GNU_TYPE=aarch64-linux-gnu modules

for package in apt/cache/archives/*_arm64.deb; do
  case $(basename "$package") in
    busybox* | openssh* | lib[!p]* | libp[!er]* | zlib*) dpkg-deb -x "$package" userland ;;
    dash_* | grep_*) dpkg-deb -x "$package" userland ;; # busybox's take no bytes of 0, and its shell prefers its own
    util-linux_*) dpkg-deb --fsys-tarfile "$package" | tar -x -C userland ./usr/bin/flock ;; # busybox has none
  esac
done
ln -sf dash userland/bin/sh
rm -rf userland/usr/share userland/usr/lib/aarch64-linux-gnu/gconv userland/lib/systemd
from=kernel/lib/modules/$release/kernel
for module in virtio virtio_ring virtio_mmio failover net_failover virtio_net uio; do
  find "$from" -name "$module.ko" -exec cp {} modules/ \;
done
archive() { LC_ALL=C sort | cpio -o -H newc -R 0:0 2>/dev/null | gzip -1; }
find modules -name '*.ko' | archive >modules.cpio.gz
mkdir -p userland/modules userland/dev userland/proc userland/sys userland/tmp userland/run userland/root/.ssh userland/etc/ssh
chmod 700 userland/root userland/root/.ssh
printf 'root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\n' >userland/etc/passwd
printf 'root:x:0:\n' >userland/etc/group
printf 'PRETTY_NAME="Debian arm64 under QEMU, for tests of bfq"\n' >userland/etc/os-release
: >userland/etc/ssh/sshd_config
(cd userland && find . | archive) >userland.cpio.gz

cp "kernel/boot/vmlinuz-$release" vmlinuz
cp -r "kernel/usr/lib/$image/xilinx" dtb
rm -rf apt debs kernel userland modules
printf '%s\n' "$release" >release
