#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The first process of a host in namespaces of its own (host.py): makes its root
# file system, of this one with ADDED's files over it, and becomes its systemd.
#   host.sh ADDED CONSOLE
set -eu
added=$1 console=$2
mount --make-rprivate /
mount -t tmpfs none /mnt
mkdir /mnt/over /mnt/work /mnt/root
cp -a "$added/." /mnt/over
chmod 755 /mnt/over
mount -t overlay -o lowerdir=/,upperdir=/mnt/over,workdir=/mnt/work none \
	/mnt/root
cd /mnt/root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys # no udevd for links, as in any container
mount -t cgroup2 cgroup2 sys/fs/cgroup
for folder in run tmp dev; do
	mount -t tmpfs -o mode=755 none $folder
done
mkdir dev/pts dev/shm dev/net dev/xen
for device in null zero full random urandom tty net/tun; do
	touch dev/$device
	mount --bind /dev/$device dev/$device
done
touch dev/console
mount --bind "$console" dev/console
touch dev/xen/gntdev # what the unit looks for; the simulation needs no device
mkfifo dev/xen/xenbus # whoever asks the kernel for a store that is gone waits
ln -s /proc/self/fd dev/fd
mount -t devpts -o newinstance,ptmxmode=666 none dev/pts
ln -s pts/ptmx dev/ptmx
pivot_root . mnt
umount -l /mnt
# As where br_netfilter is not loaded.
for key in proc/sys/net/bridge/bridge-nf-call-*; do
	[ ! -e "$key" ] || echo 0 >"$key"
done
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --log-target=console --show-status=0 </dev/null
