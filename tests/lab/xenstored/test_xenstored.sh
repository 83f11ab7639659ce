#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's own xenstored on the simulated hypervisor: two labs side by side,
# each with its store, used by Debian's own clients without any preload.
#   test_xenstored.sh BROKER LIBRARY FAULT-TOOL
# Needs no root. 77: xenstored or its clients are not installed.
set -euo pipefail
broker=$1 library=$2 fault=$3
xenstored=/usr/lib/xen-4.17/bin/xenstored

[ -x "$xenstored" ] && command -v xenstore-read >/dev/null || exit 77
unset XENSTORED_ROOTDIR

folder=$(mktemp -d)
declare -A broker_pid=() store_pid=()
clean_up() {
    kill "${store_pid[@]}" "${broker_pid[@]}" 2>/dev/null || true
    wait
    rm -rf "$folder"
}
trap clean_up EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

equal() { # WHAT WANTED GOT
    [ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
    echo "ok: $1"
}

in_lab() { # NAME COMMAND...
    local name=$1
    shift
    XENSTORED_PATH=$folder/$name/socket "$@"
}

start_lab() { # NAME
    local dir=$folder/$1
    mkdir "$dir"
    mkfifo "$dir/ready"
    exec 9<>"$dir/ready"
    "$broker" --ready-fd 9 --die-with-parent "$dir/broker" &
    broker_pid[$1]=$!
    read -r -n 1 -t 10 -u 9 _
    exec 9<&-
    LD_PRELOAD=$library XENSIM_BROKER=$dir/broker \
        XENSTORED_RUNDIR=$dir XENSTORED_PATH=$dir/socket \
        "$xenstored" -N --pid-file="$dir/xenstored.pid" \
        >"$dir/log" 2>&1 &
    store_pid[$1]=$!
    # xenstored says nothing when it serves: ask until it answers
    for ((i = 0; i < 200; i++)); do
        [ ! -S "$dir/socket" ] ||
            ! in_lab "$1" xenstore-exists /tool || return 0
        sleep 0.05
    done
    cat "$dir/log"
    fail "xenstored of lab $1 does not answer"
}

start_lab one
in_lab one xenstore-write /local/a 'of one'
start_lab two
in_lab two xenstore-write /local/a 'of two'

equal 'the first store is still the first' 'of one' \
    "$(in_lab one xenstore-read /local/a)"
equal 'the second has its own values' 'of two' \
    "$(in_lab two xenstore-read /local/a)"
equal 'listing' $'a = "of one"' "$(in_lab one xenstore-ls /local)"

if in_lab one xenstore-read /local/nothing 2>/dev/null; then
    fail 'a missing key reads'
fi
echo 'ok: a missing key does not read'

# A watch fires once when set, and once for the change.
in_lab one xenstore-watch -n 2 /local/w >"$folder/watch" &
watch=$!
for ((i = 0; i < 200 && ! $(wc -l <"$folder/watch"); i++)); do sleep 0.05; done
in_lab one xenstore-write /local/w/x 1
wait "$watch"
equal 'watch' $'/local/w\n/local/w/x' "$(cat "$folder/watch")"

# Its channels: the domains' interrupt, and domain 0's kernel end to end.
equal 'channels of xenstored' 'domain 0: processes 1
  port 1 for virq 3
  port 2 to domain 0 port 3 masked
  port 3 to domain 0 port 2' "$("$fault" "$folder/one/broker" dump |
    sed 's/ pending$//; s/\(port 3.*2\) masked$/\1/')"

# A store that dies leaves nothing bound.
kill "${store_pid[one]}"
wait "${store_pid[one]}" || true
equal 'nothing is left of a dead xenstored' 'domain 0: processes 0' \
    "$("$fault" "$folder/one/broker" dump)"
equal 'the other store goes on' 'of two' \
    "$(in_lab two xenstore-read /local/a)"
unset 'store_pid[one]'
