# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034,SC2153
# (steps are called by name, FIGURE is read by step, ADDRESS is from
# network-steps.sh)
#
# Steps: our manager and scripts with the kernel's own backend, and both
# backends at once. Sourced in dom0 by manager-dom0.sh.
CONF=/tmp/xenplane.conf
NOT_SERVED='the kernel.s now has vif[0-9]+\.0, vif[0-9]+\.0 *$'

configuration() { # MODE: of the bridge
	cat >$CONF <<-END
		[bridge xenbr0]
		mode = $1
		address = ${ADDRESS[dom0]}/24

		[vif ${MAC[u1]}]
		ip = ${ADDRESS[u1]}
	END
}

applied() { # MODE: once, and then there is nothing left to do
	configuration "$@"
	./xenplane apply -f $CONF || return
	FIGURE=$(./xenplane diff -f $CONF)
	echo "left: $FIGURE"
	[ -z "$FIGURE" ] || [[ "$FIGURE" == *othing* ]]
}

# Who has which MAC is what xenplaned knows; without it words name the vif.
rate_applied() { # GUEST RATE
	./xenplane qos apply "$(vif_of "$1"),rate=$2" && ./xenplane qos show
}

u1_sends() { # LEAST MOST, Mbit/s
	tcp_rate u1 dom0 4 || return
	FIGURE="$RATE Mbit/s"
	awk -v r="$RATE" -v least="$1" -v most="$2" \
		'BEGIN { exit !(r >= least && r <= most) }'
}

no_daemon_is_said() {
	local out
	out=$(./xenplane vif list 2>&1)
	local status=$?
	FIGURE=$out
	[ $status -eq 1 ] && [[ "$out" == *xenplaned* ]]
}

doctor_says() { # STATUS PATTERN
	local out status
	out=$(./xenplane doctor -f $CONF)
	status=$?
	echo "$status: $out"
	FIGURE=$(grep -oE "$2" <<<"$out" | head -n 1)
	[ -n "$FIGURE" ] && { [ "$1" = any ] || [ "$status" = "$1" ]; }
}

# Routed vifs: the guest has one address, and the host is its way to all else.
declare -A ROUTED=([u1]=10.0.1.11 [u2]=10.0.1.12)

by_script() { # NAME: of ours
	ln -sf vif-hotplug "$1" && SCRIPT=$PWD/$1
}

routed_attached() { # GUEST
	attach "$1" "ip=${ROUTED[$1]}" gatewaydev=xenbr0 && until_ok 15 list_row "$1" &&
		until_ok 15 store_connected "$1" && domu_run "$1" "
			ip link set eth0 up && ip addr add ${ROUTED[$1]}/32 \
dev eth0 && ip route add default dev eth0" &&
		FIGURE=$(ip route show "${ROUTED[$1]}") && echo "$FIGURE" &&
		[[ "$FIGURE" == *"dev $(vif_of "$1")"* ]]
}

routed_ping() { # FROM TO
	local out
	out=$(run_in "$1" "ping -q -n -c 10 -i 0.05 -W 5 ${ROUTED[$2]}")
	echo "$out"
	FIGURE=$(sed -n 's/.*, \([0-9]* received\).*/\1/p' <<<"$out")
	[ "$FIGURE" = "10 received" ]
}

# vif-nat gives the host's end of the link an address; the guest reaches the
# bridge's through it.
nat_attached() { # GUEST
	local host
	attach "$1" "ip=${ROUTED[$1]}" gatewaydev=xenbr0 && until_ok 15 list_row "$1" &&
		until_ok 15 store_connected "$1" || return
	ip addr show "$(vif_of "$1")"
	host=$(ip -o -4 addr show "$(vif_of "$1")" |
		awk '{ sub(/\/.*/, "", $4); print $4; exit }')
	FIGURE="host's end $host"
	[ -n "$host" ] && domu_run "$1" "ip link set eth0 up &&
		ip addr add ${ROUTED[$1]}/32 dev eth0 &&
		ip route add $host dev eth0 && ip route add default via $host"
}

detached() { # GUEST
	detach "$1" && until_ok 15 nothing_left "$1"
}

# Both backends at once.

# The kernel's netback takes every vif of its domain: one that ours serves
# loses its state to it, and the guest its network.
kernel_takes_it() { # GUEST
	local backend=/local/domain/0/backend/vif/${VIF[$1]}
	modprobe xen-netback
	until_ok 15 not_connected "$backend"
	FIGURE="backend state $(xenstore-read "$backend/state")"
	echo "$FIGURE"
	not_connected "$backend" && unanswered "$1"
}

not_connected() { # BACKEND
	[ "$(xenstore-read "$1/state")" != 4 ]
}

unanswered() { # GUEST
	domu_run "$1" "ping -n -c 3 -i 0.05 -W 1 ${ADDRESS[dom0]}" |
		grep ' 0 received'
}

# With the bus told not to bind by itself it serves nothing, and ours all.
loaded_and_idle() {
	echo 0 >/sys/bus/xen-backend/drivers_autoprobe &&
		modprobe xen-netback && ! netback_absent
}

driven() { # GUEST: by a driver of the kernel's
	[ -e "/sys/class/net/$(vif_of "$1")/device/driver" ]
}

ours_serves() { # GUEST
	FIGURE="path $(./xenplane vif show "$(vif_of "$1")" |
		sed -n 's/^path  *//p'), no driver of the kernel's"
	[[ "$FIGURE" = "path fast,"* ]] && ! driven "$1"
}
