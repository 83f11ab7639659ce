/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_RING_HYPERVISOR_H
#define TEST_RING_HYPERVISOR_H
/*
 * The test double of xengnttab_grant_copy() and of mapping grants: domains
 * with a grant table in memory, the hypervisor's checks and status codes, and
 * counters. A call that no backend may make (zero-length or mixed segments, a
 * copy of what is mapped, an unmapping of what was not mapped so) is
 * remembered as a breach.
 */
#include <stdbool.h>
#include <stdint.h>
#include <xengnttab.h>

#define HV_DOMAINS 104u
#define HV_GRANTS 1024u

struct hv_grant {
	uint8_t *page; /* NULL: not granted */
	bool readonly;
	uint32_t mapped;    /* how often */
	uint32_t opened[2]; /* as source, as destination: in which call */
};

struct hypervisor {
	struct hv_grant grant[HV_DOMAINS][HV_GRANTS];
	uint32_t calls;
	uint32_t segments;
	uint32_t breaches;
	/* Ends whose grant was used in the same call before, with another one
	 * between: Xen keeps only the last one open on either side. */
	uint32_t reopened;
	uint32_t call_number; /* never set back by a test */
	uint32_t fail_call;   /* the n-th call from now fails whole; 0: none */
	/* Segments numbered from here on (over all calls, from 1) fail once. */
	uint32_t fail_segment;
	int16_t fail_status; /* with this; 0: GNTST_general_error */
	uint32_t maps;	     /* calls */
	uint32_t mapped;     /* pages, now */
	uint32_t fail_map;   /* the n-th mapping from now fails; 0: none */
	/* Several threads call: what is open is not noted then. */
	bool threads;
	/* Runs before a call: what a hostile guest does meanwhile. */
	void (*before)(void *arg);
	void *arg;
};

extern struct hypervisor hv;

void hv_reset(void);
/* A page that is mapped with others lies in memory from mmap(MAP_SHARED), and
 * begins there at a page. */
void hv_grant(uint16_t domid, uint32_t ref, void *page, bool readonly);
void hv_revoke(uint16_t domid, uint32_t ref);

#endif
