# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034
# (steps are called by name, and FIGURE is read by step)
#
# Steps: what comes and goes while others work. A frontend's module loaded
# anew, with other offers and options too; the data process killed; a domU
# destroyed under load. Sourced in dom0 by features-dom0.sh, after
# features-steps.sh.
WATCH_PID=
GAP_MS_MAX=80 # a guest's wait for the next data process, of the emulated clock

# The states' watch: a line of /tmp/watch.log for each time that either end of
# GUEST's vif writes its state, and one each at the beginning.
watch_start() { # GUEST
	local vif=${VIF[$1]}
	: >/tmp/watch.log
	xenstore-watch "/local/domain/0/backend/vif/$vif/state" \
		"/local/domain/${vif%/*}/device/vif/${vif#*/}/state" \
		>>/tmp/watch.log &
	WATCH_PID=$!
	until_ok 10 watch_seen 2
}

watch_seen() { # LINES
	[ "$(wc -l </tmp/watch.log)" -ge "$1" ]
}

watch_end() { # sets STATE_WRITES
	kill "$WATCH_PID"
	wait "$WATCH_PID"
	STATE_WRITES=$(($(wc -l </tmp/watch.log) - 2))
}

# A frontend that goes and comes.

# Both ends pass through Closing and Closed, and connect again; the twin is
# the same one, in its bridge. (The module is in use while a device has it.)
frontend_reloaded() { # GUEST [OPTION]
	local vif twin generation status
	vif=$(vif_name "$1")
	twin=$(cat "/sys/class/net/$vif/ifindex")
	generation=$(shown "$1" generation)
	watch_start "$1" || return
	domu_run "$1" "
		for device in /sys/bus/xen/drivers/vif/vif-*; do
			echo \${device##*/} >\${device%/*}/unbind
		done
		! [ -e /sys/class/net/eth0 ] && modprobe -r xen-netfront &&
		! [ -e /sys/module/xen_netfront ] &&
		modprobe xen-netfront ${2:-}" &&
		until_ok 15 store_connected "$1" && addresses_set "$1"
	status=$?
	watch_end
	on_bridge "$1" || return
	FIGURE="states written $STATE_WRITES times, generation $generation to \
$(shown "$1" generation)"
	echo "$FIGURE"
	[ $status -eq 0 ] && [ "$STATE_WRITES" -ge 8 ] &&
		[ "$(shown "$1" generation)" -gt "$generation" ] &&
		[ "$(cat "/sys/class/net/$vif/ifindex")" = "$twin" ]
}

# What the domU's own tool says of its eth0: "NAME on|off" for each of these.
offloads_in() { # GUEST
	domu_run "$1" 'ethtool -k eth0' | awk '
		$1 == "tx-checksum-ipv6:" || $1 == "tcp-segmentation-offload:" ||
		$1 == "tx-tcp-segmentation:" || $1 == "tx-tcp6-segmentation:" {
			print $1, $2
		}'
}

offloads_are() { # GUEST on|off: all of them
	local said
	said=$(offloads_in "$1")
	echo "$said"
	FIGURE="$(grep -c " $2\$" <<<"$said") of 4 $2 in ethtool -k"
	[ "$(wc -l <<<"$said")" = 4 ] && [ "${FIGURE%% *}" = 4 ]
}

offload_set() { # VALUE
	./xenplane bridge set xenbr0 "offload=$1"
}

# A data process that is killed.

restarts() {
	./xenplane status | sed -n 's/.*, \([0-9]*\) restarts*.*/\1/p'
}

killed_and_back() {
	local pid
	pid=$(pidof xenplane-netback) || return
	kill -KILL "$pid"
	until_ok 20 another_serves "$pid"
}

another_serves() { # PID
	local pid
	pid=$(pidof xenplane-netback) && [ "$pid" != "$1" ] &&
		./xenplane status
}

# ping_start FROM TO COUNT, 20 ms apart; ping_end FROM: sets ANSWERED. A
# duplicate fails it. (Without its path it would be busybox's ping.)
ping_start() {
	domu_run "$1" "setsid /usr/bin/ping -n -c $3 -i 0.02 -W 5 \
${ADDRESS[$2]} >/tmp/ping.log 2>&1 &
		for try in \$(seq 100); do
			grep -q 'icmp_seq=3 ' /tmp/ping.log && exit
			sleep 0.05
		done; exit 1"
}

ping_runs() { # FROM
	domu_run "$1" 'pidof ping'
}

ping_end() {
	local out
	out=$(domu_run "$1" 'while pidof ping >/dev/null; do sleep 0.1; done
		grep -c DUP /tmp/ping.log; tail -n 3 /tmp/ping.log')
	echo "$out"
	ANSWERED=$(sed -n 's/.*, \([0-9]*\) received.*/\1/p' <<<"$out")
	[ "${out%%$'\n'*}" = 0 ]
}

killed_times() { # TIMES
	local i
	for i in $(seq "$1"); do
		killed_and_back || return
	done
}

# How long pings waited that met a death: "p50 A, p99 B, at most C ms", from
# the longest of each row of pings that took more than MIN_MS. (xenstore-write
# takes backslashes for its own.) None that waited fails it.
ping_gaps() { # FROM MIN_MS
	domu_run "$1" "awk '/icmp_seq=/ {
			split(\$0, part, /icmp_seq=|time=/)
			print part[2] + 0, part[3] + 0
		}' /tmp/ping.log | sort -n | awk '
		\$2 > $2 { if (\$2 > top) top = \$2; next }
		top { print top; top = 0 }
		END { if (top) print top }' | sort -n | awk '
		{ gap[NR] = \$1 }
		function at(part) {
			return gap[part * NR < 1 ? 1 : int(part * NR)]
		}
		END {
			printf \"p50 %.0f, p99 %.0f, at most %.0f ms\", \
				at(0.5), at(0.99), gap[NR]
			exit !NR
		}'"
}

# Connections that this guest has seen end by a reset, or has reset.
resets_in() { # GUEST
	domu_run "$1" "awk '/^Tcp:/ && n++ { print \$9, \$15 }' /proc/net/snmp"
}

fast_frames() { # GUEST: that the switch has taken from it
	shown "$1" "fast path" | sed -E 's/[^0-9]*([0-9]+) frames.*/\1/'
}

frames_since() { # GUEST FRAMES
	[ "$(fast_frames "$1")" -gt "$2" ]
}

# At random points, but when pings are answered again: each death has a wait.
# Asking at once who serves would take the emulated machine's only processor
# from those who are measured.
killed_one_by_one() { # GUEST TIMES
	local i pid
	for i in $(seq "$2"); do
		pid=$(pidof xenplane-netback) && kill -KILL "$pid" || return
		sleep "0.$((RANDOM % 3 + 2))$((RANDOM % 10))"
		until_ok 20 another_serves "$pid" && until_ok 20 frames_since \
			"$1" "$(fast_frames "$1")" || return
	done
}

# The longest waits of a hundred are at most GAP_MS_MAX.
gaps_well() { # GAPS
	local p99=${1#*p99 }
	[ "${p99%%,*}" -le $GAP_MS_MAX ]
}

# No state is written, no ping is lost or answered twice.
killed_under_ping() { # FROM TO TIMES
	local before pings=$((100 * $3)) status gaps
	before=$(restarts)
	watch_start "$2" || return
	ping_start "$1" "$2" "$pings" && killed_one_by_one "$1" "$3" &&
		ping_runs "$1" && ping_end "$1" # it saw the last death
	status=$?
	watch_end
	store_connected "$2" || return
	gaps=$(ping_gaps "$1" 20) || status=1
	FIGURE="$ANSWERED/$pings answered, $(($(restarts) - before)) \
restarts, states written $STATE_WRITES times"
	echo "$FIGURE"
	[ $status -eq 0 ] && [ "$FIGURE" = "$pings/$pings answered, $3 \
restarts, states written 0 times" ] && FIGURE+="; waits: $gaps" &&
		gaps_well "$gaps"
}

# The same while TCP runs both ways, which carries on.
killed_under_load() { # FROM TO TIMES
	local before i was
	before=$(restarts)
	load_start "$1" "$2" && watch_start "$2" || return
	was="$(resets_in "$1"), $(resets_in "$2")"
	for i in $(seq "$3"); do
		killed_and_back && until_ok 30 load_moves "$2" || return
	done
	watch_end
	echo "resets before: $was; now: $(resets_in "$1"), $(resets_in "$2")"
	[ "$(resets_in "$1"), $(resets_in "$2")" = "$was" ] || return
	load_stop "$1" "$2"
	FIGURE="$(($(restarts) - before)) restarts, no reset, states written \
$STATE_WRITES times"
	[ "$FIGURE" = "$3 restarts, no reset, states written 0 times" ]
}

# A domU that is destroyed.

# Stock xl create of a domU whose configuration has the vif.
created() { # GUEST [VIFSPEC]
	local spec="mac=${MAC[$1]},bridge=xenbr0${2:+,$2}"
	DOMU_VCPUS=${DOMU_VCPUS:-2} domu_start "$1" "$spec" && domu_wait "$1" 120 &&
		until_ok 15 list_row "$1" && until_ok 15 store_connected "$1" &&
		addresses_set "$1" && FIGURE=$(vif_name "$1")
}

# Descriptors of both processes, as "CONTROL DATA".
descriptors() {
	local pid
	for pid in "$BACKEND_PID" "$(pidof xenplane-netback)"; do
		find "/proc/$pid/fd" -type l | wc -l
	done | xargs
}

descriptors_are() { # CONTROL DATA
	[ "$(descriptors)" = "$*" ]
}

load_start() { # FROM TO: both ways
	run_in "$2" 'pidof iperf3 >/dev/null || iperf3 -s -D' || return
	domu_run "$1" "setsid iperf3 -c ${ADDRESS[$2]} --bidir -P 2 -t 3000 \
>/tmp/load.log 2>&1 &"
	until_ok 20 load_moves "$2"
}

load_moves() { # GUEST: a MiB each way within half a second
	local before after
	before=$(load_bytes "$1")
	sleep 0.5
	after=$(load_bytes "$1")
	echo "$before, $after"
	echo "$before $after" |
		awk '{ exit !($3 - $1 > 1048576 && $4 - $2 > 1048576) }'
}

load_bytes() { # GUEST: from it and to it, by the switch
	shown "$1" "fast path" | sed -E 's/[^0-9]*[0-9]+ frames ([0-9]+) bytes/\1 /g'
}

load_stop() { # FROM TO
	domu_run "$1" 'killall iperf3; tail -n 3 /tmp/load.log' >/dev/null
	domu_run "$2" 'killall iperf3; true' >/dev/null
}

# Gone from the hypervisor (it keeps a domain while a page of its is mapped),
# the store, the host and xenplane.
gone() { # DOMID VIF
	! xl list | awk -v id="$1" '$2 == id || $1 == "(null)" { found = 1 }
		END { exit !found }' &&
		! xenstore-ls "/local/domain/0/backend/vif/$1" 2>/dev/null &&
		! ip link show "$2" 2>/dev/null &&
		! ./xenplane vif show "$2" 2>/dev/null
}

# Between VICTIM and FROM there is a load, both ways; OTHER's ping to FROM
# does not notice. DESCRIPTORS were open before the victim was there.
destroyed_under_load() { # VICTIM FROM OTHER DESCRIPTORS
	local domid=${VIF[$1]%/*} vif start took pings=200
	vif=$(vif_name "$1")
	echo "$(descriptors) descriptors are open; without $1: $4"
	[ "$(descriptors)" != "$4" ] && ! gone "$domid" "$vif" || return
	load_start "$2" "$1" && ping_start "$3" "$2" $pings || return
	start=$(uptime_ms)
	timeout 60 xl destroy "$1" || return
	took=$(elapsed_s "$start")
	ping_runs "$3" && until_ok 20 gone "$domid" "$vif" || return
	domu_run "$2" 'killall iperf3; tail -n 3 /tmp/load.log'
	ping_end "$3" || return
	FIGURE="after $took; $ANSWERED/$pings of the others' pings"
	echo "$FIGURE"
	[ "$ANSWERED" = $pings ]
}

no_descriptor_left() { # DESCRIPTORS, a list
	until_ok 20 descriptors_are "$1"
	FIGURE="control and data process: $(descriptors)"
	[ "$(descriptors)" = "$1" ]
}
