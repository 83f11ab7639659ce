# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2317,SC2034
# (steps are called by name, and FIGURE is read by step)
#
# Steps: who else sees the frames between guests (docs/controlpath.md), with
# the tools that Debian's kernel has and a development machine's may lack.
# tests/lab/plane/test_reasons.py has the others. Sourced in dom0 by
# features-dom0.sh, after features-steps.sh.

is_fast() { # GUEST
	[ "$(shown "$1" path)" = fast ]
}

is_slow() { # GUEST REASON
	[ "$(shown "$1" path)" = kernel ] &&
		[ "$(shown "$1" "why not fast")" = "$2" ]
}

unanswered() { # FROM TO
	run_in "$1" "ping -n -c 3 -i 0.05 -W 1 ${ADDRESS[$2]}" |
		grep ' 0 received'
}

# onlooker FROM TO REASON passes|drops COMMAND UNDO: fast, then not, for this
# reason, then fast again; "drops" also: what it says has its effect.
onlooker() {
	local from=$1 to=$2 reason=$3 status=0
	until_ok 15 is_fast "$from" && ping_lossless "$from" "$to" || return
	bash -c "$5" || return
	if ! until_ok 15 is_slow "$from" "$reason"; then
		./xenplane vif show "$(vif_name "$from")"
		status=1
	elif [ "$4" = drops ]; then
		unanswered "$from" "$to" || status=1
	else
		ping_lossless "$from" "$to" || status=1
	fi
	bash -c "$6" || return
	until_ok 15 is_fast "$from" && ping_lossless "$from" "$to" || return
	FIGURE=$reason
	return $status
}

old_ebtables() { # FROM TO
	onlooker "$1" "$2" ebtables drops \
		"modprobe ebtable_filter &&
		ebtables-legacy -A FORWARD -p IPv4 -j DROP" \
		"ebtables-legacy -F"
}

old_iptables() { # FROM TO
	onlooker "$1" "$2" br_netfilter drops \
		"modprobe -a br_netfilter iptable_filter &&
		sysctl -w net.bridge.bridge-nf-call-iptables=1 &&
		iptables-legacy -P FORWARD DROP" \
		"iptables-legacy -P FORWARD ACCEPT &&
		sysctl -w net.bridge.bridge-nf-call-iptables=0"
}

flow_table() { # FROM TO
	onlooker "$1" "$2" "nftables on the vif" passes \
		"nft 'add table inet t; add flowtable inet t f { hook ingress \
priority 0; devices = { \"$(vif_name "$1")\" }; }'" \
		"nft flush ruleset"
}

vlan_device() { # FROM TO
	onlooker "$1" "$2" "device on top of the vif" passes \
		"ip link add link $(vif_name "$1") name over type vlan id 5" \
		"ip link del over"
}
