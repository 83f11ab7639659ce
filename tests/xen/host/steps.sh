# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A table of steps, printed while they run: step, result, figure. Sourced in
# dom0 by test payloads. A step is a function; it may set FIGURE, and what it
# prints is shown only when it fails.
STEPS_RUN=0
STEPS_FAILED=0
FIGURE=

steps_header() {
	printf '%-44s %-6s %s\n' step result figure
}

step() { # NAME FUNCTION [ARGUMENT...]
	local name=$1 result=ok start
	shift
	FIGURE=
	start=$(uptime_ms)
	STEPS_RUN=$((STEPS_RUN + 1))
	if ! "$@" >/tmp/step.log 2>&1; then
		result=FAILED
		STEPS_FAILED=$((STEPS_FAILED + 1))
	fi
	printf '%-44s %-6s %s\n' "$name" "$result" \
		"${FIGURE:-$(elapsed_s "$start")}"
	[ "$result" = ok ] && return
	sed 's/^/    | /' /tmp/step.log
	return 1
}

steps_footer() { # the status of the whole
	echo "$STEPS_RUN steps, $STEPS_FAILED failed"
	[ "$STEPS_FAILED" -eq 0 ]
}

uptime_ms() {
	local up
	read -r up _ </proc/uptime
	echo "${up/./}0"
}

elapsed_s() { # START, from uptime_ms
	local ms=$(($(uptime_ms) - $1))
	printf '%d.%02d s\n' $((ms / 1000)) $((ms % 1000 / 10))
}

# until_ok SECONDS COMMAND...: repeat until it succeeds; the last attempt is
# the one whose messages are worth reading.
until_ok() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || {
			"$@"
			return
		}
		sleep 0.1
	done
}
