/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_RING_HYPERVISOR_H
#define TEST_RING_HYPERVISOR_H
/*
 * The test double of xengnttab_grant_copy(): domains with a grant table in
 * memory, the hypervisor's checks and status codes, and counters. A call that
 * no backend may make (zero-length or mixed segments) is remembered as a
 * breach.
 */
#include <stdbool.h>
#include <stdint.h>
#include <xengnttab.h>

#define HV_DOMAINS 80u
#define HV_GRANTS 1024u

struct hv_grant {
	uint8_t *page; /* NULL: not granted */
	bool readonly;
};

struct hypervisor {
	struct hv_grant grant[HV_DOMAINS][HV_GRANTS];
	uint32_t calls;
	uint32_t segments;
	uint32_t breaches;
	uint32_t fail_call; /* the n-th call from now fails whole; 0: none */
	/* Segments numbered from here on (over all calls, from 1) fail once. */
	uint32_t fail_segment;
	/* Runs before a call: what a hostile guest does meanwhile. */
	void (*before)(void *arg);
	void *arg;
};

extern struct hypervisor hv;

void hv_reset(void);
void hv_grant(uint16_t domid, uint32_t ref, void *page, bool readonly);
void hv_revoke(uint16_t domid, uint32_t ref);

#endif
