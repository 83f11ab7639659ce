#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every case of cases.txt has a test of its name that is also run.
set -euo pipefail
cd "$(dirname "$0")"

count=0
while read -r case file; do
    [[ $case == xnb_* && ${file:-} == *.c ]] || continue
    name=${case#xnb_}
    if ! grep -qE "^[[:space:]]+T\($name(_[a-z0-9_]+)?\)" "../$file"; then
        echo "$case: no test $name... in $file" >&2
        exit 1
    fi
    count=$((count + 1))
done <cases.txt
[ "$count" -eq 48 ] || { echo "$count cases, expected 48" >&2; exit 1; }
