/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_GUEST_H
#define XSIM_GUEST_H
/*
 * TESTS AND SIMULATED GUESTS ONLY. What a guest's kernel can do and Xen's
 * public user-space API cannot: write to its own grant table and memory.
 *
 * A program finds this at run time, so it links without xensim and learns
 * from NULL that it is not running on it:
 *
 *	const struct xsim_guest_calls *guest = xsim_guest();
 *	if (guest)
 *		guest->grant_entry(ref)->flags = 0;  // revoke
 *
 * The table is shared with the hypervisor's checks: write an entry's flags
 * last. A frame that was not shared through xengntshr_share_pages() is not
 * reserved for the caller; frames of shared pages stand in their entries.
 * Thread: any. Pointers stay valid until the process ends.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/grant_table.h>

struct xsim_guest_calls {
	/* NULL when ref is beyond the table (32768 entries). */
	volatile struct grant_entry_v1 *(*grant_entry)(uint32_t ref);
	/* NULL when the domain does not have that frame. */
	void *(*page)(uint32_t frame);
	uint32_t (*frames)(void); /* 0 when there is no lab */
};

static inline const struct xsim_guest_calls *xsim_guest(void)
{
	return (const struct xsim_guest_calls *)dlsym(RTLD_DEFAULT,
						      "xsim_guest_calls");
}

#endif
