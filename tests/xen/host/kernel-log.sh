# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034  # FIGURE is read by step
# Were there errors in a kernel's log since a mark? Sourced in dom0.
# A line counts when its priority is error or worse, or when it belongs to a
# warning with a stack, a crash or a fault of a program.

declare -A KERNEL_LOG_LINES # machine -> lines there at the mark

kernel_log_mark() {
	local machine
	for machine in dom0 u1 u2; do
		KERNEL_LOG_LINES[$machine]=$(run_in "$machine" 'dmesg | wc -l')
	done
}

kernel_log_clean() { # dom0|GUEST
	local seen=${KERNEL_LOG_LINES[$1]} total bad
	total=$(run_in "$1" 'dmesg | wc -l') || return
	# A log without lines would be clean because nobody could read it.
	[ "$seen" -gt 0 ] && [ "$total" -ge "$seen" ] || return
	bad=$(run_in "$1" "dmesg -r | tail -n +$((seen + 1)) | grep -E \
'^<[0-3]>|WARNING:|BUG:|Call Trace|Oops|segfault|general protection|traps:'")
	FIGURE="$((total - seen)) lines, $(grep -c . <<<"$bad") errors"
	echo "$bad"
	[ -z "$bad" ]
}
