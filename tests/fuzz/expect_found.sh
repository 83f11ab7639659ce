#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The positive control: a target with a planted bug fails, and its input is
# kept and named.
#   expect_found.sh PROGRAM CORPUS OUTPUT
set -euo pipefail
if said=$("$(dirname "$0")/run.sh" "$@" 2>&1); then
    echo "$said" | tail -20
    echo "the planted bug was not found"
    exit 1
fi
input=$(grep -oE "$3/crash-[0-9a-f]+$" <<<"$said" | tail -1) || {
    echo "$said" | tail -20
    echo "it ended otherwise than by a crash"
    exit 1
}
[ -s "$input" ]
