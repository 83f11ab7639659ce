# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Helpers for commands that run in the emulated dom0; sourced before each.
export PATH=/usr/lib/xen-4.17/bin:/usr/sbin:/usr/bin:/sbin:/bin

uptime_s() {
	cut -d' ' -f1 /proc/uptime
}

# bridge_up NAME [ADDRESS/LENGTH]: a Linux bridge that forwards at once
bridge_up() {
	ip link add "$1" type bridge || return
	ip link set "$1" type bridge forward_delay 0
	ip link set "$1" up
	[ -z "${2:-}" ] || ip addr add "$2" dev "$1"
}

# domu_start NAME [VIFSPEC...]: write a configuration and xl create it.
# DOMU_MEM (MiB), DOMU_VCPUS, DOMU_NETFRONT (options of the frontend's module
# as NAME:VALUE,...) and DOMU_EXTRA (further configuration lines) may be set.
domu_start() {
	local name=$1 vif vifs='' domid args
	shift
	for vif; do
		vifs+="'$vif',"
	done
	args="console=hvc0 loglevel=4 apparmor=0 audit=0 cryptomgr.notests"
	args+=" random.trust_cpu=on xh.name=$name"
	args+="${DOMU_NETFRONT:+ xh.netfront=$DOMU_NETFRONT}"
	cat >"/tmp/$name.cfg" <<-CFG
		name = '$name'
		type = 'pv'
		kernel = '/lab/vmlinux'
		ramdisk = '/lab/domu.cpio'
		memory = ${DOMU_MEM:-256}
		vcpus = ${DOMU_VCPUS:-1}
		extra = '$args'
		vif = [ $vifs ]
		on_crash = 'preserve'
		on_reboot = 'destroy'
		${DOMU_EXTRA:-}
	CFG
	xl create -q "/tmp/$name.cfg" || return
	domid=$(xl domid "$name") || return
	xenstore-write "/local/domain/$domid/data/xh-command" ''
	xenstore-chmod -r "/local/domain/$domid/data" n0 "b$domid"
}

# domu_wait NAME [SECONDS]: until its init has come up
domu_wait() {
	local domid end=$((SECONDS + ${2:-60}))
	domid=$(xl domid "$1") || return
	until xenstore-exists "/local/domain/$domid/data/xh-up"; do
		[ $SECONDS -lt $end ] || return 124
		sleep 0.1
	done
}

# domu_run NAME COMMAND: run a shell command in the domU; prints its output
# (the last 1900 bytes), returns its status, or 124 when no answer comes.
domu_run() {
	local path id status end=$((SECONDS + 130))
	path=/local/domain/$(xl domid "$1")/data || return 125
	id=$BASHPID.$RANDOM$RANDOM
	xenstore-write "$path/xh-command" "$id $2"
	while [ $SECONDS -lt $end ]; do
		status=$(xenstore-read "$path/xh-status" 2>/dev/null)
		if [ "${status%% *}" = "$id" ]; then
			xenstore-read -R "$path/xh-output"
			echo
			return "${status#* }"
		fi
		sleep 0.1
	done
	echo "domu_run: no answer from $1"
	return 124
}
