/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains: a slot, a generation, and a sealed memfd with table and memory. */
#include "netback/xensim/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/xen.h>

#include "netback/xensim/domain.h"

static int create_memory(uint32_t frames)
{
	int fd = memfd_create("xensim-domain", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, xsim_frame_offset(frames)) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static void free_dom(struct xsim_dom *dom)
{
	if (dom->table)
		munmap((void *)(uintptr_t)dom->table, XSIM_TABLE_BYTES);
	if (dom->memory_fd >= 0)
		close(dom->memory_fd);
	free(dom->frame_used);
	free(dom->grant);
	free(dom->port);
	free(dom);
}

static int fill_dom(struct xsim_dom *dom)
{
	void *table;

	dom->frame_used =
		calloc((size_t)dom->frames / 64 + 1, sizeof(uint64_t));
	dom->grant = calloc(XSIM_GRANTS, sizeof(*dom->grant));
	dom->port = calloc(XSIM_PORTS_MAX, sizeof(*dom->port));
	if (!dom->frame_used || !dom->grant || !dom->port)
		return -ENOMEM;
	dom->memory_fd = create_memory(dom->frames);
	if (dom->memory_fd < 0)
		return dom->memory_fd;
	table = mmap(NULL, XSIM_TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		     dom->memory_fd, 0);
	if (table == MAP_FAILED)
		return -errno;
	dom->table = table;
	dom->frame_hint = 1; /* frame 0 stays out of use */
	dom->ref_hint = 8;   /* GNTTAB_NR_RESERVED_ENTRIES */
	return 0;
}

int xsim_dom_create(struct xsim_broker *broker, uint32_t domid,
		    struct xsim_dom **ret_dom)
{
	struct xsim_dom *dom;
	uint32_t slot = 0;
	int rc;

	while (slot < XSIM_DOMAINS_MAX && broker->dom[slot])
		slot++;
	if (slot == XSIM_DOMAINS_MAX)
		return -ENOSPC;
	dom = calloc(1, sizeof(*dom));
	if (!dom)
		return -ENOMEM;
	dom->domid = domid;
	dom->slot = slot;
	dom->memory_fd = -1;
	dom->frames = broker->domain_mib * (1048576u / XSIM_PAGE_BYTES);
	rc = fill_dom(dom);
	if (rc) {
		free_dom(dom);
		return rc;
	}
	dom->generation = ++broker->last_generation;
	broker->dom[slot] = dom;
	broker->by_domid[domid] = dom;
	atomic_store(&broker->lab->generation[domid], dom->generation);
	*ret_dom = dom;
	return 0;
}

void xsim_dom_destroy(struct xsim_broker *broker, struct xsim_dom *dom)
{
	struct xsim_dom *dom0 = broker->dom[0];

	atomic_store(&broker->lab->generation[dom->domid], 0);
	for (uint32_t port = 1; port < XSIM_PORTS_MAX; port++)
		xsim_port_close(broker, dom, port);
	broker->by_domid[dom->domid] = NULL;
	broker->dom[dom->slot] = NULL;
	if (dom != dom0 && dom0 && dom0->port_of_virq[VIRQ_DOM_EXC])
		xsim_port_ring(broker, dom0, dom0->port_of_virq[VIRQ_DOM_EXC]);
	free_dom(dom);
}

struct xsim_dom *xsim_dom_find(const struct xsim_broker *broker, uint32_t domid)
{
	return domid < XSIM_DOMIDS ? broker->by_domid[domid] : NULL;
}

struct xsim_dom *xsim_dom_at(const struct xsim_broker *broker, uint32_t slot,
			     uint32_t generation)
{
	struct xsim_dom *dom = broker->dom[slot];

	return dom && dom->generation == generation ? dom : NULL;
}

uint32_t xsim_dom_take_frame(struct xsim_dom *dom)
{
	for (uint32_t frame = dom->frame_hint; frame < dom->frames; frame++) {
		uint64_t bit = UINT64_C(1) << frame % 64;

		if (dom->frame_used[frame / 64] & bit)
			continue;
		dom->frame_used[frame / 64] |= bit;
		dom->frame_hint = frame + 1;
		return frame;
	}
	dom->frame_hint = dom->frames;
	return 0;
}

void xsim_dom_free_frame(struct xsim_dom *dom, uint32_t frame)
{
	dom->frame_used[frame / 64] &= ~(UINT64_C(1) << frame % 64);
	if (frame < dom->frame_hint)
		dom->frame_hint = frame;
	/* gives the memory back; a failure only keeps it */
	(void)fallocate(dom->memory_fd,
			FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			xsim_frame_offset(frame), XSIM_PAGE_BYTES);
}

void xsim_dom_clear_byte(const struct xsim_dom *dom, uint32_t frame,
			 uint32_t offset)
{
	const char zero = 0;
	ssize_t written = pwrite(dom->memory_fd, &zero, 1,
				 xsim_frame_offset(frame) + (off_t)offset);

	(void)written; /* inside a sealed file: nothing to go wrong */
}
