# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Runs in dom0, resumed from the snapshot "duo": the kernel's xen-netback with
# our manager (xenplane apply, no daemon) and our scripts; then both backends
# in one dom0, as far as that goes. Prints the steps; the status is 0 only if
# every step was well.
RATED_MIN=5 RATED_MAX=21 # Mbit/s for rate = 20Mb/s, the burst with it
export MODE=kernel QUEUES=1

# shellcheck source=steps.sh
. ./steps.sh
# shellcheck source=backend.sh
. ./backend.sh
# shellcheck source=kernel-log.sh
. ./kernel-log.sh
# shellcheck source=network-steps.sh
. ./network-steps.sh
# shellcheck source=beside-steps.sh
. ./beside-steps.sh
# shellcheck source=manager-steps.sh
. ./manager-steps.sh

bridged() {
	local guest
	by_script vif-bridge
	step "bridge by xenplane apply" applied bridged
	step "xen-netback is loaded" backend_start
	for guest in u1 u2; do
		step "$guest: attached, our vif-bridge" attach $guest &&
			step "$guest: xl network-list" until_ok 15 \
				list_row $guest || return
		step "$guest: xenstore" until_ok 15 store_connected $guest
		step "$guest: interface" on_bridge $guest
		step "$guest: eth0 in the domU" eth0_configured $guest
	done
	step "ping u1 to u2" ping_lossless u1 u2
	step "arping dom0 to u1" arping_answered dom0 u1
	step "iperf3 u1 to u2" iperf_flows u1 u2
	step "xenplane vif list says who is missing" no_daemon_is_said
	step "doctor: both are the kernel's" doctor_says any "$NOT_SERVED"
	step "u1 without a rate" u1_sends 50 100000
	step "u1: rate=20Mb/s, by qos apply" rate_applied u1 20Mb/s
	step "what u1 sends then" u1_sends $RATED_MIN $RATED_MAX
	step "rate off again" ./xenplane qos stop
	step "u1 without a rate once more" u1_sends 50 100000
	for guest in u1 u2; do
		step "$guest: detached" detached $guest
	done
}

routed() {
	local guest
	by_script vif-route
	for guest in u1 u2; do
		step "$guest: attached, our vif-route" routed_attached $guest
	done
	step "ping dom0 to u1, routed" routed_ping dom0 u1
	step "ping u1 to u2, routed" routed_ping u1 u2
	for guest in u1 u2; do
		step "$guest: detached" detached $guest
	done
	by_script vif-nat
	step "u1: attached, our vif-nat" nat_attached u1
	step "ping dom0 to u1, vif-nat" routed_ping dom0 u1
	step "ping u1 to dom0, vif-nat" ping_lossless u1 dom0
	step "u1: detached" detached u1
}

both() {
	by_script vif-bridge
	step "xen-netback is unloaded" backend_swapped_out
	MODE=xenplane
	step "xenplaned starts" backend_start
	step "u1: attached" attached_to_ours u1
	step "doctor: nothing of xen-netback" doctor_is_silent
	step "u1: ping dom0, before" ping_lossless u1 dom0
	step "xen-netback loaded: it takes u1's vif" kernel_takes_it u1
	step "doctor: an error, and who has what" doctor_says 1 \
		"the kernel.s now has .*, xenplane-netback .*"
	step "xen-netback is unloaded again" modprobe -r xen-netback
	step "u1: detached" detached u1
	step "xen-netback loaded, told to bind nothing" loaded_and_idle
	step "u1: attached" attached_to_ours u1
	step "u2: attached" attached_to_ours u2
	step "u1: ours serves it" ours_serves u1
	step "ping u1 to u2" ping_lossless u1 u2
	step "u1: detached" detached u1
	step "u2: detached" detached u2
	step "backend stops" backend_stop
}

attached_to_ours() { # GUEST
	attach "$1" && until_ok 15 list_row "$1" &&
		until_ok 15 store_connected "$1" && eth0_configured "$1"
}

doctor_is_silent() {
	! ./xenplane doctor -f "$CONF" | grep -i 'kernel.s xen-netback'
}

: >"$SAMPLES"
modprobe -a tun bridge
steps_header
step "xen-netback is not loaded" netback_absent
kernel_log_mark
bridged && routed
step "kernel log of dom0" kernel_log_clean dom0
both
step "kernel log of u1" kernel_log_clean u1
step "kernel log of u2" kernel_log_clean u2
steps_footer
status=$?
dmesg >"$XH_OUT/dmesg.txt"
exit $status
