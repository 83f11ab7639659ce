# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Runs in dom0, resumed from the snapshot "duo": stock xl, stock vif-bridge,
# and domUs with two processors and the stock frontend, against xenplane.
#   LONG=1      more repetitions, longer measurements
#   PARTS=...   only these functions below; when empty, all but onlookers, and
#               these when LONG
# Prints a table; the status is 0 only if every step was well.
if [ "${LONG:-0}" = 1 ]; then
	RATE_S=10 STREAM_MIB=32 KILLS=50 RELOADS=10 DESTROYED=3
	FURTHER=onlookers
else
	RATE_S=2 STREAM_MIB=6 KILLS=3 RELOADS=0 DESTROYED=1
	FURTHER=
fi
PARTS=${PARTS:-rates queues ipv6 jumbo spoofing reloads kills destroys $FURTHER}

# shellcheck source=steps.sh
. ./steps.sh
# shellcheck source=backend.sh
. ./backend.sh
# shellcheck source=kernel-log.sh
. ./kernel-log.sh
# shellcheck source=network-steps.sh
. ./network-steps.sh
# shellcheck source=features-steps.sh
. ./features-steps.sh
# shellcheck source=life-steps.sh
. ./life-steps.sh
# shellcheck source=onlooker-steps.sh
. ./onlooker-steps.sh

long_step() { # as step, when there is time
	[ "$LONG" != 1 ] || step "$@"
}

rates() { # u2 comes with one
	step "a flood from u2 to u1" flood_start u2 u1
	step "u2's rate, from the vif spec" rate_holds u2 u1 8Mb/s 1000000
	step "u2's rate, rewritten in the store" \
		rate_rewritten u2 u1 100000,50000 16Mb/s 2000000
	step "u2's rate, by vif set" rate_set u2 u1 4Mb/s 500000
	step "u2's rate, off" rate_off u2 u1 2000000
	step "the flood ends" flood_stop u2 u1
}

queues() {
	step "u1: two queues" queues_agreed u1 2
	step "u2: two queues" queues_agreed u2 2
	step "all queues' interrupts, u1 to u2" queues_all_busy u1 u2
	long_step "all queues' interrupts, u2 to u1" queues_all_busy u2 u1
	step "ping u1 to u2" ping_lossless u1 u2
	step "ping u2 to dom0" ping_lossless u2 dom0
	step "iperf3 u1 to dom0" big_frames u1 dom0 4
	long_step "iperf3 dom0 to u2" big_frames dom0 u2 4
}

ipv6() {
	step "ping -6 u1 to u2" ping6_lossless u1 u2
	step "ping -6 dom0 to u1" ping6_lossless dom0 u1
	step "iperf3 -6 u1 to u2" big_frames u1 u2 6
	step "iperf3 -6 dom0 to u1" big_frames dom0 u1 6
	long_step "iperf3 -6 u1 to dom0" big_frames u1 dom0 6
}

jumbo() {
	step "u1: host's side has MTU 9000" jumbo_on_the_host u1
	step "u1: its own MTU refuses jumbo frames" jumbo_refused u1 u2
	step "u1: eth0 takes MTU 9000" jumbo_in u1
	step "u2: eth0 takes MTU 9000" jumbo_in u2
	step "jumbo ping u1 to u2" jumbo_passes u1 u2
	step "jumbo ping u2 to dom0" jumbo_passes u2 dom0
	step "jumbo ping dom0 to u1" jumbo_passes dom0 u1
	step "iperf3 u1 to u2 with MTU 9000" big_frames u1 u2 4
	long_step "iperf3 -6 u1 to dom0 with MTU 9000" big_frames u1 dom0 6
	step "u1: nothing was too big" nothing_too_big u1
	step "u2: nothing was too big" nothing_too_big u2
}

spoofing() {
	step "spoofed arping, nobody minds" spoofing_works u1 u2
	step "antispoof on" antispoof_set u1 on
	step "spoofed arping is dropped" spoofing_dropped u1 u2
	step "its own arping is answered" arping_answered u1 u2
	step "antispoof off" antispoof_set u1 off
}

# A frontend reads what is offered when it connects.
reloads() {
	local i
	step "u1: ethtool shows offloads" offloads_are u1 on
	step "offload=off for xenbr0" offload_set off
	step "u1: nothing changes before it connects" offloads_are u1 on
	step "u1: frontend reloaded" frontend_reloaded u1
	step "u1: ethtool shows none" offloads_are u1 off
	step "ping u1 to u2, offload off" ping_lossless u1 u2
	step "iperf3 u1 to u2, offload off" small_frames u1 u2 4
	long_step "iperf3 u2 to u1, offload off" small_frames u2 u1 4
	step "iperf3 -6 u2 to u1, offload off" small_frames u2 u1 6
	long_step "iperf3 dom0 to u1, offload off" small_frames dom0 u1 4
	step "offload as before" offload_set default
	step "u1: frontend reloaded, max_queues=1" \
		frontend_reloaded u1 max_queues=1
	step "u1: ethtool shows offloads again" offloads_are u1 on
	step "u1: one queue" queues_agreed u1 1
	step "one queue's interrupts, u1 to u2" queue_of_one_busy u1 u2
	long_step "u1: frontend reloaded once more" frontend_reloaded u1
	long_step "u1: two queues again" queues_agreed u1 2
	long_step "ping dom0 to u1" ping_lossless dom0 u1
	for i in $(seq "$RELOADS"); do
		step "u1: frontend reloaded, $i" frontend_reloaded u1
		step "ping u2 to u1, $i" ping_lossless u2 u1
	done
}

kills() {
	step "data process killed under ping" killed_under_ping u1 u2 "$KILLS"
	long_step "data process killed under load" killed_under_load u1 u2 50
	step "data process without rights" backend_confined
}

destroys() {
	local i open
	for i in $(seq "$DESTROYED"); do
		open=$(descriptors)
		step "$i u3: xl create, with a vif" created u3 || return
		step "$i u3: two queues" queues_agreed u3 2
		step "$i u3: destroyed under load" \
			destroyed_under_load u3 u1 u2 "$open"
		step "$i u3: no descriptor is left" no_descriptor_left "$open"
		step "$i ping u1 to u2" ping_lossless u1 u2
	done
}

onlookers() {
	step "seen by old ebtables" old_ebtables u1 u2
	step "seen by old iptables (br_netfilter)" old_iptables u1 u2
	step "seen by a flow table" flow_table u1 u2
	step "seen by a VLAN device" vlan_device u1 u2
}

features_test() {
	local part guest spec=("mtu=$JUMBO")
	modprobe -a tun bridge
	kernel_log_mark
	steps_header
	step "xen-netback is not loaded" netback_absent
	step "bridge xenbr0" bridge_up xenbr0 "${ADDRESS[dom0]}/24"
	step "bridge xenbr0, IPv6" host_has_ipv6
	step "backend starts" backend_start
	# A guest without a vif makes every later step wait in vain.
	step "u1: attached" joined u1 "${spec[@]}" || return
	[[ "$PARTS" != *rates* ]] || spec+=(rate=8Mb/s)
	step "u2: attached" joined u2 "${spec[@]}" || return
	for part in $PARTS; do
		$part
	done
	for guest in u1 u2; do
		step "$guest: xl network-detach" detach $guest
		step "$guest: nothing is left" until_ok 15 nothing_left $guest
	done
	step "backend still runs" backend_runs
	step "backend stops" backend_stop
	step "kernel log of dom0" kernel_log_clean dom0
	step "kernel log of u1" kernel_log_clean u1
	step "kernel log of u2" kernel_log_clean u2
}

features_test
steps_footer
status=$?
xenstore-ls -f >"$XH_OUT/xenstore.txt"
dmesg >"$XH_OUT/dmesg.txt"
cp -r /var/log/xen "$XH_OUT/xen-logs"
if [ $status -ne 0 ]; then
	echo "--- the backend's last words"
	tail -n 60 "$XH_OUT/backend.log"
fi
exit $status
