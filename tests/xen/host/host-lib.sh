# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests that run in the emulated host share; sourced on this machine.
HOST=$(dirname "$(readlink -f "$0")")
XENPLANE_ROOT=$(readlink -f "$HOST/../../..")
XENPLANE_BIN=${XENPLANE_BIN:-$XENPLANE_ROOT/build/bin}
SKIPPED=77 # what CTest knows as "skipped"

skip_without_emulator() {
	command -v qemu-system-x86_64 >/dev/null && return
	echo "skipped: no qemu-system-x86_64 here (Debian:" \
		"$("$HOST/xenhost.sh" packages | paste -sd ' '))"
	exit $SKIPPED
}

need_programs() { # NAME...
	local name
	for name; do
		[ -x "$XENPLANE_BIN/$name" ] || {
			echo "$XENPLANE_BIN/$name is not built" >&2
			exit 1
		}
	done
}
