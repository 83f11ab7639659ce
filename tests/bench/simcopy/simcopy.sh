#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: simcopy.sh BROKER LIBXENSIM COMMAND...
# Runs a command as domain 0 of a simulated hypervisor of its own.
set -eu
broker=$1 lib=$2
shift 2
folder=$(mktemp -d)
ready=$folder/ready
mkfifo "$ready"
"$broker" --die-with-parent --ready-fd 3 "$folder/broker" 3>"$ready" &
pid=$!
trap 'kill $pid 2>/dev/null || :; wait $pid || :; rm -rf "$folder"' EXIT
read -r _ <"$ready" || :
XENSIM_BROKER=$folder/broker XENSIM_DOMID=0 LD_PRELOAD=$lib "$@"
