# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034,SC2153
# (steps are called by name; FIGURE is read by step)
#
# Steps: what a transfer costs, counted and not timed: dom0's kernel counts by
# probes, which both backends pass, and Xen traces the hypercalls of the whole
# machine, the guests' with them. A line of $COSTS is
#   BACKEND QUEUES KIND|DIRECTION FRAMES BYTES NAME=COUNT...
# with the frames and bytes that the receiver's interface had. Sourced in dom0
# by beside-dom0.sh, after beside-steps.sh.
COSTS=$XH_OUT/costs
COST_MIB=4
COST_FRAMES=1000
TRACING=/sys/kernel/tracing
TRACE_MASK=0x00201fff # Xen's public/trace.h: PV entries, hypercalls of them

cost_probe() { # NAME FUNCTION ARGUMENT...
	echo "p:$1 $2 ${*:3}" >>$TRACING/kprobe_events
}

cost_begin() {
	mountpoint -q $TRACING || mount -t tracefs tracefs $TRACING || return
	cost_probe copy gnttab_batch_copy "segments=\$arg2:u32" &&
		cost_probe map gnttab_map_refs "pages=\$arg4:u32" &&
		cost_probe notify notify_remote_via_irq &&
		cost_probe evtchn evtchn_ioctl "cmd=\$arg2:u32"
}

cost_end() {
	echo 0 >$TRACING/events/kprobes/enable
	: >$TRACING/kprobe_events
}

cost_set() { # EVENT KEYS [VALUE]
	echo "hist:keys=$2${3:+:vals=$3}" >"$TRACING/events/$1/trigger"
}

cost_unset() { # EVENT
	echo "!$(grep -o 'hist:keys=[^ ]*' "$TRACING/events/$1/trigger")" \
		>"$TRACING/events/$1/trigger"
}

cost_sum() { # EVENT FIELD [PATTERN]
	grep hitcount: "$TRACING/events/$1/hist" | grep -E "${3:-.}" |
		sed -n "s/.*\<$2: *\([0-9]*\).*/\1/p" |
		awk '{ n += $1 } END { print n + 0 }'
}

costs_set() {
	cost_set kprobes/copy common_pid.execname segments &&
		cost_set kprobes/map common_pid.execname pages &&
		cost_set kprobes/notify common_pid.execname &&
		cost_set kprobes/evtchn cmd &&
		cost_set raw_syscalls/sys_enter common_pid.execname,id || return
	xentrace -D -e $TRACE_MASK /tmp/trace >/tmp/trace.log 2>&1 &
	TRACE_PID=$!
	until_ok 10 test -s /tmp/trace
}

# IOCTL_EVTCHN_NOTIFY of xen/evtchn.h
costs_read() {
	kill -INT "$TRACE_PID" && wait "$TRACE_PID"
	COST="copies=$(cost_sum kprobes/copy hitcount)"
	COST+=" segments=$(cost_sum kprobes/copy segments)"
	COST+=" mapped=$(cost_sum kprobes/map pages)"
	COST+=" notified=$(($(cost_sum kprobes/notify hitcount) +
		$(cost_sum kprobes/evtchn hitcount "cmd: *$((0x44504))")))"
	COST+=" calls=$(cost_sum raw_syscalls/sys_enter hitcount \
'common_pid: xenplane-netbac')"
	COST+=" twin=$(cost_sum raw_syscalls/sys_enter hitcount \
'common_pid: xenplane-netbac.* id: *(0|1|19|20) ')" # read, write, readv, writev
	COST+=" $(hypercalls)"
}

costs_unset() {
	cost_unset kprobes/copy && cost_unset kprobes/map &&
		cost_unset kprobes/notify && cost_unset kprobes/evtchn &&
		cost_unset raw_syscalls/sys_enter
}

# Records of public/trace.h: a word with the event (28 bits), how many words
# follow (3) and whether a time of two words does; hypercall_v2 is 0x20100d,
# its first word's lower 20 bits are the number (public/xen.h).
hypercalls() {
	od -An -v -tu4 -w4 /tmp/trace | awk '
		skip { skip--
			if (first && skip < words) {
				number[$1 % 1048576]++
				all++
				first = 0
			}
			next }
		{
			event = $1 % 268435456
			words = int($1 / 268435456) % 8
			skip = words + ($1 >= 2147483648 ? 2 : 0)
			first = event == 2101261
		}
		END { printf "hypercalls=%d grant_ops=%d event_ops=%d\n", all,
			number[20], number[32] }'
}

frames_of() { # FROM TO: "FRAMES BYTES" that TO's interface received
	local device=eth0
	[ "$2" != dom0 ] || device=$(vif_of "$1")
	run_in "$2" "cd /sys/class/net/$device/statistics &&
		echo \$(cat rx_packets rx_bytes)"
}

cost_of() { # tcp|udp FROM TO
	local before after status
	server_up "$3" || return
	before=$(frames_of "$2" "$3") || return
	costs_set || return
	if [ "$1" = tcp ]; then
		tcp_rate "$2" "$3" $COST_MIB
	else
		udp_rate "$2" "$3" $COST_FRAMES
	fi
	status=$?
	after=$(frames_of "$2" "$3")
	costs_read
	costs_unset || return
	echo "$MODE $QUEUES $1|${PATH_NAME["$2 $3"]} $(echo "$before $after" |
		awk '{ print $3 - $1, $4 - $2 }') $COST" | tee -a "$COSTS"
	FIGURE=$COST
	return $status
}
