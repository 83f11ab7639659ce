#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cppcheck over our programs (tests are left to the sanitizers). Suppressed:
# what a function only fills in is no use of it (ctuuninitvar); readdir_r is
# deprecated by those who made it (readdirCalled); two limits may begin equal
# (duplicateAssignExpression). Files below the current folder may be known by
# their relative names.
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cppcheck --quiet --error-exitcode=1 --inline-suppr -j 2 \
    --enable=warning,portability --std=c11 --library=posix,gnu \
    --suppress=missingIncludeSystem --suppress=unknownMacro \
    --suppress=ctuuninitvar --suppress=readdirCalled \
    --suppress=duplicateAssignExpression \
    --cppcheck-build-dir="$work" \
    --project="$build/compile_commands.json" \
    --file-filter="bridge/*" --file-filter="netback/*" \
    --file-filter="netconf/*" --file-filter="vif-hotplug/*" \
    --file-filter="$PWD/bridge/*" --file-filter="$PWD/netback/*" \
    --file-filter="$PWD/netconf/*" --file-filter="$PWD/vif-hotplug/*"
