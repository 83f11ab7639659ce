# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034,SC2153
# (steps are called by name, FIGURE is read by step, ADDRESS is from
# network-steps.sh)
#
# Steps: what a vif is asked for beside plain traffic. GUEST is u1, u2 or u3.
# Sourced in dom0 by features-dom0.sh, which says how long some of them are,
# after network-steps.sh.
STREAMS=16 # so that chance does not put all into one queue
JUMBO=9000
SPOOFED=10.0.0.99
declare -A ADDRESS6=([dom0]=fd00::1 [u1]=fd00::11 [u2]=fd00::12
	[u3]=fd00::13)

vif_name() { # GUEST
	echo "vif${VIF[$1]/\//.}"
}

shown() { # GUEST KEY: what `vif show` has behind this key
	./xenplane vif show "$(vif_name "$1")" | sed -n "s/^$2  *//p"
}

dropped() { # GUEST REASON: how many frames
	local count
	count=$(shown "$1" dropped | sed -n "s/.*\b$2 \([0-9]*\).*/\1/p")
	echo "${count:-0}"
}

addresses_set() { # GUEST
	eth0_configured "$1" &&
		domu_run "$1" "ip addr add ${ADDRESS6[$1]}/64 dev eth0 nodad"
}

joined() { # GUEST [VIFSPEC...]
	attach "$@" && until_ok 15 list_row "$1" &&
		until_ok 15 store_connected "$1" && addresses_set "$1" &&
		FIGURE=$(vif_name "$1")
}

host_has_ipv6() {
	ip addr add "${ADDRESS6[dom0]}/64" dev xenbr0 nodad
}

# Queues.

queues_agreed() { # GUEST QUEUES: both ends, xenplane and the domU say so
	local vif=${VIF[$1]} front back asked offered interrupts said
	front=/local/domain/${vif%/*}/device/vif/${vif#*/}
	back=/local/domain/0/backend/vif/$vif
	offered=$(xenstore-read "$back/multi-queue-max-queues")
	asked=$(xenstore-read "$front/multi-queue-num-queues")
	interrupts=$(domu_run "$1" "grep -c 'vif.*-q[0-9]*-rx' /proc/interrupts")
	said=$(shown "$1" queues)
	FIGURE="$offered offered, $asked asked for, $interrupts in the domU"
	echo "$FIGURE, $said in vif show"
	[ "$offered" -ge "$2" ] && [ "$asked" = "$2" ] &&
		[ "$interrupts" = "$2" ] && [ "$said" = "$2" ]
}

queue_interrupts() { # GUEST: "q0-tx COUNT q0-rx COUNT ..." of all processors
	domu_run "$1" "awk '/vif.*-q[0-9]+-/ {
		n = 0
		for (i = 2; \$i ~ /^[0-9]+\$/; i++) n += \$i
		sub(/.*-q/, \"q\", \$NF)
		printf \"%s %d \", \$NF, n
	}' /proc/interrupts"
}

# Which queues' interrupts came in the meantime, of two such lists.
interrupts_between() { # BEFORE AFTER
	echo "$1 $2" | awk '{
		for (i = 1; i < NF; i += 2) {
			if ($i in was)
				printf "%s %d ", $i, $(i + 1) - was[$i]
			was[$i] = $(i + 1)
		}
	}'
}

queues_all_busy() { # FROM TO: with several streams, at both ends
	local from to kind count
	from=$(queue_interrupts "$1")
	to=$(queue_interrupts "$2")
	stream "$1" "$2" 4 -P $STREAMS || return
	from=$(interrupts_between "$from" "$(queue_interrupts "$1")")
	to=$(interrupts_between "$to" "$(queue_interrupts "$2")")
	echo "interrupts in $1: $from, in $2: $to"
	FIGURE="$RATE Mbit/s; $1 $from"
	while read -r kind count; do
		[ "$count" -gt 0 ] || return
	done < <(xargs -n 2 <<<"$from $to")
	[ "$(wc -w <<<"$from $to")" -eq 16 ]
}

queue_of_one_busy() { # FROM TO: the same streams when there is one queue
	local from
	from=$(queue_interrupts "$1")
	stream "$1" "$2" 4 -P $STREAMS || return
	from=$(interrupts_between "$from" "$(queue_interrupts "$1")")
	FIGURE="$RATE Mbit/s; $1 $from"
	[[ "$from" =~ ^q0-tx\ [1-9][0-9]*\ q0-rx\ [1-9][0-9]*\ $ ]]
}

# Streams.

frames_received() { # FROM TO: "BYTES FRAMES" of TO's interface
	local where=$2 device=eth0
	[ "$2" != dom0 ] || device=$(vif_name "$1")
	run_in "$where" "cd /sys/class/net/$device/statistics &&
		echo \$(cat rx_bytes rx_packets)"
}

checksum_errors() { # MACHINE: TCP's, of both families
	run_in "$1" "awk '/^Tcp: [0-9]/ { print \$NF }' /proc/net/snmp"
}

# stream FROM TO 4|6 [IPERF-OPTION...]: sets RATE (Mbit/s received) and
# FRAME_BYTES, the mean length of the frames that TO's interface got. A wrong
# checksum fails it.
stream() {
	local from=$1 to=$2 address=${ADDRESS[$2]} before after out wrong
	[ "$3" = 4 ] || address=${ADDRESS6[$2]}
	run_in "$to" 'pidof iperf3 >/dev/null || iperf3 -s -D' || return
	wrong=$(checksum_errors "$to") || return
	before=$(frames_received "$from" "$to")
	out=$(run_in "$from" "for try in 1 2 3 4 5; do
			iperf3 -c $address -n ${STREAM_MIB}M -f m -i 0 \
				${*:4} && exit
			sleep 0.5 # until the server listens
		done; exit 1")
	echo "$out"
	RATE=$(awk '/bits\/sec .*receiver/ { print $(NF - 2) }' <<<"$out" | tail -n 1)
	after=$(frames_received "$from" "$to")
	FRAME_BYTES=$(echo "$before $after" |
		awk '{ print int(($3 - $1) / ($4 - $2)) }')
	wrong="$wrong $(checksum_errors "$to")"
	echo "$from to $to: $before, $after; wrong checksums: $wrong"
	[ "${RATE%.*}" -gt 0 ] && [ "${wrong% *}" = "${wrong#* }" ]
}

big_frames() { # FROM TO 4|6: GSO on the way, twice an Ethernet frame and more
	stream "$@" || return
	FIGURE="$RATE Mbit/s in frames of $FRAME_BYTES"
	[ "$FRAME_BYTES" -gt 3000 ]
}

small_frames() { # FROM TO 4|6
	stream "$@" || return
	FIGURE="$RATE Mbit/s in frames of $FRAME_BYTES"
	[ "$FRAME_BYTES" -le 1514 ]
}

ping6_lossless() { # FROM TO
	local out
	out=$(run_in "$1" \
		"ping -6 -q -n -c $PINGS -i 0.05 -W 5 ${ADDRESS6[$2]}")
	FIGURE=$(sed -n 's/.*, \([0-9]* received\).*/\1/p' <<<"$out")
	echo "$out"
	[ "$FIGURE" = "$PINGS received" ]
}

# Jumbo frames. A vif's mtu= is for the host's side: the stock frontend's own
# is what its administrator sets.

jumbo_refused() { # FROM TO: the control, while eth0 has its first MTU
	run_in "$1" "ping -c 1 -W 5 -M do -s $((JUMBO - 28)) ${ADDRESS[$2]}" |
		grep 'message too long'
}

jumbo_on_the_host() { # GUEST
	local twin bridge
	twin=$(cat "/sys/class/net/$(vif_name "$1")/mtu")
	bridge=$(cat /sys/class/net/xenbr0/mtu)
	FIGURE="twin $twin, bridge $bridge"
	echo "$FIGURE"
	[ "$twin" = $JUMBO ] && [ "$bridge" = $JUMBO ] &&
		[ "$(shown "$1" mtu)" = $JUMBO ]
}

jumbo_in() { # GUEST
	domu_run "$1" "ip link set eth0 mtu $JUMBO"
}

jumbo_passes() { # FROM TO: the biggest, and not a byte more
	local answered
	answered=$(run_in "$1" "ping -q -n -c 5 -i 0.05 -W 5 -M do \
-s $((JUMBO - 28)) ${ADDRESS[$2]}" | sed -n 's/.*, \([0-9]*\) received.*/\1/p')
	FIGURE="$answered/5 of $JUMBO bytes answered"
	echo "$FIGURE"
	[ "$answered" = 5 ] &&
		run_in "$1" "ping -c 1 -W 5 -M do -s $((JUMBO - 27)) \
${ADDRESS[$2]}" 2>&1 | grep 'message too long'
}

nothing_too_big() { # GUEST
	FIGURE="$(dropped "$1" too_big) too_big, $(dropped "$1" bad_offload) \
bad_offload, $(dropped "$1" malformed) malformed"
	echo "$FIGURE"
	[ "$FIGURE" = "0 too_big, 0 bad_offload, 0 malformed" ]
}

# Rates: datagrams of several streams, more than any rate here, and what of
# them arrives in so many seconds of the emulated clock.

flood_start() { # FROM TO
	run_in "$2" 'pidof iperf3 >/dev/null || iperf3 -s -D' || return
	domu_run "$1" "setsid iperf3 -c ${ADDRESS[$2]} -u -b 30M -P 4 -l 1400 \
-t 600 >/tmp/flood.log 2>&1 &"
}

flood_stop() { # FROM TO: both ends, for the next one finds a fresh server
	domu_run "$1" 'killall iperf3; tail -n 3 /tmp/flood.log'
	domu_run "$2" 'killall iperf3; true'
}

arriving() { # GUEST SECONDS: sets BYTES_PER_S
	local out
	out=$(domu_run "$1" "now() {
			read -r s _ </proc/uptime
			echo \$s \$(cat /sys/class/net/eth0/statistics/rx_bytes)
		}
		a=\$(now); sleep $2; echo \$a \$(now)")
	echo "$1: $out"
	BYTES_PER_S=$(awk '{ printf "%d", ($4 - $2) / ($3 - $1) }' <<<"$out")
}

rate_of() { # GUEST WANTED: until `vif show` says so
	[[ "$(shown "$1" rate)" = "$2 "* ]]
}

# rate_holds FROM TO TEXT BYTES: that many bytes a second are allowed, and
# one interval's more at the beginning.
rate_holds() {
	until_ok 15 rate_of "$1" "$3" || return
	sleep 0.3 # what has waited for the former rate
	arriving "$2" "$RATE_S" || return
	FIGURE="$BYTES_PER_S of $4 bytes/s arrive"
	[ "$BYTES_PER_S" -ge $(($4 / 2)) ] &&
		[ "$BYTES_PER_S" -le $(($4 * 105 / 100)) ]
}

rate_rewritten() { # FROM TO BYTES,MICROSECONDS TEXT BYTES
	xenstore-write "/local/domain/0/backend/vif/${VIF[$1]}/rate" "$3" &&
		rate_holds "$1" "$2" "$4" "$5"
}

rate_set() { # FROM TO TEXT BYTES
	./xenplane vif set "$(vif_name "$1")" "rate=$3" &&
		rate_holds "$@"
}

rate_off() { # FROM TO FORMER-BYTES: twice what was allowed before, or more
	xenstore-rm "/local/domain/0/backend/vif/${VIF[$1]}/rate" &&
		./xenplane vif set "$(vif_name "$1")" rate=default &&
		until_ok 15 rate_of "$1" off || return
	arriving "$2" 0.5 || return
	FIGURE="$BYTES_PER_S bytes/s arrive"
	[ "$BYTES_PER_S" -gt $(($3 * 2)) ]
}

# Anti-spoofing.

arping_as() { # FROM TO ADDRESS: how many of 3 are answered
	run_in "$1" "ip addr add $3/32 dev eth0
		arping -c 3 -W 0.2 -I eth0 -S $3 ${ADDRESS[$2]}
		ip addr del $3/32 dev eth0" >/tmp/arping.log
	sed -n 's/.* \([0-9]*\) packets received.*/\1/p' /tmp/arping.log
}

spoofing_works() { # FROM TO: the control, while nobody minds
	local answered
	answered=$(arping_as "$1" "$2" $SPOOFED)
	FIGURE="$answered/3 answered, $(dropped "$1" spoofed_arp) dropped"
	cat /tmp/arping.log
	[ "$FIGURE" = "3/3 answered, 0 dropped" ]
}

antispoof_set() { # GUEST on|off
	./xenplane vif set "$(vif_name "$1")" "antispoof=$2" \
		"ip=${ADDRESS[$1]} ${ADDRESS6[$1]} fe80::/10"
}

spoofing_dropped() { # FROM TO
	local answered
	answered=$(arping_as "$1" "$2" $SPOOFED)
	FIGURE="$answered/3 answered, $(dropped "$1" spoofed_arp) dropped"
	cat /tmp/arping.log
	[ "$answered" = 0 ] && [ "$(dropped "$1" spoofed_arp)" -ge 3 ]
}
