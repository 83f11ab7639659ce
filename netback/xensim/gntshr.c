/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The granting half of libxengnttab, as Linux's gntalloc answers it: how a
 * simulated guest (and domain 0) grants pages. The broker picks frames and
 * references; the entries are written here as a guest's kernel would: domid
 * and frame first, the flags last and with release.
 *
 * A page that is still mapped by its grantee when it is unshared keeps its
 * grant and its frame until it is unmapped.
 *
 * Thread: any.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <xengnttab.h>

#include "netback/xensim/domain.h"
#include "netback/xensim/proc.h"
#include "netback/xensim/tables.h"

XSIM_EXPORT xengntshr_handle *xengntshr_open(struct xentoollog_logger *logger,
					     unsigned open_flags)
{
	return xengnttab_open(logger, open_flags);
}

XSIM_EXPORT int xengntshr_close(xengntshr_handle *xgs)
{
	return xengnttab_close(xgs);
}

XSIM_EXPORT int xengntshr_fd(xengntshr_handle *xgs)
{
	return xengnttab_fd(xgs);
}

/* Own memory: never stale while we are connected. */
static const struct xsim_view *own_view(const struct xsim_proc *proc)
{
	return xsim_domain_view(proc->lab, proc->domid);
}

static int map_frames(const struct xsim_view *view,
		      const struct xsim_page *pages, uint32_t count,
		      uint8_t *area)
{
	uint32_t run;

	for (uint32_t i = 0; i < count; i += run) {
		size_t frame = pages[i].frame;
		void *mapped;

		run = 1;
		while (i + run < count && pages[i + run].frame == frame + run)
			run++;
		mapped = mmap(area + (size_t)i * XSIM_PAGE_BYTES,
			      (size_t)run * XSIM_PAGE_BYTES,
			      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			      view->fd, xsim_frame_offset(frame));
		if (mapped == MAP_FAILED)
			return -errno;
	}
	return 0;
}

static void write_entries(const struct xsim_view *view,
			  const struct xsim_page *pages, uint32_t count,
			  uint16_t domid, uint16_t flags)
{
	for (uint32_t i = 0; i < count; i++) {
		_Atomic uint64_t *entry = &view->table[pages[i].number];

		atomic_store_explicit(entry,
				      xsim_entry_make(0, domid, pages[i].frame),
				      memory_order_relaxed);
		atomic_store_explicit(
			entry, xsim_entry_make(flags, domid, pages[i].frame),
			memory_order_release);
	}
}

static void unshare_id(uint32_t id)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_UNSHARE, id);

	(void)xsim_call(&call); /* fails only when the broker is gone */
}

static int lay_out(const struct xsim_proc *proc, const struct xsim_call *call,
		   uint32_t domid, uint16_t flags, uint8_t *area)
{
	const struct xsim_view *view;
	int rc = -ESRCH;

	xsim_domain_lock_shared();
	view = own_view(proc);
	if (view)
		rc = map_frames(view, call->pages, call->reply.count, area);
	if (!rc) {
		memset(area, 0, (size_t)call->reply.count * XSIM_PAGE_BYTES);
		write_entries(view, call->pages, call->reply.count,
			      (uint16_t)domid, flags);
	}
	xsim_domain_unlock_shared();
	return rc;
}

/* `call` holds count and notification. */
static int share(struct xsim_call *call, uint32_t domid, bool writable,
		 uint32_t *refs, void **ret_area)
{
	const struct xsim_proc *proc = xsim_proc();
	size_t bytes = (size_t)call->req.id * XSIM_PAGE_BYTES;
	struct xsim_page pages[XSIM_BATCH_MAX];
	uint16_t flags = GTF_permit_access;
	uint8_t *area;
	int rc;

	if (!proc)
		return -errno;
	if (!writable)
		flags |= GTF_readonly;
	call->pages = pages;
	call->pages_max = XSIM_BATCH_MAX;
	rc = xsim_call(call);
	if (rc)
		return rc;
	area = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	rc = area == MAP_FAILED ? -errno : 0;
	if (rc)
		goto err_release;
	rc = lay_out(proc, call, domid, flags, area);
	if (!rc)
		rc = xsim_tables_add(XSIM_RANGE_SHARE, area, call->req.id,
				     call->reply.id);
	if (rc)
		goto err_unmap;
	for (uint32_t i = 0; i < call->reply.count; i++)
		refs[i] = pages[i].number;
	*ret_area = area;
	return 0;

err_unmap:
	munmap(area, bytes);
err_release:
	unshare_id(call->reply.id);
	return rc;
}

static void *share_call(uint32_t domid, int count, uint32_t *refs, int writable,
			uint32_t notify_offset, evtchn_port_t notify_port)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_SHARE, 0);
	void *area = NULL;
	int rc = -EINVAL;

	if (count > 0 && (uint32_t)count <= XSIM_BATCH_MAX) {
		call.req.id = (uint32_t)count;
		call.req.offset = notify_offset;
		call.req.port = notify_port;
		rc = share(&call, domid, writable != 0, refs, &area);
	}
	if (rc)
		errno = -rc;
	return area;
}

XSIM_EXPORT void *xengntshr_share_pages(xengntshr_handle *xgs, uint32_t domid,
					int count, uint32_t *refs, int writable)
{
	(void)xgs;
	return share_call(domid, count, refs, writable, XSIM_NONE, XSIM_NONE);
}

XSIM_EXPORT void *xengntshr_share_page_notify(xengntshr_handle *xgs,
					      uint32_t domid, uint32_t *ref,
					      int writable,
					      uint32_t notify_offset,
					      evtchn_port_t notify_port)
{
	(void)xgs;
	return share_call(domid, 1, ref, writable, notify_offset, notify_port);
}

XSIM_EXPORT int xengntshr_unshare(xengntshr_handle *xgs, void *start_address,
				  uint32_t count)
{
	uint32_t id;

	(void)xgs;
	if (xsim_tables_take(XSIM_RANGE_SHARE, start_address, count, &id)) {
		errno = EINVAL;
		return -1;
	}
	munmap(start_address, (size_t)count * XSIM_PAGE_BYTES);
	unshare_id(id);
	return 0;
}
