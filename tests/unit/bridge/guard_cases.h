/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_BRIDGE_GUARD_CASES_H
#define TEST_BRIDGE_GUARD_CASES_H
/*
 * Tables of cases for test_guard.c: a packet that passes, what is changed, and
 * what becomes of it then. The guest has the MAC of packet.h and 10.0.0.5,
 * 192.0.2.0/24, 2001:db8::5 and 2001:db8:1::/64; those of `bare`, nothing.
 */
#include <stddef.h>

#include "bridge/batch.h"
#include "tests/unit/bridge/packet.h"

struct change {
	uint32_t at;
	uint8_t count;
	uint8_t byte[16];
};

struct guard_case {
	const char *name;
	enum packet_kind kind;
	enum xsw_drop drop;
	struct change change[2];
};

struct guard_cases {
	const struct guard_case *cases;
	size_t count;
};

struct guard_cases guard_cases_arp(void);
struct guard_cases guard_cases_ipv4(void);
struct guard_cases guard_cases_ipv6(void);
struct guard_cases guard_cases_nd(void);
struct guard_cases guard_cases_bare(void);

#endif
