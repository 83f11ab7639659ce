#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every source file says its licence, and no file holds a word that means
# unfinished work.
set -uo pipefail
failed=0
sources() { git ls-files -co --exclude-standard '*.c' '*.h' '*.sh' '*.py' '*CMakeLists.txt' run .ci/run; }
while read -r file; do
    [ -f "$file" ] || continue
    head -3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' || {
        echo "$file:1: no SPDX line"
        failed=1
    }
done < <(sources)
# The words are put together so that this file does not hold them.
words="TO""DO|FIX""ME|XX""X|HA""CK"
if sources | xargs grep -nwE "$words"; then
    failed=1
fi
exit "$failed"
