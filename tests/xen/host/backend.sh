# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Starts and stops the backend that MODE names. Sourced in dom0.

BACKEND_PID=

netback_absent() {
	! grep '^xen_netback ' /proc/modules
}

netback_as_expected() {
	if [ "$MODE" = kernel ]; then
		! netback_absent
	else
		netback_absent
	fi
}

# The loader lists what a program is linked to; what is missing fails it.
programs_complete() {
	local program
	for program in xenplaned xenplane-netback xenplane; do
		/lib64/ld-linux-x86-64.so.2 --list "./$program" || return
	done
}

xenplaned_start() {
	programs_complete || return
	mkfifo /tmp/ready
	# shellcheck disable=SC2086  # words
	./xenplaned --ready-fd 3 ${OPTIONS:-} 3>/tmp/ready >>"$XH_OUT/backend.log" 2>&1 &
	BACKEND_PID=$!
	read -r -t 20 </tmp/ready && backend_runs # a line, not just its end
}

backend_start() {
	: >"$XH_OUT/backend.log"
	case $MODE in
	xenplane) xenplaned_start ;;
	kernel) modprobe xen-netback ;;
	none) ;;
	*) return 1 ;;
	esac
}

backend_runs() {
	[ "$MODE" = xenplane ] || return 0
	kill -0 "$BACKEND_PID" && pidof xenplane-netback
}

# Every thread of the data process, as the kernel sees it (docs/sandbox.md).
backend_confined() {
	local status rows
	[ "$MODE" = xenplane ] || return 0
	for status in /proc/"$(pidof xenplane-netback)"/task/*/status; do
		rows=$(grep -Ec "^(Cap(Inh|Prm|Eff|Bnd|Amb):.0{16}|NoNewPrivs:.1|\
Seccomp:.2)\$" "$status")
		FIGURE=$(grep '^Uid:' "$status")
		echo "$status: $rows rows of 7, $FIGURE"
		[ "$rows" = 7 ] && ! grep -E '^[UG]id:.*\<0\>' "$status" || return
	done
}

processes_gone() {
	! pidof xenplaned xenplane-netback
}

backend_stop() {
	[ "$MODE" = xenplane ] || return 0
	kill -TERM "$BACKEND_PID" || return
	until_ok 20 processes_gone || return
	wait "$BACKEND_PID"
}
