# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Recipe of the snapshot "duo", run in dom0: two running PV domUs, u1 and u2,
# with two vCPUs each and without a vif; tests attach one with
# xl network-attach. One at a time: two booting at once are slower than one
# after the other under emulation.
for name in u1 u2; do
	DOMU_VCPUS=2 domu_start "$name" || exit
	domu_wait "$name" 200 || exit
	echo "$name is up after $(uptime_s) s"
done
