#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every shell script passes shellcheck, wherever it lies and whatever its name.
set -euo pipefail
git ls-files -co --exclude-standard | while read -r file; do
    case $file in
    *.sh) echo "$file" ;;
    *) if head -c 32 "$file" 2>/dev/null | head -1 | grep -qaE '^#!.*\b(ba)?sh\b'; then echo "$file"; fi ;;
    esac
done | xargs shellcheck -x
