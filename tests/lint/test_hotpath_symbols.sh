#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Refuses object files of the hot path that call anything but each other, a
# few harmless functions of the compiler and the C library, and what -a allows.
# So an allocator, stdio, a lock or a system call cannot slip in.
#
#   test_hotpath_symbols.sh [-a SYMBOL]... OBJECT...
#
# -a: a symbol that these objects may call, as the shell's pattern.
# Exit status: 0 nothing found, 1 found (names on stderr), 2 usage.
set -euo pipefail

allowed=(
    memcpy memmove memset memcmp bcmp
    __memcpy_chk __memmove_chk __memset_chk
    __assert_fail __stack_chk_fail _GLOBAL_OFFSET_TABLE_
    '__popcount*' '__ctz*' '__clz*' # where the CPU may lack them
    '__asan_*' '__ubsan_*' '__tsan_*' '__sanitizer_*'
)

usage() {
    echo "usage: ${0##*/} [-a SYMBOL]... OBJECT..." >&2
    exit 2
}

while getopts a: option; do
    case $option in
    a) allowed+=("$OPTARG") ;;
    *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage

is_allowed() {
    local pattern
    for pattern in "${allowed[@]}"; do
        # shellcheck disable=SC2053 # a pattern is wanted
        [[ $1 == $pattern ]] && return 0
    done
    return 1
}

declare -A own=()
defined=$(nm -P --defined-only "$@")
while read -r symbol _; do
    own[$symbol]=1
done <<<"$defined"

failed=0
for object in "$@"; do
    undefined=$(nm -P --undefined-only "$object")
    while read -r symbol _; do
        [ -n "$symbol" ] || continue
        [ -z "${own[$symbol]:-}" ] || continue
        if ! is_allowed "$symbol"; then
            echo "$object: calls $symbol" >&2
            failed=1
        fi
    done <<<"$undefined"
done
exit "$failed"
