#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What xenplane-netback says of its options: exit status and where.
#   test_usage.sh PROGRAM
set -uo pipefail
program=$1
failed=0

# expect STATUS STREAM PATTERN ARGUMENT...
expect() {
    local status=$1 stream=$2 pattern=$3 out err got text
    shift 3
    err=$(mktemp)
    out=$("$program" "$@" 2>"$err" 3<&-)
    got=$?
    if [ "$stream" = stdout ]; then text=$out; else text=$(<"$err"); fi
    rm -f "$err"
    if [ "$got" -ne "$status" ] || ! grep -q -e "$pattern" <<<"$text"; then
        echo "$*: status $got, $stream: $text" >&2
        failed=1
    fi
}

expect 0 stdout '^usage: xenplane-netback' --help
expect 0 stdout '^xenplane-netback [0-9]' --version
expect 2 stderr '--buffers' --buffers 63
expect 2 stderr '--buffers' --buffers 1048577
expect 2 stderr '--buffers' --buffers many
expect 2 stderr '--spin-us' --spin-us 1001
expect 2 stderr '--spin-us' --spin-us long
expect 2 stderr '--log-level' --log-level loud
expect 2 stderr 'unexpected argument: vif' vif
expect 2 stderr '^usage' --nonsense
# In order, but nobody gave it a datalink (or a hypervisor).
expect 1 stderr 'error:' --buffers 64 --spin-us 0 --log-level error
exit "$failed"
