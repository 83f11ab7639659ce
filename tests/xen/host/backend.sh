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

programs_complete() {
	local program
	for program in xenplaned xenplane-netback xenplane; do
		ldd "./$program" || return
		! ldd "./$program" | grep -q 'not found' || return
	done
}

backend_start() {
	: >"$XH_OUT/backend.log"
	case $MODE in
	xenplane)
		programs_complete || return
		PATH=$PWD:$PATH ./xenplaned >>"$XH_OUT/backend.log" 2>&1 &
		BACKEND_PID=$!
		until_ok 20 backend_ready
		;;
	kernel) modprobe xen-netback ;;
	none) ;;
	*) return 1 ;;
	esac
}

# Its data process runs: vifs can be served.
backend_ready() {
	backend_runs && pidof xenplane-netback
}

backend_runs() {
	case $MODE in
	xenplane) kill -0 "$BACKEND_PID" && pidof xenplane-netback ;;
	*) true ;;
	esac
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
