#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The test suite, called by ./run test with the packages installed.
#   suite.sh            everything
#   suite.sh NAME...    the tests whose names match one of the words
#   suite.sh soak       the tests with the label soak, and half an hour for each
#                       fuzz target (XP_FUZZ_SECONDS)
# Builds: asan runs all tests that need no emulated machine, tsan the
# threaded ones; release runs the checks of the source, the real hypervisor,
# and the hundred guests, whose memory is measured; clang compiles everything
# with its own warnings, fuzz runs each fuzz target for a minute.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1

only=()
if [ "$*" = soak ]; then
    export XP_FUZZ_SECONDS="${XP_FUZZ_SECONDS:-1800}"
    export XP_FUZZ_SEED="${XP_FUZZ_SEED:-0}"
elif [ $# -gt 0 ]; then
    pattern=$(IFS='|'; echo "$*")
    only=(-R "$pattern")
fi
found=0
failed=0

build() {
    echo "suite: building $1"
    if ! { cmake --preset "$1" >/dev/null &&
        cmake --build --preset "$1" -- --quiet; }; then
        echo "suite: the $1 build failed"
        exit 1
    fi
}

# ctest on one build: suite PRESET-FOLDER ctest-arguments
suite() {
    local folder=$1 start=$SECONDS log=$1/Testing/Temporary/LastTest.log
    shift
    rm -f "$log"
    echo "suite: testing in $folder: $*"
    ctest --test-dir "$folder" --output-on-failure --no-tests=ignore \
        "$@" "${only[@]}" || failed=1
    # What the tests measured, also of those that passed.
    grep -aos 'figure: .*' "$log"
    [[ $(ctest --test-dir "$folder" -N "$@" "${only[@]}") == *"Total Tests: 0"* ]] ||
        found=1
    echo "suite: $folder took $((SECONDS - start)) s"
}

if [ "$*" = soak ]; then
    build release
    build fuzz
    suite build -L soak
    suite build-fuzz -L fuzz -j 2
    exit "$failed"
fi
build release
build asan
build tsan
[ ${#only[@]} -gt 0 ] || build clang
suite build-asan -LE 'lint|xen|scale|soak' -j 2
suite build-tsan -L threads -LE soak
suite build -L 'lint|xen|scale' -LE soak -j 2
if [[ ${#only[@]} -eq 0 || "$*" == *fuzz* ]]; then
    build fuzz
    suite build-fuzz -L fuzz -j 2
fi
if [ "$found" = 0 ]; then
    echo "suite: no test is called like that: $*" >&2
    exit 1
fi
exit "$failed"
