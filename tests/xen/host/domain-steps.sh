# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034,SC2153
# (steps are called by name, FIGURE is read by step, ADDRESS is from
# network-steps.sh)
#
# Steps: domains that are saved, restored, migrated, started anew, shut down,
# or crash. Sourced in dom0 by domains-dom0.sh, after life-steps.sh.
IMAGE=/tmp/domain.save

domain_is_another() { # GUEST DOMID
	local domid
	domid=$(xl domid "$1") && [ "$domid" != "$2" ]
}

# GUEST's domain is another one now, whose init may be asked again.
renewed() { # GUEST FORMER-DOMID
	local path
	until_ok 60 domain_is_another "$1" "$2" || return
	path=/local/domain/$(xl domid "$1")/data
	xenstore-write "$path/xh-command" '' &&
		xenstore-chmod -r "$path" n0 "b$(xl domid "$1")"
}

# The other domain's vif is connected, and of the former nothing is left.
vif_moved() { # GUEST FORMER-DOMID FORMER-VIF
	until_ok 30 list_row "$1" && until_ok 30 store_connected "$1" &&
		until_ok 20 gone "$2" "$3" || return
	FIGURE="$3 to $(vif_name "$1")"
}

# Save and restore.

saved() { # GUEST FROM; a ping control: nobody answers meanwhile
	local domid=${VIF[$1]%/*} vif start
	vif=$(vif_name "$1")
	start=$(uptime_ms)
	timeout 120 xl save "$1" $IMAGE </dev/null || return
	FIGURE="$(elapsed_s "$start"), $(($(stat -c %s $IMAGE) >> 20)) MiB"
	until_ok 20 gone "$domid" "$vif" && unanswered "$2" "$1"
}

restored() { # GUEST
	local domid=${VIF[$1]%/*} vif
	vif=$(vif_name "$1")
	timeout 120 xl restore $IMAGE </dev/null && rm $IMAGE &&
		renewed "$1" "$domid" && vif_moved "$1" "$domid" "$vif"
}

# Gratuitous ARP: a request for GUEST's address by GUEST itself.
arp_listen() { # WHERE
	domu_run "$1" "setsid tcpdump -Z root -l -n -i eth0 arp >/tmp/arp.log 2>&1 &
		for try in \$(seq 100); do
			grep -q listening /tmp/arp.log && exit
			sleep 0.1
		done; exit 1"
}

gratuitous() { # WHERE GUEST: how many were heard
	local a=${ADDRESS[$2]//./[.]}
	domu_run "$1" "grep -Ec '(who-has|Announcement) $a( .*tell $a)?,' /tmp/arp.log"
}

# The control: other ARP requests for that address are heard and do not count.
arp_listens() { # WHERE GUEST FROM
	local heard
	arp_listen "$1" || return
	arping_answered "$3" "$2" || return
	heard=$(domu_run "$1" "grep -c 'who-has ${ADDRESS[$2]}' /tmp/arp.log")
	FIGURE="$heard requests heard, $(gratuitous "$1" "$2") gratuitous"
	[ "$heard" -gt 0 ] && [ "$(gratuitous "$1" "$2")" = 0 ]
}

gratuitous_heard() { # WHERE GUEST
	local count
	count=$(gratuitous "$1" "$2")
	FIGURE="$count heard"
	domu_run "$1" 'tail -n 20 /tmp/arp.log'
	[ "$count" -gt 0 ]
}

arp_deaf() { # WHERE
	domu_run "$1" 'killall tcpdump'
}

# Migration to the same host, the pings and a TCP connection going on.
# Debian's hypervisor is built without CONFIG_SHADOW_PAGING: it cannot log which
# pages a PV domain dirties, so xl gives up; the guest must not notice.

flow_start() { # FROM TO
	run_in "$2" 'pidof iperf3 >/dev/null || iperf3 -s -D' || return
	domu_run "$1" "setsid iperf3 -c ${ADDRESS[$2]} -b 1M -i 1 -t 3000 \
--forceflush >/tmp/flow.log 2>&1 &"
	until_ok 20 flow_moves "$1"
}

# The last two of its seconds: bytes were sent and have been acknowledged.
flow_moves() { # FROM
	domu_run "$1" 'pidof iperf3 && grep sec /tmp/flow.log | tail -n 2' |
		grep -c ' [1-9][0-9.]* [KM]bits/sec' | grep -x 2
}

flow_stop() { # FROM TO
	domu_run "$1" 'killall iperf3'
	domu_run "$2" 'killall iperf3; true'
}

migration_refused() { # GUEST FROM
	local pings=200 was out status
	flow_start "$2" "$1" && ping_start "$2" "$1" $pings || return
	was="$(resets_in "$1") $(resets_in "$2"), $(vif_name "$1")"
	# An empty command instead of ssh: the last word is run by a shell.
	out=$(timeout 120 xl migrate -s '' "$1" 'xl migrate-receive' \
		2>&1 </dev/null)
	status=$?
	echo "$out"
	list_row "$1" && ping_end "$2" && until_ok 60 flow_moves "$2" || return
	echo "$was; $(resets_in "$1") $(resets_in "$2")"
	flow_stop "$2" "$1"
	store_connected "$1" || return
	FIGURE="no log-dirty mode; $ANSWERED/$pings pings, no reset"
	[ $status -ne 0 ] && [[ "$out" = *'Failed to enable logdirty'* ]] &&
		[ "$ANSWERED" = $pings ] &&
		[ "$was" = "$(resets_in "$1") $(resets_in "$2"), $(vif_name "$1")" ]
}

# Ends.

rebooted() { # GUEST
	local domid=${VIF[$1]%/*} vif
	vif=$(vif_name "$1")
	timeout 30 xl reboot "$1" && came_back "$1" "$domid" "$vif"
}

came_back() { # GUEST FORMER-DOMID FORMER-VIF
	renewed "$1" "$2" && domu_wait "$1" 120 && vif_moved "$@" &&
		addresses_set "$1"
}

# Under a load both ways: its rings are mapped, and copies are under way.
panics() { # GUEST FROM
	load_start "$2" "$1" || return
	domu_run "$1" 'echo c >/proc/sysrq-trigger' &
	PANIC=$!
}

load_forgotten() { # FROM
	kill "$PANIC"
	domu_run "$1" 'killall iperf3; true'
}

crashed_and_restarted() { # GUEST FROM
	local domid=${VIF[$1]%/*} vif status
	vif=$(vif_name "$1")
	panics "$1" "$2" && came_back "$1" "$domid" "$vif"
	status=$?
	load_forgotten "$2"
	return $status
}

crashed_and_gone() { # GUEST FROM
	local domid=${VIF[$1]%/*} vif status
	vif=$(vif_name "$1")
	panics "$1" "$2" && until_ok 60 gone "$domid" "$vif"
	status=$?
	load_forgotten "$2"
	FIGURE=$vif
	return $status
}

# The guest's kernel runs /sbin/poweroff, which these domUs come without.
shut_down() { # GUEST
	local domid=${VIF[$1]%/*} vif
	vif=$(vif_name "$1")
	domu_run "$1" "echo '#!/bin/sh' >/sbin/poweroff &&
		echo 'exec busybox poweroff -f' >>/sbin/poweroff &&
		chmod +x /sbin/poweroff" || return
	! gone "$domid" "$vif" && timeout 60 xl shutdown -w "$1" &&
		until_ok 20 gone "$domid" "$vif" && FIGURE=$vif
}

destroyed() { # GUEST
	local domid=${VIF[$1]%/*} vif
	vif=$(vif_name "$1")
	timeout 60 xl destroy "$1" && until_ok 20 gone "$domid" "$vif"
}

# Several vifs in one guest: FIRST is there, the others' addresses are
# 10.0.N.11 in it and 10.0.N.1 in dom0.

further_mac() { # N
	printf '00:16:3e:00:01:%02x' "$1"
}

further_vif() { # GUEST N
	timeout 60 xl network-attach "$1" "mac=$(further_mac "$2")" \
		bridge=xenbr0 && ip addr add "10.0.$2.1/24" dev xenbr0 &&
		domu_run "$1" "
			for try in \$(seq 100); do
				device=\$(grep -l $(further_mac "$2") \
					/sys/class/net/*/address) && break
				sleep 0.1
			done
			device=\$(basename \$(dirname \$device))
			ip link set \$device up
			ip addr add 10.0.$2.11/24 dev \$device
			echo \$device" && further_answers "$1" "$2"
}

further_answers() { # GUEST N
	until_ok 15 run_in dom0 "ping -c 1 -W 1 10.0.$2.11" || return
	FIGURE=$(run_in dom0 "ping -q -n -c $PINGS -i 0.05 -W 5 10.0.$2.11" |
		sed -n 's/.*, \([0-9]* received\).*/\1/p')
	[ "$FIGURE" = "$PINGS received" ]
}

rows_connected() { # GUEST COUNT: of xl network-list
	FIGURE="$(xl network-list "$1" | awk '
		NR > 1 && $5 == 4 { n++ }
		END { print NR - 1 " rows, " n + 0 " connected" }')"
	xl network-list "$1"
	[ "$FIGURE" = "$2 rows, $2 connected" ]
}

further_gone() { # GUEST N
	local index
	index=$(xl network-list "$1" |
		awk -v mac="$(further_mac "$2")" '$3 == mac { print $1 }')
	timeout 60 xl network-detach "$1" "$index" &&
		ip addr del "10.0.$2.1/24" dev xenbr0 &&
		! xl network-list "$1" | grep "$(further_mac "$2")" &&
		! ip link show "vif${VIF[$1]%/*}.$index"
}
