/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netback/xensim/guest.h"

#include "netback/xensim/domain.h"
#include "netback/xensim/proc.h"

/* Our own domain lives while we are connected, and so does its view. */
static const struct xsim_view *own(void)
{
	const struct xsim_proc *proc = xsim_proc();
	const struct xsim_view *view;

	if (!proc)
		return NULL;
	xsim_domain_lock_shared();
	view = xsim_domain_view(proc->lab, proc->domid);
	xsim_domain_unlock_shared();
	return view;
}

static volatile struct grant_entry_v1 *grant_entry(uint32_t ref)
{
	const struct xsim_view *view = own();

	if (!view || ref >= XSIM_GRANTS)
		return NULL;
	return (volatile struct grant_entry_v1 *)(uintptr_t)&view->table[ref];
}

static void *page(uint32_t frame)
{
	const struct xsim_view *view = own();

	if (!view || frame >= view->frames)
		return NULL;
	return view->memory + (size_t)frame * XSIM_PAGE_BYTES;
}

static uint32_t frames(void)
{
	const struct xsim_view *view = own();

	return view ? view->frames : 0;
}

extern const struct xsim_guest_calls xsim_guest_calls;

XSIM_EXPORT const struct xsim_guest_calls xsim_guest_calls = {
	.grant_entry = grant_entry,
	.page = page,
	.frames = frames,
};
