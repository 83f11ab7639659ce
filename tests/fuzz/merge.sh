#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a target's kept corpus anew: what is kept, the seeds, and what runs have
# found, reduced to the smallest inputs that reach all that is reached, and of
# these at most 96 KiB.
#   merge.sh NAME...       with build-fuzz built
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
build=../../build-fuzz/fuzz
for name; do
    work=$(mktemp -d)
    mkdir -p "$work/merged" "corpus/$name" "$build/fuzz_$name.out/new"
    python3 seeds.py "$name" "$work/seeds"
    "$build/fuzz_$name" -merge=1 -max_len=65536 -verbosity=0 "$work/merged" \
        "corpus/$name" "$work/seeds" "$build/fuzz_$name.out/new" 2>"$work/log" ||
        { tail -20 "$work/log" >&2; exit 1; }
    find "corpus/$name" -type f -delete
    total=0
    while read -r bytes input; do
        total=$((total + bytes))
        [ "$total" -le 98304 ] || break
        cp "$input" "corpus/$name/"
    done < <(find "$work/merged" -type f -printf '%s %p\n' | sort -n)
    echo "$name: $(find "corpus/$name" -type f | wc -l) inputs of" \
        "$(find "$work/merged" -type f | wc -l)"
    rm -rf "$work"
done
