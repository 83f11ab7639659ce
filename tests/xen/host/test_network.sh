#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The network of two PV domUs on a real, emulated Xen host: attach with the
# stock toolstack and scripts, ping, arping, iperf3, detach, all of it twice.
# network-dom0.sh has the steps. Prints a table.
#   test_network.sh [OUT-DIR]   OUT-DIR receives the logs
# Environment: MODE=xenplane|kernel|none, SCRIPTS=stock|ours, ROUNDS,
# XENPLANE_BIN (the programs, default build/bin), XENPLANE_CACHE.
set -euo pipefail
HOST=$(dirname "$(readlink -f "$0")")
# shellcheck source=host-lib.sh
. "$HOST/host-lib.sh"
MODE=${MODE:-xenplane}
MACHINE_S_MAX=900 # under CTest's limit: the machine cleans up after itself

skip_without_emulator
options=(-s duo -t "$MACHINE_S_MAX")
[ $# -eq 0 ] || options+=(-o "$1")
for file in network-dom0 network-steps steps kernel-log backend; do
	options+=(-i "$HOST/$file.sh")
done
if [ "$MODE" = xenplane ]; then
	programs=(xenplaned xenplane-netback xenplane)
	need_programs "${programs[@]}"
	for program in "${programs[@]}"; do
		options+=(-i "$XENPLANE_BIN/$program")
	done
fi
if [ "${SCRIPTS:-stock}" = ours ]; then
	options+=(-i "$XENPLANE_BIN/../scripts/vif-hotplug")
fi
exec "$HOST/xenhost.sh" run "${options[@]}" \
	"MODE=$MODE ROUNDS=${ROUNDS:-2}; . ./network-dom0.sh"
