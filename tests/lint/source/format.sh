#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The source is as clang-format 14 writes it.
set -euo pipefail
git ls-files -co --exclude-standard '*.c' '*.h' |
    xargs clang-format-14 --dry-run --Werror
