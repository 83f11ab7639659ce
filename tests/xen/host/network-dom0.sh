# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Runs in dom0, resumed from the snapshot "duo": stock xl, stock vif-bridge and
# stock frontends in u1 and u2 against a backend.
#   MODE=xenplane  xenplaned and xenplane-netback, xen-netback is not loaded
#   MODE=kernel    the kernel's xen-netback: the harness's positive control
#   MODE=none      nobody serves: its negative control, attach must fail
# With vif-hotplug beside it that is the script instead of the stock one.
# Everything is done ROUNDS times. Prints a table; the status is 0 only if
# every step was well.
MODE=${MODE:-xenplane}
ROUNDS=${ROUNDS:-2}

if [ -x ./vif-hotplug ]; then
	ln -sf vif-hotplug vif-bridge
	SCRIPT=$PWD/vif-bridge
fi

# shellcheck source=steps.sh
. ./steps.sh
# shellcheck source=backend.sh
. ./backend.sh
# shellcheck source=kernel-log.sh
. ./kernel-log.sh
# shellcheck source=network-steps.sh
. ./network-steps.sh

# A guest without a vif makes every later step wait in vain.
round() { # PREFIX
	local guest pair
	for guest in u1 u2; do
		step "$1 $guest: xl network-attach" attach $guest || {
			echo "round $1 ends here"
			return 1
		}
		step "$1 $guest: xl network-list" until_ok 15 list_row $guest
		step "$1 $guest: xenstore" until_ok 15 store_connected $guest
		step "$1 $guest: interface" on_bridge $guest
		step "$1 $guest: eth0 in the domU" eth0_configured $guest
	done
	for pair in "dom0 u1" "dom0 u2" "u1 dom0" "u1 u2" "u2 u1"; do
		# shellcheck disable=SC2086  # two words
		step "$1 ping ${pair/ / to }" ping_lossless $pair
	done
	for pair in "dom0 u1" "u2 dom0" "u1 u2"; do
		# shellcheck disable=SC2086
		step "$1 arping ${pair/ / to }" arping_answered $pair
	done
	for pair in "u1 u2" "u2 u1"; do
		# shellcheck disable=SC2086
		step "$1 iperf3 ${pair/ / to }" iperf_flows $pair
	done
	[ "$MODE" != xenplane ] ||
		step "$1 guest to guest: past the kernel" past_the_kernel u1
	for pair in "dom0 u1" "u1 dom0"; do
		# shellcheck disable=SC2086
		step "$1 iperf3 ${pair/ / to }" iperf_flows $pair
	done
	step "$1 guest to dom0: through the kernel" through_the_kernel u1
	for guest in u1 u2; do
		step "$1 $guest: xl network-detach" detach $guest
		step "$1 $guest: nothing is left" until_ok 15 nothing_left $guest
	done
}

network_test() {
	local i
	modprobe -a tun bridge
	kernel_log_mark
	steps_header
	step "xen-netback is not loaded" netback_absent
	step "bridge xenbr0" bridge_up xenbr0 "${ADDRESS[dom0]}/24"
	step "backend starts ($MODE)" backend_start
	for i in $(seq "$ROUNDS"); do
		round "$i" || break
	done
	step "backend still runs" backend_runs
	step "data process without rights" backend_confined
	step "backend stops" backend_stop
	step "xen-netback, at the end" netback_as_expected
	step "kernel log of dom0" kernel_log_clean dom0
	step "kernel log of u1" kernel_log_clean u1
	step "kernel log of u2" kernel_log_clean u2
	steps_footer
}

network_test
status=$?
xenstore-ls -f >"$XH_OUT/xenstore.txt"
dmesg >"$XH_OUT/dmesg.txt"
cp -r /var/log/xen "$XH_OUT/xen-logs"
if [ $status -ne 0 ]; then
	echo "--- the backend's last words"
	tail -n 60 "$XH_OUT/backend.log"
fi
exit $status
