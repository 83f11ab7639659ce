#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cppcheck over our programs (tests are left to the sanitizers).
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cppcheck --quiet --error-exitcode=1 --inline-suppr -j 2 \
    --enable=warning,portability --std=c11 --library=posix,gnu \
    --suppress=missingIncludeSystem --suppress=unknownMacro \
    --cppcheck-build-dir="$work" \
    --project="$build/compile_commands.json" \
    --file-filter='*/bridge/*' --file-filter='*/netback/*' \
    --file-filter='*/netconf/*'
