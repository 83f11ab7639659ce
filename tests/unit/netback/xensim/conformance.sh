#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The conformance program prints on the simulated hypervisor what it printed
# on a real one, and the lab is empty afterwards.
#   conformance.sh BROKER LIBRARY PROGRAM FAULT-TOOL EXPECTED
set -euo pipefail
broker=$1 library=$2 program=$3 fault=$4 expected=$5

folder=$(mktemp -d)
broker_pid=
clean_up() {
    [ -z "$broker_pid" ] || kill "$broker_pid" 2>/dev/null || true
    wait
    rm -rf "$folder"
}
trap clean_up EXIT

mkfifo "$folder/ready"
exec 9<>"$folder/ready"
"$broker" --ready-fd 9 --die-with-parent "$folder/broker" &
broker_pid=$!
read -r -n 1 -t 10 -u 9 _

LD_PRELOAD=$library XENSIM_BROKER=$folder/broker \
    timeout 60 "$program" >"$folder/printed" 2>"$folder/complaints" 9>&-
diff -u "$expected" "$folder/printed"

"$fault" "$folder/broker" dump >"$folder/left"
echo 'domain 0: processes 0' | diff -u - "$folder/left"

# Nothing was answered by the real libraries: they would have complained.
if [ -s "$folder/complaints" ]; then
    cat "$folder/complaints"
    exit 1
fi
