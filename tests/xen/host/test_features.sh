#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a vif is asked for beside plain traffic, on a real, emulated Xen host
# with stock guests: two queues, jumbo frames, IPv6, rates, offload off,
# anti-spoofing; a reloaded frontend, a killed data process, a domU destroyed
# under load; who else sees the frames. features-dom0.sh has the steps. Prints
# a table.
#   test_features.sh [OUT-DIR]  OUT-DIR receives the logs
# Environment: LONG=1 (more steps and repetitions, longer measurements), PARTS
# (of features-dom0.sh, in order), XENPLANE_BIN (the programs, default
# build/bin), XENPLANE_CACHE.
set -euo pipefail
HOST=$(dirname "$(readlink -f "$0")")
# shellcheck source=host-lib.sh
. "$HOST/host-lib.sh"
LONG=${LONG:-0}
MACHINE_S_MAX=$((LONG ? 3600 : 1500)) # under CTest's limit when short

skip_without_emulator
programs=(xenplaned xenplane-netback xenplane)
need_programs "${programs[@]}"
options=(-s duo -t "$MACHINE_S_MAX")
[ $# -eq 0 ] || options+=(-o "$1")
for file in features-dom0 features-steps life-steps onlooker-steps \
	network-steps steps kernel-log backend; do
	options+=(-i "$HOST/$file.sh")
done
for program in "${programs[@]}"; do
	options+=(-i "$XENPLANE_BIN/$program")
done
exec "$HOST/xenhost.sh" run "${options[@]}" \
	"MODE=xenplane LONG=$LONG PARTS='${PARTS:-}'; . ./features-dom0.sh"
