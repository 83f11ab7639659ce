/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mapping half of libxengnttab, as Linux's gntdev answers it.
 *
 * The broker checks and pins the entries (GTF_reading, GTF_writing); this
 * process then lays the pages of the granting domains' memory side by side.
 * The broker releases what a dead process had mapped. Pages of a domain that
 * died stay readable here until unmapped.
 *
 * As on Linux, xengnttab_set_max_grants() succeeds and limits nothing (the
 * kernel has no such ioctl), and closing a handle leaves its mappings alone
 * until they are unmapped or the process ends.
 *
 * Thread: any.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xengnttab.h>

#include "netback/xensim/domain.h"
#include "netback/xensim/fault.h"
#include "netback/xensim/handle.h"
#include "netback/xensim/proc.h"
#include "netback/xensim/tables.h"

XSIM_EXPORT xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger,
					     unsigned open_flags)
{
	struct xengntdev_handle *handle;

	(void)logger;
	(void)open_flags;
	if (!xsim_proc())
		return NULL;
	handle = malloc(sizeof(*handle));
	if (!handle)
		return NULL;
	handle->fd = eventfd(0, EFD_CLOEXEC);
	if (handle->fd >= 0)
		return handle;
	free(handle);
	return NULL;
}

XSIM_EXPORT int xengnttab_close(xengnttab_handle *xgt)
{
	if (!xgt)
		return 0;
	close(xgt->fd);
	free(xgt);
	return 0;
}

XSIM_EXPORT int xengnttab_fd(xengnttab_handle *xgt)
{
	return xgt->fd;
}

XSIM_EXPORT int xengnttab_set_max_grants(xengnttab_handle *xgt,
					 uint32_t nr_grants)
{
	(void)xgt;
	(void)nr_grants;
	return 0;
}

static int map_page(const struct xsim_proc *proc, uint8_t *where,
		    const struct xsim_ref *ref, const struct xsim_page *page,
		    int prot)
{
	const struct xsim_view *view;
	void *mapped = MAP_FAILED;
	int rc = -EAGAIN;

	xsim_domain_lock_shared();
	view = xsim_domain_view(proc->lab, ref->domid);
	if (view && view->generation == page->number) {
		mapped = mmap(where, XSIM_PAGE_BYTES, prot,
			      MAP_SHARED | MAP_FIXED, view->fd,
			      xsim_frame_offset(page->frame));
		rc = mapped == MAP_FAILED ? -errno : 0;
	}
	xsim_domain_unlock_shared();
	return rc;
}

/* Lays the pages out over [area, area + count). */
static int map_pages(const struct xsim_proc *proc, uint8_t *area,
		     const struct xsim_call *call, int prot)
{
	for (uint32_t i = 0; i < call->reply.count; i++) {
		uint8_t *where = area + (size_t)i * XSIM_PAGE_BYTES;
		int rc = map_page(proc, where, &call->refs[i], &call->pages[i],
				  prot);

		if (rc == -EAGAIN) {
			if (xsim_domain_refresh(call->refs[i].domid))
				return -EINVAL; /* it died meanwhile */
			rc = map_page(proc, where, &call->refs[i],
				      &call->pages[i], prot);
		}
		if (rc)
			return rc == -EAGAIN ? -EINVAL : rc;
	}
	return 0;
}

static void unmap_id(uint32_t id)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_UNMAP, id);

	(void)xsim_call(&call); /* fails only when the broker is gone */
}

static int injected_failure(struct xsim_lab *lab, const struct xsim_call *call)
{
	int32_t value;

	if (!xsim_fault_any(lab))
		return 0;
	xsim_fault_delay(lab);
	for (uint32_t i = 0; i < call->req.count; i++) {
		if (xsim_fault_hits(lab, XSIM_FAULT_MAP_FAIL,
				    call->refs[i].domid, &value))
			return value;
	}
	return 0;
}

/* `call` holds the refs and the notification. */
static int map_refs(struct xsim_call *call, int prot, void **ret_area)
{
	const struct xsim_proc *proc = xsim_proc();
	size_t bytes = (size_t)call->req.count * XSIM_PAGE_BYTES;
	struct xsim_page pages[XSIM_BATCH_MAX];
	uint8_t *area;
	int rc;

	if (!proc)
		return -errno;
	rc = injected_failure(proc->lab, call);
	if (rc)
		return rc;
	call->pages = pages;
	call->pages_max = XSIM_BATCH_MAX;
	call->req.flags = prot & PROT_WRITE ? XSIM_MAP_WRITABLE : 0;
	rc = xsim_call(call);
	if (rc)
		return rc;
	area = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	rc = area == MAP_FAILED ? -errno : 0;
	if (rc)
		goto err_release;
	rc = map_pages(proc, area, call, prot);
	if (!rc)
		rc = xsim_tables_add(XSIM_RANGE_MAP, area, call->req.count,
				     call->reply.id);
	if (rc)
		goto err_unmap;
	*ret_area = area;
	return 0;

err_unmap:
	munmap(area, bytes);
err_release:
	unmap_id(call->reply.id);
	return rc;
}

/* domids has `count` members, or one when `stride` is 0. */
static void *map_call(uint32_t count, const uint32_t *domids, size_t stride,
		      const uint32_t *refs, int prot, uint32_t notify_offset,
		      evtchn_port_t notify_port)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_MAP, 0);
	struct xsim_ref pairs[XSIM_BATCH_MAX];
	void *area = NULL;
	int rc = -EINVAL;

	if (count && count <= XSIM_BATCH_MAX) {
		for (uint32_t i = 0; i < count; i++)
			pairs[i] =
				(struct xsim_ref){domids[i * stride], refs[i]};
		call.refs = pairs;
		call.req.count = count;
		call.req.offset = notify_offset;
		call.req.port = notify_port;
		rc = map_refs(&call, prot, &area);
	}
	if (rc)
		errno = -rc;
	return area;
}

XSIM_EXPORT void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid,
					  uint32_t ref, int prot)
{
	(void)xgt;
	return map_call(1, &domid, 0, &ref, prot, XSIM_NONE, XSIM_NONE);
}

XSIM_EXPORT void *xengnttab_map_grant_refs(xengnttab_handle *xgt,
					   uint32_t count, uint32_t *domids,
					   uint32_t *refs, int prot)
{
	(void)xgt;
	return map_call(count, domids, 1, refs, prot, XSIM_NONE, XSIM_NONE);
}

XSIM_EXPORT void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt,
						  uint32_t count,
						  uint32_t domid,
						  uint32_t *refs, int prot)
{
	(void)xgt;
	return map_call(count, &domid, 0, refs, prot, XSIM_NONE, XSIM_NONE);
}

XSIM_EXPORT void *xengnttab_map_grant_ref_notify(xengnttab_handle *xgt,
						 uint32_t domid, uint32_t ref,
						 int prot,
						 uint32_t notify_offset,
						 evtchn_port_t notify_port)
{
	(void)xgt;
	return map_call(1, &domid, 0, &ref, prot, notify_offset, notify_port);
}

XSIM_EXPORT int xengnttab_unmap(xengnttab_handle *xgt, void *start_address,
				uint32_t count)
{
	uint32_t id;

	(void)xgt;
	if (!xsim_proc())
		return -1;
	if (!start_address ||
	    xsim_tables_take(XSIM_RANGE_MAP, start_address, count, &id)) {
		errno = EINVAL;
		return -1;
	}
	munmap(start_address, (size_t)count * XSIM_PAGE_BYTES);
	unmap_id(id);
	return 0;
}

/* DMA buffers do not exist here; the real library must not see our handle. */
static int no_dmabuf(void)
{
	errno = EOPNOTSUPP;
	return -1;
}

XSIM_EXPORT int xengnttab_dmabuf_exp_from_refs(xengnttab_handle *xgt,
					       uint32_t domid, uint32_t flags,
					       uint32_t count,
					       const uint32_t *refs,
					       uint32_t *fd)
{
	(void)xgt;
	(void)domid;
	(void)flags;
	(void)count;
	(void)refs;
	(void)fd;
	return no_dmabuf();
}

XSIM_EXPORT int xengnttab_dmabuf_exp_wait_released(xengnttab_handle *xgt,
						   uint32_t fd,
						   uint32_t wait_to_ms)
{
	(void)xgt;
	(void)fd;
	(void)wait_to_ms;
	return no_dmabuf();
}

XSIM_EXPORT int xengnttab_dmabuf_imp_to_refs(xengnttab_handle *xgt,
					     uint32_t domid, uint32_t fd,
					     uint32_t count, uint32_t *refs)
{
	(void)xgt;
	(void)domid;
	(void)fd;
	(void)count;
	(void)refs;
	return no_dmabuf();
}

XSIM_EXPORT int xengnttab_dmabuf_imp_release(xengnttab_handle *xgt, uint32_t fd)
{
	(void)xgt;
	(void)fd;
	return no_dmabuf();
}
