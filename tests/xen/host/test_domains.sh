#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What domains and their host go through, on a real, emulated Xen host with
# stock guests: save and restore, migration, reboot, crash, our hotplug
# scripts, several vifs; xenplaned upgraded and killed, many comings and
# goings, the store's update and death. domains-dom0.sh has the steps. Prints
# a table.
#   test_domains.sh [OUT-DIR]  OUT-DIR receives the logs
# Environment: PARTS (of domains-dom0.sh, in order), XENPLANE_BIN (the
# programs, default build/bin), XENPLANE_CACHE.
set -euo pipefail
HOST=$(dirname "$(readlink -f "$0")")
# shellcheck source=host-lib.sh
. "$HOST/host-lib.sh"
MACHINE_S_MAX=3600

skip_without_emulator
programs=(xenplaned xenplane-netback xenplane)
need_programs "${programs[@]}"
options=(-s duo -t "$MACHINE_S_MAX"
	-i "$XENPLANE_ROOT/tests/lab/manager.py"
	-i "$XENPLANE_BIN/../scripts/vif-hotplug"
	-i "$XENPLANE_BIN/../scripts/network-nat")
[ $# -eq 0 ] || options+=(-o "$1")
for file in domains-dom0 domain-steps script-steps robust-steps \
	features-steps life-steps onlooker-steps network-steps steps \
	kernel-log backend; do
	options+=(-i "$HOST/$file.sh")
done
for program in "${programs[@]}"; do
	options+=(-i "$XENPLANE_BIN/$program")
done
exec "$HOST/xenhost.sh" run "${options[@]}" \
	"MODE=xenplane LONG=1 PARTS='${PARTS:-}'; . ./domains-dom0.sh"
