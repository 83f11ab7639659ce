# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034,SC2153
# (steps are called by name, FIGURE is read by step, ADDRESS, VIF and MAC are
# from network-steps.sh)
#
# Steps: one backend gives way to the other in the same running machine, and
# what is measured of each. Every sample is a line of $SAMPLES:
#   BACKEND QUEUES FIGURE VALUE
# Sourced in dom0 by beside-dom0.sh.
SAMPLES=$XH_OUT/samples
TCP_MIB=${TCP_MIB:-8}
STREAMS_2=4 # for two queues
UDP_FRAMES=2000
UDP_BYTES=22 # a frame of 64 bytes
PING_COUNT=50
declare -A PATH_NAME=(["dom0 u1"]="dom0 to domU" ["u1 dom0"]="domU to dom0"
	["u1 u2"]="domU to domU")

sample() { # FIGURE VALUE
	[[ "$2" =~ ^[0-9]+(\.[0-9]+)?$ ]] || {
		echo "no value for $1: '$2'"
		return 1
	}
	echo "$MODE $QUEUES $1 $2" >>"$SAMPLES"
	FIGURE+="${FIGURE:+, }$2"
}

backend_swapped_out() {
	backend_stop || return
	[ "$MODE" != kernel ] || modprobe -r xen-netback || return
	netback_absent
}

# The guest has no vif yet, so that nothing holds its frontend.
frontend_loaded() { # GUEST QUEUES
	domu_run "$1" "modprobe -r xen-netfront &&
		! [ -e /sys/module/xen_netfront ] &&
		modprobe xen-netfront max_queues=$2"
}

queues_are() { # GUEST QUEUES, both ends said so
	local vif=${VIF[$1]} asked
	asked=$(xenstore-read "/local/domain/${vif%/*}/device/vif/${vif#*/}\
/multi-queue-num-queues" 2>/dev/null)
	FIGURE="$(vif_of "$1"), ${asked:-1}"
	[ "${asked:-1}" = "$2" ]
}

vif_of() { # GUEST
	echo "vif${VIF[$1]/\//.}"
}

attached() { # GUEST
	attach "$1" && until_ok 15 list_row "$1" &&
		until_ok 15 store_connected "$1" && eth0_configured "$1" &&
		queues_are "$1" "$QUEUES"
}

detached() { # GUEST
	detach "$1" && until_ok 15 nothing_left "$1"
}

# shellcheck disable=SC2016  # expanded there
server_up() { # MACHINE
	run_in "$1" 'pidof iperf3 >/dev/null || iperf3 -s -D
		for try in $(seq 100); do
			ss -ltn | grep -q :5201 && exit
			sleep 0.05
		done; exit 1'
}

# Mbit/s that the receiver had, of all streams.
tcp_rate() { # FROM TO MIB
	local streams=1 out
	[ "$QUEUES" = 1 ] || streams=$STREAMS_2
	server_up "$2" || return
	out=$(run_in "$1" "timeout 30 iperf3 -c ${ADDRESS[$2]} -n ${3}M \
-P $streams -f m -i 0")
	echo "$out"
	RATE=$(awk '/bits\/sec .*receiver/ { print $(NF - 2) }' <<<"$out" |
		tail -n 1)
}

measure_tcp() { # FROM TO
	tcp_rate "$1" "$2" "$TCP_MIB" &&
		sample "tcp|${PATH_NAME["$1 $2"]}" "$RATE"
}

# Frames a second that arrive of as many as the sender can send.
udp_rate() { # FROM TO FRAMES
	local streams=1 out
	[ "$QUEUES" = 1 ] || streams=$STREAMS_2
	server_up "$2" || return
	out=$(run_in "$1" "timeout 30 iperf3 -c ${ADDRESS[$2]} -u -b 0 \
-l $UDP_BYTES -k $3 -P $streams -f k -i 0")
	echo "$out"
	PPS=$(awk '/receiver/ {
		if (!match($0, /-[0-9.]+ +sec/))
			next
		s = substr($0, RSTART + 1, RLENGTH - 1) + 0
		if (!match($0, /[0-9]+\/[0-9]+ \(/))
			next
		split(substr($0, RSTART, RLENGTH - 2), n, "/")
		pps = (n[2] - n[1]) / s
	} END { printf "%d", pps }' <<<"$out")
}

measure_udp() { # FROM TO
	udp_rate "$1" "$2" "$UDP_FRAMES" &&
		sample "udp|${PATH_NAME["$1 $2"]}" "$PPS"
}

# Microseconds, of pings that follow each other with a pause, as a console's
# keys do.
measure_ping() { # FROM TO
	local median
	median=$(run_in "$1" "/usr/bin/ping -n -c $PING_COUNT -i 0.01 -W 5 \
${ADDRESS[$2]} | awk -F 'time=' 'NF == 2 { print int(\$2 * 1000) }' |
		sort -n | awk '{ t[NR] = \$1 }
		END { if (NR == $PING_COUNT) print t[int((NR + 1) / 2)] }'")
	echo "median of $PING_COUNT: $median us"
	sample "ping|${PATH_NAME["$1 $2"]}" "$median"
}
