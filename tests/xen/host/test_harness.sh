#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# xenhost.sh itself: what goes in arrives, what comes out is handed on, and
# however it ends, neither a process nor a file stays behind.
set -euo pipefail
HOST=$(dirname "$(readlink -f "$0")")
# shellcheck source=host-lib.sh
. "$HOST/host-lib.sh"
GONE_S_MAX=30 # for processes that are being killed

skip_without_emulator
WORK=$(mktemp -d)
RESULTS=$WORK/results
export TMPDIR=$WORK/tmp # where xenhost.sh works: its emulator names the path
mkdir "$TMPDIR" "$RESULTS"
exec 3>&2

at_exit() {
	local status=$?
	[ $status -eq 0 ] || cat "$RESULTS/stderr" >&3 || :
	rm -rf "$WORK"
}
trap at_exit EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

emulators() {
	pgrep -f "^qemu-system-x86_64 .*$TMPDIR"
}

expect() { # STATUS COMMAND...
	local wanted=$1 status=0
	shift
	"$@" || status=$?
	[ "$status" -eq "$wanted" ] ||
		fail "status $status instead of $wanted: $*"
}

expect_no_emulator() {
	local end=$((SECONDS + GONE_S_MAX))
	while emulators >/dev/null; do
		[ $SECONDS -lt $end ] || fail "the emulator still runs"
		sleep 0.1
	done
}

expect_nothing_left() {
	expect_no_emulator
	[ -z "$(ls -A "$TMPDIR")" ] || fail "left: $(ls -A "$TMPDIR")"
}

# Sets pid. Until the command runs in dom0: then all is there to be removed.
start_and_await_command() {
	local output=$RESULTS/output end=$((SECONDS + 300))
	: >"$output"
	env --default-signal=INT,TERM "$HOST/xenhost.sh" run -s duo \
		'echo running; sleep 10000' >"$output" &
	pid=$!
	until grep -q running "$output"; do
		kill -0 $pid || fail "xenhost.sh ended early"
		[ $SECONDS -lt $end ] || fail "the command never ran"
		sleep 0.1
	done
	emulators >/dev/null || fail "no emulator is seen while it runs"
}

command_in_and_out() {
	echo content >"$TMPDIR/input"
	# shellcheck disable=SC2016  # XH_OUT is dom0's
	expect 7 "$HOST/xenhost.sh" run -s duo -i "$TMPDIR/input" \
		-o "$RESULTS/out" 'echo spoken; cp input $XH_OUT/copy; exit 7' \
		>"$RESULTS/spoken"
	grep -qx spoken "$RESULTS/spoken" || fail "the output is lost"
	cmp "$TMPDIR/input" "$RESULTS/out/copy"
	[ -s "$RESULTS/out/console.log" ] || fail "no console log"
	rm "$TMPDIR/input"
	expect_nothing_left
}

time_limit() {
	expect 124 "$HOST/xenhost.sh" run -s duo -t 2 'sleep 10000'
	expect_nothing_left
}

ended_by() { # SIGNAL STATUS
	start_and_await_command
	kill -s "$1" "$pid"
	expect "$2" wait "$pid"
	expect_nothing_left
}

# A killed script cannot remove its folder, but its emulator dies with it.
killed() {
	start_and_await_command
	kill -KILL "$pid"
	expect 137 wait "$pid"
	expect_no_emulator
	rm -rf "$TMPDIR"/xenhost.*
}

# A guest's answer is longer than the store takes: its end is what counts.
long_answer() {
	# shellcheck disable=SC2016  # answer is dom0's
	expect 0 "$HOST/xenhost.sh" run -s duo '
		answer=$(domu_run u1 "seq 5000") || exit
		[ ${#answer} -gt 1000 ] && [ "${answer##*[^0-9]}" = 5000 ]'
	expect_nothing_left
}

two_at_once() {
	local first second
	"$HOST/xenhost.sh" run -s duo 'domu_run u1 hostname; exit 3' &
	first=$!
	"$HOST/xenhost.sh" run -s duo 'domu_run u2 hostname; exit 4' &
	second=$!
	expect 3 wait $first
	expect 4 wait $second
	expect_nothing_left
}

refusals() {
	expect 2 "$HOST/xenhost.sh"
	expect 2 "$HOST/xenhost.sh" fly
	expect 2 "$HOST/xenhost.sh" run
	expect 125 "$HOST/xenhost.sh" run -s nothing true
	expect 125 "$HOST/xenhost.sh" run -i "$TMPDIR/nothing" true
	expect_nothing_left
}

for case in command_in_and_out time_limit "ended_by TERM 143" \
	"ended_by INT 130" killed long_answer two_at_once \
	refusals; do
	start=$SECONDS
	$case 2>"$RESULTS/stderr"
	echo "ok: $case, $((SECONDS - start)) s"
done
