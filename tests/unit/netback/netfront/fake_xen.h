/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FAKE_XEN_H
#define TEST_FAKE_XEN_H
/*
 * Doubles of the grant-sharing and event-channel calls that a frontend makes,
 * with books: what was shared or opened must be given back exactly once.
 */
#include <stdbool.h>
#include <stdint.h>

struct fake_share {
	void *memory;
	uint32_t pages;
	uint32_t domid;
	uint32_t first_ref;
	bool writable;
	bool live;
};

#define FAKE_SHARES_MAX 128

struct fake_xen {
	struct fake_share share[FAKE_SHARES_MAX];
	uint32_t shares;
	uint32_t refs;
	uint32_t ports;
	uint32_t evtchns_open;
	uint32_t gntshrs_open;
	uint32_t notified[64]; /* by port */
	/* Calls until the one that fails; 0: none does. Counts shares,
	 * opened handles and bound ports. */
	uint32_t fail_at;
	uint32_t calls;
};

extern struct fake_xen fake_xen;

void fake_xen_reset(void);
/* Pages that are shared now. */
uint32_t fake_xen_pages(void);

#endif
