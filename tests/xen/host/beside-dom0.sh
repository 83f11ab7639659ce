# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Runs in dom0, resumed from the snapshot "duo": the kernel's xen-netback and
# ours take turns with the same two running domUs, stock xl, vif-bridge and
# frontend; each turn measures both numbers of queues, and the last one counts
# what frames cost with one. Prints the steps and
# one table; the status is 0 only if every step was well. A target that is
# missed fails nothing: the table says so.
#   TURNS=N     of each backend, 2 at least, so that drift would show
#   COSTS_IN=N  the turn that counts what frames cost; 0: none does
#   TARGETS=..., BACKENDS=..., QUEUES_OF=...: only these measurements (ping tcp
#               udp), backends (kernel xenplane), numbers of queues (1 2)
TURNS=${TURNS:-2}
COSTS_IN=${COSTS_IN:-$TURNS}
TARGETS=${TARGETS:-ping tcp udp}
BACKENDS=${BACKENDS:-kernel xenplane}
QUEUES_OF=${QUEUES_OF:-1 2}

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
# shellcheck source=beside-cost.sh
. ./beside-cost.sh

measurements() { # WHERE
	local pair kind
	for kind in $TARGETS; do
		for pair in "dom0 u1" "u1 dom0" "u1 u2"; do
			[ "$kind $pair" != "ping u1 dom0" ] || continue
			# shellcheck disable=SC2086  # two words
			step "$1 $kind ${pair/ / to }" measure_$kind $pair
		done
	done
}

costs() { # WHERE
	local pair
	step "$1 counters are set" cost_begin || return
	for pair in "dom0 u1" "u1 dom0" "u1 u2"; do
		# shellcheck disable=SC2086
		step "$1 cost of tcp ${pair/ / to }" cost_of tcp $pair
		# shellcheck disable=SC2086
		step "$1 cost of udp ${pair/ / to }" cost_of udp $pair
	done
	step "$1 counters are removed" cost_end
}

with_queues() { # WHERE
	local guest
	for guest in u1 u2; do
		step "$1 $guest: frontend loaded" \
			frontend_loaded $guest "$QUEUES" &&
			step "$1 $guest: attached, queues" attached $guest ||
			return
	done
	measurements "$1"
	[ "$TURN $QUEUES" != "$COSTS_IN 1" ] || costs "$1"
	for guest in u1 u2; do
		step "$1 $guest: detached" detached $guest || return
	done
}

turn() {
	rm -f /tmp/ready
	step "$TURN $MODE: backend starts" backend_start || return
	for QUEUES in $QUEUES_OF; do
		with_queues "$TURN $MODE $QUEUES:" || return
	done
	step "$TURN $MODE: backend still runs" backend_runs
	step "$TURN $MODE: swapped out" backend_swapped_out
}

beside_test() {
	modprobe -a tun bridge
	kernel_log_mark
	steps_header
	step "xen-netback is not loaded" netback_absent
	step "bridge xenbr0" bridge_up xenbr0 "${ADDRESS[dom0]}/24"
	for TURN in $(seq "$TURNS"); do
		for MODE in $BACKENDS; do
			turn || return
		done
	done
	step "kernel log of dom0" kernel_log_clean dom0
	step "kernel log of u1" kernel_log_clean u1
	step "kernel log of u2" kernel_log_clean u2
}

: >"$SAMPLES"
: >"$COSTS"
beside_test
steps_footer
status=$?
awk -f beside-table.awk "$SAMPLES" || status=1
awk -f beside-cost.awk "$COSTS" || status=1
dmesg >"$XH_OUT/dmesg.txt"
if [ $status -ne 0 ]; then
	echo "--- the backend's last words"
	tail -n 60 "$XH_OUT/backend.log"
fi
exit $status
