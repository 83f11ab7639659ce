#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One fuzz target over its kept corpus, for XP_FUZZ_SECONDS (60).
#   run.sh PROGRAM CORPUS OUTPUT
# New inputs are kept in OUTPUT/new (merge.sh takes them into the corpus); one
# that fails is kept in OUTPUT and named. XP_FUZZ_SEED: 1; 0: another each time.
set -euo pipefail
program=$1 corpus=$2 output=$3
mkdir -p "$output/new"
# An input of an earlier run that failed must not be taken for this one's.
find "$output" -maxdepth 1 -type f -delete
rc=0
"$program" -max_total_time="${XP_FUZZ_SECONDS:-60}" -seed="${XP_FUZZ_SEED:-1}" \
    -timeout=60 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$output/" "$output/new" "$corpus" || rc=$?
kept=$(find "$output" -maxdepth 1 -type f)
if [ "$rc" != 0 ] || [ -n "$kept" ]; then
    echo "$(basename "$program") failed ($rc); again with:"
    for input in $kept; do echo "    $program $input"; done
    exit 1
fi
