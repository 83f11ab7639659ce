#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs xen-conformance in dom0 of the real, emulated hypervisor and prints
# what it prints, to be compared with tests/xen/conformance.expected.
#   test_conformance.sh          only print; the program's status
#   test_conformance.sh FILE     compare with FILE, show the difference
set -euo pipefail
HOST=$(dirname "$(readlink -f "$0")")
# shellcheck source=host-lib.sh
. "$HOST/host-lib.sh"
MACHINE_S_MAX=500

# shellcheck disable=SC2016  # status is dom0's
conformance() {
	"$HOST/xenhost.sh" run -s duo -t "$MACHINE_S_MAX" \
		-i "$XENPLANE_BIN/xen-conformance" \
		'modprobe -a xen-gntalloc xen-gntdev xen-evtchn &&
		timeout 120 ./xen-conformance 2>/tmp/complaints || {
			status=$?
			cat /tmp/complaints
			exit $status
		}'
}

skip_without_emulator
need_programs xen-conformance
if [ $# -eq 0 ]; then
	conformance
	exit
fi
conformance | diff -u --label expected "$1" --label "real Xen" -
echo "as expected: $(wc -l <"$1") lines"
