// SPDX-License-Identifier: GPL-2.0-or-later
/* See fake_xen.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "tests/unit/netback/netfront/fake_xen.h"

struct fake_xen fake_xen;

void fake_xen_reset(void)
{
	memset(&fake_xen, 0, sizeof(fake_xen));
}

uint32_t fake_xen_pages(void)
{
	uint32_t pages = 0;

	for (uint32_t i = 0; i < fake_xen.shares; i++)
		if (fake_xen.share[i].live)
			pages += fake_xen.share[i].pages;
	return pages;
}

static bool fails(void)
{
	fake_xen.calls++;
	if (fake_xen.calls != fake_xen.fail_at)
		return false;
	errno = ENOSPC;
	return true;
}

xengntshr_handle *xengntshr_open(struct xentoollog_logger *logger,
				 unsigned open_flags)
{
	(void)logger;
	(void)open_flags;
	if (fails())
		return NULL;
	fake_xen.gntshrs_open++;
	return (xengntshr_handle *)&fake_xen;
}

int xengntshr_close(xengntshr_handle *xgs)
{
	(void)xgs;
	fake_xen.gntshrs_open--;
	return 0;
}

void *xengntshr_share_pages(xengntshr_handle *xgs, uint32_t domid, int count,
			    uint32_t *refs, int writable)
{
	struct fake_share *share = &fake_xen.share[fake_xen.shares];

	(void)xgs;
	if (fails())
		return NULL;
	if (fake_xen.shares == FAKE_SHARES_MAX)
		abort();
	*share = (struct fake_share){
		/* Shared, so that a backend's double can map it once more. */
		.memory =
			mmap(NULL, (size_t)count * 4096, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0),
		.pages = (uint32_t)count,
		.domid = domid,
		.first_ref = fake_xen.refs + 8,
		.writable = writable,
		.live = true,
	};
	fake_xen.shares++;
	for (int i = 0; i < count; i++)
		refs[i] = 8 + fake_xen.refs++;
	return share->memory;
}

int xengntshr_unshare(xengntshr_handle *xgs, void *start_address,
		      uint32_t count)
{
	(void)xgs;
	for (uint32_t i = 0; i < fake_xen.shares; i++) {
		struct fake_share *share = &fake_xen.share[i];

		if (share->live && share->memory == start_address) {
			if (share->pages != count)
				abort();
			munmap(share->memory, (size_t)count * 4096);
			share->live = false;
			return 0;
		}
	}
	abort();
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
				 unsigned int flags)
{
	(void)logger;
	(void)flags;
	if (fails())
		return NULL;
	fake_xen.evtchns_open++;
	return (xenevtchn_handle *)&fake_xen;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	(void)xce;
	fake_xen.evtchns_open--;
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	(void)xce;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	fake_xen.notified[port]++;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce,
						      uint32_t domid)
{
	(void)xce;
	(void)domid;
	return fails() ? -1 : (int)++fake_xen.ports;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	(void)xce;
	return 1;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}
