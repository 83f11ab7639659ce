# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034
# (steps are called by name, and FIGURE is read by step)
#
# Steps: what a host holds for its vifs returns when they have come and gone
# many times; xenplaned is upgraded, killed, and loses its store. Sourced in
# dom0 by domains-dom0.sh, after life-steps.sh and domain-steps.sh.
KIB_MAX=512 # that a process may keep more of after many cycles: its heap's
	    # rest, and the log's buffers
SERVICE_PID= # of the service manager's stand-in

# What is held.

# GRANTS that the hypervisor has mapped of DOMID's: the low 16 bits of a pin
# count writable and read-only mappings, and the console's and the store's
# page have one each without a mapping in dom0's maptrack.
grants_mapped() { # DOMID
	xl dmesg -c >/dev/null
	xl debug-keys g
	xl dmesg | awk -v head="remote d$1 " '
		/grant-table for remote/ { here = index($0, head) }
		/gnttab_usage_print_all \] done/ { done = 1 }
		here && /^\(XEN\) \[0x/ { n++ }
		END { print n + 0; exit !done }'
}

channels() { # of dom0
	lsevtchn 0 | wc -l
}

resident_kib() { # "CONTROL DATA"
	local pid
	for pid in "$(pidof xenplaned)" "$(pidof xenplane-netback)"; do
		sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"
	done | xargs
}

held() { # GUEST: "DESCRIPTORS CHANNELS GRANTS", without memory
	echo "$(descriptors) descriptors, $(channels) channels, \
$(grants_mapped "${VIF[$1]%/*}") grants"
}

# What one vif costs, of two such lists; a control that they count at all.
vif_costs() { # GUEST WITHOUT
	local with
	with=$(held "$1")
	FIGURE="$with; without: $2"
	[ "$with" != "$2" ] &&
		[ "$(grants_mapped "${VIF[$1]%/*}")" -gt "$BARE_GRANTS" ]
}

held_again() { # GUEST WANTED KIB
	local now grown
	until_ok 20 held_is "$1" "$2"
	now=$(resident_kib)
	grown=$(echo "$3 $now" | awk '{ print $3 - $1, $4 - $2 }')
	FIGURE="$(held "$1"); $grown KiB more"
	echo "$FIGURE; before: $2, $3 KiB"
	held_is "$1" "$2" && [ "${grown% *}" -le $KIB_MAX ] &&
		[ "${grown#* }" -le $KIB_MAX ]
}

held_is() { # GUEST WANTED
	[ "$(held "$1")" = "$2" ]
}

# The domU takes its vif away and back, TIMES: rings, channels and grants go
# and come each time.
reconnected() { # GUEST TIMES
	local generation made=0 part
	generation=$(shown "$1" generation)
	while [ $made -lt "$2" ]; do
		part=$(($2 - made < 20 ? $2 - made : 20))
		domu_run "$1" "cd /sys/bus/xen/drivers/vif || exit
			for i in \$(seq $part); do
				echo vif-${VIF[$1]#*/} >unbind || exit
				echo vif-${VIF[$1]#*/} >bind || exit
				ip link set eth0 up
				for try in \$(seq 200); do
					[ \"\$(xenstore-read \
						device/vif/${VIF[$1]#*/}/state)\" = 4 ] &&
						continue 2
					sleep 0.05
				done
				exit 1
			done" || return
		made=$((made + part))
	done
	until_ok 15 store_connected "$1" && addresses_set "$1" || return
	FIGURE="$made times, generation $generation to $(shown "$1" generation)"
	[ "$(shown "$1" generation)" -ge $((generation + $2)) ]
}

cycled() { # GUEST TIMES: stock xl network-attach and -detach
	local i start
	start=$(uptime_ms)
	for i in $(seq "$2"); do
		joined "$1" && detach "$1" && until_ok 15 nothing_left "$1" ||
			return
	done
	FIGURE="$2 times, $(elapsed_s "$start")"
}

created_and_destroyed() { # GUEST TIMES: destroyed before its init is up, too
	local i vifs
	vifs=$(./xenplane vif list)
	for i in $(seq "$2"); do
		DOMU_VCPUS=2 domu_start "$1" "mac=${MAC[$1]},bridge=xenbr0" &&
			timeout 60 xl destroy "$1" &&
			until_ok 20 domain_gone "$1" "$(wc -l <<<"$vifs")" ||
			return
	done
	FIGURE="$2 times"
}

domain_gone() { # GUEST LINES: no such domain, none that is dying, no vif of it
	! xl domid "$1" 2>/dev/null && ! xl list | grep -F '(null)' &&
		[ "$(./xenplane vif list | wc -l)" = "$2" ]
}

# xenplaned itself.

pid_kept() { # PID
	[ "$(pidof xenplaned)" = "$1" ]
}

# CHANGE... while pings and TCP both ways run: no state is written, no ping is
# lost or doubled, no connection reset, no link has gone.
unnoticed() { # FROM TO PINGS CHANGE...
	local from=$1 to=$2 pings=$3 was status carriers gaps
	shift 3
	load_start "$from" "$to" && watch_start "$to" || return
	was="$(resets_in "$from") $(resets_in "$to")"
	carriers="$(carrier_changes "$from") $(carrier_changes "$to")"
	ping_start "$from" "$to" "$pings" && "$@" && ping_runs "$from" &&
		until_ok 30 load_moves "$to" && ping_end "$from"
	status=$?
	watch_end
	echo "$was, $carriers; $(resets_in "$from") $(resets_in "$to"), \
$(carrier_changes "$from") $(carrier_changes "$to")"
	gaps=$(ping_longest "$from")
	[ "$was" = "$(resets_in "$from") $(resets_in "$to")" ] &&
		[ "$carriers" = "$(carrier_changes "$from") $(carrier_changes "$to")" ] ||
		status=1
	load_stop "$from" "$to"
	FIGURE="$ANSWERED/$pings pings, no reset, no flap, $STATE_WRITES states; \
at most $gaps ms"
	[ $status -eq 0 ] && [ "$ANSWERED" = "$pings" ] && [ "$STATE_WRITES" = 0 ]
}

carrier_changes() { # GUEST
	domu_run "$1" 'cat /sys/class/net/eth0/carrier_changes'
}

ping_longest() { # FROM
	domu_run "$1" "sed -n 's/^rtt.*= //p' /tmp/ping.log" | cut -d/ -f3
}

upgraded_times() { # TIMES
	local i control data
	for i in $(seq "$1"); do
		control=$(pidof xenplaned)
		data=$(pidof xenplane-netback)
		./xenplane upgrade && pid_kept "$control" &&
			until_ok 20 another_serves "$data" || return
	done
}

# The stand-in for a service manager keeps xenplaned's descriptors.
service_start() {
	local ready=/tmp/service-ready
	mkfifo $ready
	python3.11 ./manager.py "$PWD/xenplaned" --ready-fd 3 3>$ready \
		>>"$XH_OUT/backend.log" 2>&1 &
	SERVICE_PID=$!
	read -r -t 20 <$ready && rm $ready && BACKEND_PID=$(pidof xenplaned)
}

service_stop() {
	kill -TERM "$SERVICE_PID" && until_ok 20 processes_gone &&
		wait "$SERVICE_PID"
}

control_killed_times() { # TIMES: the data process dies with it
	local i control data
	for i in $(seq "$1"); do
		control=$(pidof xenplaned)
		data=$(pidof xenplane-netback)
		kill -KILL "$control"
		until_ok 20 another_serves "$data" &&
			! pid_kept "$control" || return
	done
	BACKEND_PID=$(pidof xenplaned)
}

# The store.

# The daemon's own way to be replaced: it hands all its connections on, and
# its new program is told so by an option.
store_updated() {
	local pid
	pid=$(pidof xenstored)
	xenstore-control live-update -t 30 "$(readlink -f "/proc/$pid/exe")" &&
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -e ' -U ' -e --live-update
}

frames_move() { # GUEST
	local before after
	before=$(fast_frames "$1")
	sleep 0.5
	after=$(fast_frames "$1")
	echo "$before, $after"
	[ "$after" -gt "$before" ]
}

# Nobody answers any more; the guests cannot be asked either, so the switch's
# counters and dom0's own pings say that traffic goes on.
store_dies() { # FROM TO
	local data
	data=$(pidof xenplane-netback)
	load_start "$1" "$2" || return
	kill -KILL "$(pidof xenstored)"
	until_ok 10 no_store && until_ok 20 frames_move "$1" || return
	ping_lossless dom0 "$2" || return
	kill -KILL "$data"
	until_ok 20 data_anew "$data" && until_ok 30 frames_move "$1" &&
		ping_lossless dom0 "$2" &&
		[ "$(pidof xenplaned)" = "$BACKEND_PID" ] &&
		[ "$(pidof xenplane-netback)" != "$data" ] &&
		FIGURE="traffic goes on, also after the data process's death"
}

# Without a store, which status has for a failure.
data_anew() { # PID
	local pid
	pid=$(pidof xenplane-netback) && [ "$pid" != "$1" ] &&
		./xenplane status --json | grep -q '"ready": true'
}

no_store() {
	! pidof xenstored && ! timeout 2 xenstore-read / 2>/dev/null
}
