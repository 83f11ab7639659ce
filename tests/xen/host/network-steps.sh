# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034
# (steps are called by name, and FIGURE is read by step)
#
# The steps of the network test: each is a function that succeeds or not.
# GUEST is u1, u2 or u3. Sourced in dom0 by network-dom0.sh and
# features-dom0.sh.
PINGS=20
ARPINGS=5
IPERF_MIB=24
KERNEL_BYTES_MAX=$((1 << 20)) # of arping, ping and the like
declare -A MAC=([u1]=00:16:3e:00:00:01 [u2]=00:16:3e:00:00:02
	[u3]=00:16:3e:00:00:03)
declare -A ADDRESS=([dom0]=10.0.0.1 [u1]=10.0.0.11 [u2]=10.0.0.12
	[u3]=10.0.0.13)
declare -A VIF # guest -> DOMID/INDEX while it is attached

run_in() { # dom0|GUEST COMMAND
	if [ "$1" = dom0 ]; then
		timeout 120 bash -c "$2"
	else
		domu_run "$1" "$2"
	fi
}

attach() { # GUEST [VIFSPEC...]
	timeout 60 xl network-attach "$1" "mac=${MAC[$1]}" bridge=xenbr0 \
		${SCRIPT:+"script=$SCRIPT"} "${@:2}"
}

# The row of xl's list: index, BE, MAC, handle, state, event channel, tx and
# rx ring reference, path of the backend.
list_row() { # GUEST
	local domid index row n='-?[0-9]+'
	domid=$(xl domid "$1") || return
	xl network-list "$1"
	row="^([0-9]+) +0 +${MAC[$1]} +$n +4 +$n +$n/$n"
	row+=" +/local/domain/0/backend/vif/$domid/([0-9]+) *$"
	index=$(xl network-list "$1" | sed -nE "s|$row|\1 \2|p")
	[ -n "$index" ] && [ "${index% *}" = "${index#* }" ] || return
	VIF[$1]=$domid/${index% *}
	FIGURE=vif${VIF[$1]/\//.}
}

store_connected() { # GUEST
	local vif=${VIF[$1]} backend back front hotplug
	backend=/local/domain/0/backend/vif/$vif
	back=$(xenstore-read "$backend/state")
	hotplug=$(xenstore-read "$backend/hotplug-status")
	front=$(xenstore-read "/local/domain/${vif%/*}/device/vif/${vif#*/}/state")
	FIGURE="backend $back, frontend $front, hotplug-status $hotplug"
	echo "$FIGURE"
	[ "$back" = 4 ] && [ "$front" = 4 ] && [ "$hotplug" = connected ]
}

on_bridge() { # GUEST
	local name=vif${VIF[$1]/\//.} master
	master=$(basename "$(readlink "/sys/class/net/$name/master")")
	FIGURE="$name, master $master"
	ip -d link show "$name" || return
	[ "$master" = xenbr0 ] &&
		[ "$(cat "/sys/class/net/$name/address")" = fe:ff:ff:ff:ff:ff ] &&
		(($(cat "/sys/class/net/$name/flags") & 1))
}

eth0_configured() { # GUEST
	domu_run "$1" "
		for try in \$(seq 200); do
			[ -e /sys/class/net/eth0 ] && break
			sleep 0.1
		done
		ip link set eth0 up && ip addr add ${ADDRESS[$1]}/24 dev eth0 &&
		for try in \$(seq 100); do
			[ \"\$(cat /sys/class/net/eth0/carrier)\" = 1 ] && break
			sleep 0.1
		done
		ip addr show eth0
		[ \"\$(cat /sys/class/net/eth0/carrier)\" = 1 ] &&
		[ \$(cat /sys/class/net/eth0/address) = ${MAC[$1]} ]"
}

ping_lossless() { # FROM TO
	local out received best
	out=$(run_in "$1" \
		"ping -q -n -c $PINGS -i 0.05 -W 5 ${ADDRESS[$2]}")
	echo "$out"
	received=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' <<<"$out")
	best=$(sed -n 's/^rtt[^=]*= \([0-9.]*\).*/\1/p' <<<"$out")
	FIGURE="${received:-0}/$PINGS answered, best ${best:--} ms"
	[ "$received" = "$PINGS" ]
}

arping_answered() { # FROM TO
	local out received device=eth0
	[ "$1" != dom0 ] || device=xenbr0
	out=$(run_in "$1" \
		"arping -c $ARPINGS -W 0.2 -I $device ${ADDRESS[$2]}")
	echo "$out"
	received=$(sed -n 's/.* \([0-9]*\) packets received.*/\1/p' <<<"$out")
	FIGURE="${received:-0}/$ARPINGS answered"
	[ "$received" = "$ARPINGS" ]
}

iperf_flows() { # FROM TO
	local out rate
	run_in "$2" 'pidof iperf3 >/dev/null || iperf3 -s -D' || return
	out=$(run_in "$1" "for try in 1 2 3 4 5; do
			iperf3 -c ${ADDRESS[$2]} -n ${IPERF_MIB}M -f m && exit
			sleep 0.5 # until the server listens
		done; exit 1") || {
		echo "$out"
		return 1
	}
	echo "$out"
	rate=$(awk '/receiver/ { print $7 }' <<<"$out" | tail -n 1)
	FIGURE="$rate Mbit/s received"
	[ "${rate%.*}" -gt 0 ]
}

# The twin is what the kernel sees of a vif: what it has received from the
# guest. xenplane carries traffic between guests past it.
twin_received() { # GUEST
	cat "/sys/class/net/vif${VIF[$1]/\//.}/statistics/rx_bytes"
}

past_the_kernel() { # GUEST
	local vif=vif${VIF[$1]/\//.} bytes
	bytes=$(twin_received "$1")
	FIGURE="$bytes bytes through the twin"
	./xenplane vif show "$vif"
	[ "$(cat "/sys/class/net/$vif/brport/isolated")" = 1 ] &&
		./xenplane vif show "$vif" | grep -q '^path  *fast$' &&
		[ "$bytes" -lt $KERNEL_BYTES_MAX ]
}

through_the_kernel() { # GUEST
	local bytes
	bytes=$(twin_received "$1")
	FIGURE="$bytes bytes through the twin"
	[ "$bytes" -gt $KERNEL_BYTES_MAX ]
}

detach() { # GUEST
	timeout 60 xl network-detach "$1" "${VIF[$1]#*/}"
}

nothing_left() { # GUEST
	local vif=${VIF[$1]}
	! xenstore-ls "/local/domain/0/backend/vif/$vif" 2>/dev/null &&
		! xenstore-ls "/local/domain/${vif%/*}/device/vif/${vif#*/}" \
			2>/dev/null &&
		! ip link show "vif${vif/\//.}" 2>/dev/null &&
		domu_run "$1" '! ip link show eth0' &&
		[ "$(xl network-list "$1" | wc -l)" -eq 1 ]
}
