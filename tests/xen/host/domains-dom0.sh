# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Runs in dom0, resumed from the snapshot "duo": what domains and a host go
# through while xenplane serves them. Stock xl, frontends, and vif-bridge.
#   PARTS=...   only these functions below, in order; when empty, all but ends
# Prints a table; the status is 0 only if every step was well.
PARTS=${PARTS:-scripts several images service churn store}
RATE_S=2 STREAM_MIB=6

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
# shellcheck source=domain-steps.sh
. ./domain-steps.sh
# shellcheck source=script-steps.sh
. ./script-steps.sh
# shellcheck source=robust-steps.sh
. ./robust-steps.sh

scripts() {
	step "our scripts by their names" scripts_there
	step "a world behind $UPLINK" world_made
	step "u3: xl create, our vif-bridge" bridged_created u3 || return
	step "u3: ping to u1" ping_lossless u3 u1
	step "u3: destroyed" destroyed u3
	step "u3: xl create, our vif-route" routed_created u3 vif-route \
		"$ROUTED" "$UPLINK_ADDRESS" gatewaydev="$UPLINK" || return
	step "u3: ping to the world" reaches u3 "$WORLD"
	step "the world: ping to u3" world_reaches "$ROUTED"
	step "u3: a foreign source is dropped" foreign_source_dropped u3 "$WORLD"
	step "u3: destroyed" destroyed u3
	step "u3: its routes are gone" routes_gone "$ROUTED"
	step "u3: xl create, our vif-nat" routed_created u3 vif-nat \
		"$NATTED" "$NAT_ROUTER" || return
	step "u3: ping to its router" reaches u3 "$NAT_ROUTER"
	step "u3: no way into the world yet" reaches_not u3 "$WORLD"
	step "network-nat start" masqueraded start
	step "u3: ping to the world" reaches u3 "$WORLD"
	step "network-nat stop" masqueraded stop
	step "u3: destroyed" destroyed u3
	step "u3: its routes are gone" routes_gone "$NATTED"
	step "the world is gone" world_gone
}

several() {
	local n
	for n in 1 2 3; do
		step "u1: further vif $n" further_vif u1 "$n"
	done
	step "u1: xl network-list" rows_connected u1 4
	step "u1: all at once, vif 1" further_answers u1 1
	step "u1: all at once, vif 3" further_answers u1 3
	for n in 2 1 3; do
		step "u1: further vif $n detached" further_gone u1 "$n"
	done
	step "u1: xl network-list" rows_connected u1 1
	step "ping u2 to u1" ping_lossless u2 u1
}

# A domU with one processor; what it asks of its toolstack.
ends() {
	local again=$'on_reboot = "restart"\non_crash = "restart"'
	DOMU_VCPUS=1 DOMU_EXTRA=$again \
		step "u3: xl create, one processor" created u3 || return
	step "u3: one queue" queues_agreed u3 1
	step "iperf3 u3 to u1" big_frames u3 u1 4
	step "u3: xl reboot" rebooted u3 || return
	step "ping u3 to u1" ping_lossless u3 u1
	step "u3: panics under load, on_crash=restart" \
		crashed_and_restarted u3 u1 || return
	step "ping u3 to u1" ping_lossless u3 u1
	step "u3: xl shutdown" shut_down u3
	DOMU_EXTRA='on_crash = "destroy"' \
		step "u3: xl create, two processors" created u3 || return
	step "u3: two queues" queues_agreed u3 2
	step "u3: panics under load, on_crash=destroy" crashed_and_gone u3 u1
	step "ping u1 to u2" ping_lossless u1 u2
}

images() {
	step "ping u2 to u1" ping_lossless u2 u1
	step "u2 listens to ARP" arp_listens u2 u1 dom0
	step "u1: xl save; u2's pings find nobody" saved u1 u2 || return
	step "u1: xl restore" restored u1 || return
	step "u2: heard u1's gratuitous ARP" until_ok 20 gratuitous_heard u2 u1
	step "u2 listens no more" arp_deaf u2
	step "ping u2 to u1, its address kept" ping_lossless u2 u1
	step "u1: two queues" queues_agreed u1 2
	step "iperf3 u1 to u2" big_frames u1 u2 4
	step "u1: xl migrate, refused by Xen" migration_refused u1 u2
	step "ping u1 to u2" ping_lossless u1 u2
	step "u1: xl network-list" rows_connected u1 1
}

# The rest is done under a service manager that keeps descriptors.
service() {
	step "xenplane upgrade, 3 times" unnoticed u1 u2 500 upgraded_times 3
	step "data process killed, 5 times" unnoticed u1 u2 300 killed_times 5
	step "backend stops" backend_stop
	step "backend starts, with a manager" service_start
	step "both connect again" both_back
	step "xenplaned killed, 5 times" \
		unnoticed u1 u2 800 control_killed_times 5
	step "ping u1 to u2" ping_lossless u1 u2
}

both_back() {
	until_ok 20 store_connected u1 && until_ok 20 store_connected u2 &&
		ping_lossless u1 u2
}

churn() {
	local bare with kib
	step "u1: xl network-detach" detach u1
	step "u1: nothing is left" until_ok 15 nothing_left u1
	BARE_GRANTS=$(grants_mapped "${VIF[u1]%/*}")
	bare=$(held u1)
	step "u1: attached again" joined u1 || return
	step "what a vif of two queues holds" vif_costs u1 "$bare"
	with=$(held u1)
	kib=$(resident_kib)
	step "u1: reconnected" reconnected u1 40
	step "all is as before" held_again u1 "$with" "$kib"
	step "u1: xl network-detach" detach u1
	step "u1: attached and detached" cycled u1 10
	step "u3: created and destroyed" created_and_destroyed u3 3
	step "all is as without it" held_again u1 "$bare" "$kib"
	step "u1: attached again" joined u1
	step "ping u2 to u1" ping_lossless u2 u1
}

store() {
	step "xenstored: live update" unnoticed u1 u2 500 store_updated
	step "u1: xl network-detach" detach u1
	step "u1: nothing is left" until_ok 15 nothing_left u1
	step "u1: attached" joined u1
	step "ping u1 to u2" ping_lossless u1 u2
	step "xenstored dies" store_dies u1 u2
}

service_ends() {
	if [ -n "$SERVICE_PID" ]; then
		service_stop
	else
		backend_stop
	fi
}

domains_test() {
	local part guest
	modprobe -a tun bridge
	kernel_log_mark
	steps_header
	step "xen-netback is not loaded" netback_absent
	step "bridge xenbr0" bridge_up xenbr0 "${ADDRESS[dom0]}/24"
	step "backend starts" backend_start
	# A guest without a vif makes every later step wait in vain.
	for guest in u1 u2; do
		step "$guest: attached" joined $guest || return
	done
	for part in $PARTS; do
		$part
	done
	step "backend still runs" backend_runs
	step "backend stops" service_ends
	step "kernel log of dom0" kernel_log_clean dom0
}

domains_test
steps_footer
status=$?
dmesg >"$XH_OUT/dmesg.txt"
cp -r /var/log/xen "$XH_OUT/xen-logs"
if [ $status -ne 0 ]; then
	echo "--- the backend's last words"
	tail -n 60 "$XH_OUT/backend.log"
fi
exit $status
