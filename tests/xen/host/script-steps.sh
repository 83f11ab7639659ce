# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034
# (steps are called by name, and FIGURE is read by step)
#
# Steps: our hotplug scripts, named in xl's script=, on the real toolstack. A
# namespace behind up0 stands for the world: 192.0.2.2. Sourced in dom0 by
# domains-dom0.sh, after domain-steps.sh.
UPLINK=up0
UPLINK_ADDRESS=192.0.2.1
WORLD=192.0.2.2
ROUTED=192.0.2.13    # of the uplink's network: proxies answer for it there
NATTED=10.8.0.13     # vif-nat's router is 127 further
NAT_ROUTER=10.8.0.140

scripts_there() {
	local name
	for name in vif-bridge vif-route vif-nat; do
		ln -sf vif-hotplug $name && [ -x $name ] || return
	done
}

world_made() {
	ip netns add world &&
		ip link add $UPLINK type veth peer name out0 netns world &&
		ip addr add $UPLINK_ADDRESS/24 dev $UPLINK &&
		ip link set $UPLINK up &&
		ip -n world link set lo up &&
		ip -n world addr add $WORLD/24 dev out0 &&
		ip -n world link set out0 up &&
		until_ok 10 ping -c 1 -W 1 $WORLD
}

world_gone() {
	ip netns del world && until_ok 10 uplink_gone
}

uplink_gone() {
	! ip link show $UPLINK
}

bridged_created() { # GUEST
	created "$1" "script=$PWD/vif-bridge" && on_bridge "$1"
}

# routed_created GUEST SCRIPT ADDRESS ROUTER [VIFSPEC]: the domU's own address
# is ADDRESS, and its default route leads to ROUTER.
routed_created() {
	local spec="mac=${MAC[$1]},script=$PWD/$2,ip=$3${5:+,$5}"
	DOMU_VCPUS=1 domu_start "$1" "$spec" && domu_wait "$1" 120 &&
		until_ok 15 list_row "$1" && until_ok 15 store_connected "$1" &&
		domu_run "$1" "ip link set eth0 up && ip addr add $3/32 dev eth0 &&
			ip route add $4 dev eth0 && ip route add default via $4" &&
		! [ -e "/sys/class/net/$(vif_name "$1")/master" ] &&
		FIGURE="$(vif_name "$1"), $(ip route show dev "$(vif_name "$1")")"
}

answered_from() { # FROM ADDRESS [PING-OPTION...]: sets ANSWERED of PINGS
	ANSWERED=$(run_in "$1" "ping -q -n -c $PINGS -i 0.05 -W 2 ${*:3} $2" |
		sed -n 's/.*, \([0-9]*\) received.*/\1/p')
	FIGURE="$ANSWERED/$PINGS answered"
	echo "$FIGURE"
}

reaches() { # FROM ADDRESS
	run_in "$1" "ping -c 1 -W 5 $2" # neighbours are found
	answered_from "$@" && [ "$ANSWERED" = "$PINGS" ]
}

reaches_not() { # FROM ADDRESS [PING-OPTION...]
	answered_from "$@" && [ "$ANSWERED" = 0 ]
}

world_reaches() { # ADDRESS
	ip netns exec world ping -c 1 -W 5 "$1"
	FIGURE=$(ip netns exec world ping -q -n -c "$PINGS" -i 0.05 -W 2 "$1" |
		sed -n 's/.*, \([0-9]* received\).*/\1/p')
	[ "$FIGURE" = "$PINGS received" ]
}

# The same address answers when it is the guest's, as the step before showed.
foreign_source_dropped() { # GUEST TO
	domu_run "$1" "ip addr add 198.51.100.9/32 dev eth0"
	ip route add 198.51.100.9/32 dev "$(vif_name "$1")" || return
	reaches_not "$1" "$2" -I 198.51.100.9
}

routes_gone() { # ADDRESS
	local left
	left=$(ip route show "$1" && ip neigh show proxy | grep -F "$1 ")
	FIGURE=${left:-no route, no proxy}
	[ -z "$left" ]
}

masqueraded() { # start|stop
	./network-nat "$1" netdev=$UPLINK
}
