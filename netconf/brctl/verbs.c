/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of verbs; the usage prints it in this order. */
#include "netconf/brctl/verbs.h"

#include <string.h>

const struct xn_brctl_verb xn_brctl_verbs[] = {
	{"addbr", 1, xn_brctl_addbr, "<bridge>\t\tadd bridge"},
	{"delbr", 1, xn_brctl_delbr, "<bridge>\t\tdelete bridge"},
	{"addif", 2, xn_brctl_addif,
	 "<bridge> <device>\tadd interface to bridge"},
	{"delif", 2, xn_brctl_delif,
	 "<bridge> <device>\tdelete interface from bridge"},
	{"hairpin", 3, xn_brctl_hairpin,
	 "<bridge> <port> {on|off}\tturn hairpin on/off"},
	{"setageing", 2, xn_brctl_setageing,
	 "<bridge> <time>\t\tset ageing time"},
	{"setbridgeprio", 2, xn_brctl_setbridgeprio,
	 "<bridge> <prio>\t\tset bridge priority"},
	{"setfd", 2, xn_brctl_setfd,
	 "<bridge> <time>\t\tset bridge forward delay"},
	{"sethello", 2, xn_brctl_sethello, "<bridge> <time>\t\tset hello time"},
	{"setmaxage", 2, xn_brctl_setmaxage,
	 "<bridge> <time>\t\tset max message age"},
	{"setpathcost", 3, xn_brctl_setpathcost,
	 "<bridge> <port> <cost>\tset path cost"},
	{"setportprio", 3, xn_brctl_setportprio,
	 "<bridge> <port> <prio>\tset port priority"},
	{"show", 0, xn_brctl_show, "[ <bridge> ]\t\tshow a list of bridges"},
	{"showmacs", 1, xn_brctl_showmacs,
	 "<bridge>\t\tshow a list of mac addrs"},
	{"showstp", 1, xn_brctl_showstp, "<bridge>\t\tshow bridge stp info"},
	{"stp", 2, xn_brctl_stp, "<bridge> {on|off}\tturn stp on/off"},
};

const size_t xn_brctl_verb_count =
	sizeof(xn_brctl_verbs) / sizeof(xn_brctl_verbs[0]);

const struct xn_brctl_verb *xn_brctl_find_verb(const char *name)
{
	for (size_t i = 0; i < xn_brctl_verb_count; i++) {
		if (strcmp(name, xn_brctl_verbs[i].name) == 0)
			return &xn_brctl_verbs[i];
	}
	return NULL;
}
