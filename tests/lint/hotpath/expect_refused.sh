#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# expect_refused.sh SCRIPT OBJECT: passes when the check refuses the object
# for what it calls, not for another reason.
set -u

said=$("$1" "$2" 2>&1)
status=$?
if [ "$status" -ne 1 ] || [[ $said != *": calls "* ]]; then
    echo "exit status $status, said: $said" >&2
    exit 1
fi
