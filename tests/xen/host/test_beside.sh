#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's xen-netback and ours in turns, in one booted Xen host with the
# same two domUs: throughput, small frames, ping, and what a frame costs in
# dom0. beside-dom0.sh has the steps. Prints a table.
#   test_beside.sh [OUT-DIR]   OUT-DIR receives the samples and logs
# Environment: TURNS, COSTS_IN, TARGETS, BACKENDS, QUEUES_OF (of
# beside-dom0.sh), OPTIONS (xenplaned's), XENPLANE_BIN (the programs, default
# build/bin), XENPLANE_CACHE.
set -euo pipefail
HOST=$(dirname "$(readlink -f "$0")")
# shellcheck source=host-lib.sh
. "$HOST/host-lib.sh"
MACHINE_S_MAX=3600

skip_without_emulator
programs=(xenplaned xenplane-netback xenplane)
need_programs "${programs[@]}"
options=(-s duo -t "$MACHINE_S_MAX")
[ $# -eq 0 ] || options+=(-o "$1")
for file in beside-{dom0,steps,cost}.sh beside-{table,cost}.awk \
	{network-steps,steps,kernel-log,backend}.sh; do
	options+=(-i "$HOST/$file")
done
for program in "${programs[@]}"; do
	options+=(-i "$XENPLANE_BIN/$program")
done
exec "$HOST/xenhost.sh" run "${options[@]}" \
	"TURNS=${TURNS:-2} TARGETS='${TARGETS:-}' OPTIONS='${OPTIONS:-}'
	COSTS_IN=${COSTS_IN:-} BACKENDS='${BACKENDS:-}' QUEUES_OF='${QUEUES_OF:-}'
	. ./beside-dom0.sh"
