#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# clang-tidy (.clang-tidy) over our programs, two at a time.
set -euo pipefail
build=$1
python3 - "$build/compile_commands.json" <<'PY' |
import json, sys
seen = set()
for entry in json.load(open(sys.argv[1])):
    name = entry["file"]
    if "/tests/" not in name and name not in seen:
        seen.add(name)
        print(name)
PY
    xargs -P 2 -n 1 clang-tidy-14 --quiet -p "$build" 2>&1 |
    { grep -vE 'warnings? generated|^Suppressed|^Use -header-filter|^$' || true; } |
    { if grep .; then exit 1; fi; }
