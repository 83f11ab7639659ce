#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's xen-netback with our manager and scripts, then both backends in
# one dom0, on a real, emulated Xen host. manager-dom0.sh has the steps.
#   test_manager.sh [OUT-DIR]   OUT-DIR receives the logs
# Environment: XENPLANE_BIN (the programs, default build/bin), XENPLANE_CACHE.
set -euo pipefail
HOST=$(dirname "$(readlink -f "$0")")
# shellcheck source=host-lib.sh
. "$HOST/host-lib.sh"
MACHINE_S_MAX=1800

skip_without_emulator
programs=(xenplaned xenplane-netback xenplane)
need_programs "${programs[@]}"
options=(-s duo -t "$MACHINE_S_MAX")
[ $# -eq 0 ] || options+=(-o "$1")
for file in manager-{dom0,steps} beside-steps network-steps steps kernel-log \
	backend; do
	options+=(-i "$HOST/$file.sh")
done
for program in "${programs[@]}"; do
	options+=(-i "$XENPLANE_BIN/$program")
done
options+=(-i "$XENPLANE_BIN/../scripts/vif-hotplug")
exec "$HOST/xenhost.sh" run "${options[@]}" ". ./manager-dom0.sh"
