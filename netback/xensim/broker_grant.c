/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shares (pages that a process granted) and maps (pages it mapped), each with
 * its unmap notification; all of them go when their process does. */
#include "netback/xensim/broker.h"

#include <errno.h>
#include <string.h>

/* The port of `dom` that a notification names must be bound. */
static int take_notify(const struct xsim_job *job, struct xsim_notify *notify)
{
	const struct xsim_dom *dom = job->conn->dom;
	uint32_t port = job->req.port;

	*notify = (struct xsim_notify){.offset = XSIM_NONE, .port = XSIM_NONE};
	if (job->req.offset < XSIM_PAGE_BYTES)
		notify->offset = job->req.offset;
	if (port == XSIM_NONE)
		return 0;
	if (port >= XSIM_PORTS_MAX || dom->port[port].kind == XSIM_PORT_FREE)
		return -EINVAL;
	notify->port = port;
	notify->port_generation = xsim_port_generation(job->broker, dom, port);
	return 0;
}

static void send_notify(struct xsim_broker *broker, const struct xsim_dom *dom,
			const struct xsim_notify *notify)
{
	if (notify->port != XSIM_NONE)
		xsim_port_notify_peer(broker, dom, notify->port,
				      notify->port_generation);
}

static void free_share(struct xsim_broker *broker, struct xsim_share *share)
{
	struct xsim_dom *dom = share->conn->dom;
	uint32_t at = (uint32_t)(share - broker->share);
	uint32_t ref = share->first_ref;

	if (share->notify.offset != XSIM_NONE && ref)
		xsim_dom_clear_byte(dom, dom->grant[ref].frame,
				    share->notify.offset);
	while (ref) {
		uint32_t next = dom->grant[ref].next;

		xsim_pin_free_ref(dom, ref);
		ref = next;
	}
	send_notify(broker, dom, &share->notify);
	share->conn = NULL;
	if (at < broker->share_hint)
		broker->share_hint = at;
}

/* One more page of the share; `ret_page` says which. */
static int add_page(struct xsim_dom *dom, uint32_t *last_ref,
		    struct xsim_share *share, struct xsim_page *ret_page)
{
	uint32_t frame = xsim_dom_take_frame(dom);
	uint32_t ref;

	if (!frame)
		return -ENOSPC;
	ref = xsim_pin_take_ref(dom, frame);
	if (!ref) {
		xsim_dom_free_frame(dom, frame);
		return -ENOSPC;
	}
	if (*last_ref)
		dom->grant[*last_ref].next = ref;
	else
		share->first_ref = ref;
	*last_ref = ref;
	*ret_page = (struct xsim_page){.frame = frame, .number = ref};
	return 0;
}

int xsim_grant_share(struct xsim_job *job)
{
	struct xsim_broker *broker = job->broker;
	uint32_t count = job->req.id;
	uint32_t at = broker->share_hint;
	struct xsim_notify notify;
	struct xsim_share *share;
	uint32_t last = 0;
	int rc;

	if (!count || count > XSIM_BATCH_MAX)
		return -EINVAL;
	rc = take_notify(job, &notify);
	if (rc)
		return rc;
	while (at < XSIM_SHARES_MAX && broker->share[at].conn)
		at++;
	broker->share_hint = at;
	if (at == XSIM_SHARES_MAX)
		return -ENOSPC;
	share = &broker->share[at];
	*share = (struct xsim_share){
		.conn = job->conn,
		.notify = {.offset = XSIM_NONE, .port = XSIM_NONE}};
	for (uint32_t i = 0; i < count && !rc; i++)
		rc = add_page(job->conn->dom, &last, share, &job->pages[i]);
	if (rc) {
		free_share(broker, share);
		return rc;
	}
	share->notify = notify;
	job->reply.id = at;
	job->reply.count = count;
	return 0;
}

int xsim_grant_unshare(struct xsim_job *job)
{
	struct xsim_broker *broker = job->broker;

	if (job->req.id >= XSIM_SHARES_MAX ||
	    broker->share[job->req.id].conn != job->conn)
		return -EINVAL;
	free_share(broker, &broker->share[job->req.id]);
	return 0;
}

static void release_page(struct xsim_broker *broker, struct xsim_dom *mapper,
			 uint32_t at, uint32_t notify_offset)
{
	struct xsim_map_page *page = &broker->map_page[at];
	struct xsim_dom *dom =
		xsim_dom_at(broker, page->slot, page->generation);

	if (dom) {
		uint64_t entry = atomic_load(&dom->table[page->ref]);
		uint32_t frame = (uint32_t)(entry >> 32);

		if (notify_offset != XSIM_NONE && frame < dom->frames)
			xsim_dom_clear_byte(dom, frame, notify_offset);
		xsim_pin_unmap(dom, page->ref, page->writable);
	}
	mapper->mapped_pages--;
	page->next = broker->free_page;
	broker->free_page = at + 1;
}

static void free_map(struct xsim_broker *broker, struct xsim_map *map)
{
	struct xsim_dom *mapper = map->conn->dom;
	uint32_t at = (uint32_t)(map - broker->map);

	while (map->first_page) {
		uint32_t page = map->first_page - 1;

		map->first_page = broker->map_page[page].next;
		release_page(broker, mapper, page, map->notify.offset);
	}
	send_notify(broker, mapper, &map->notify);
	map->conn = NULL;
	if (at < broker->map_hint)
		broker->map_hint = at;
}

/* Pins one reference and puts it in front of the map's pages. */
static int map_one(struct xsim_job *job, struct xsim_map *map, uint32_t i)
{
	struct xsim_broker *broker = job->broker;
	bool writable = (job->req.flags & XSIM_MAP_WRITABLE) != 0;
	struct xsim_dom *dom =
		xsim_dom_find(broker, job->refs[i].domid & UINT16_MAX);
	struct xsim_map_page *page;
	uint32_t at = broker->free_page;
	uint32_t frame;
	int rc;

	if (!dom)
		return -EINVAL;
	if (!at)
		return -EINVAL;
	rc = xsim_pin_map(dom, job->refs[i].ref, job->conn->dom->domid,
			  writable, &frame);
	if (rc)
		return rc;
	page = &broker->map_page[at - 1];
	broker->free_page = page->next;
	*page = (struct xsim_map_page){.next = map->first_page,
				       .slot = dom->slot,
				       .generation = dom->generation,
				       .ref = job->refs[i].ref,
				       .writable = writable};
	map->first_page = at;
	job->conn->dom->mapped_pages++;
	job->pages[i] =
		(struct xsim_page){.frame = frame, .number = dom->generation};
	return 0;
}

static bool over_limit(const struct xsim_job *job)
{
	const struct xsim_faults *faults = &job->broker->lab->faults;
	int32_t limit;

	if (!(atomic_load(&faults->armed) & 1u << XSIM_FAULT_MAP_LIMIT))
		return false;
	limit = atomic_load(&faults->fault[XSIM_FAULT_MAP_LIMIT].value);
	return limit < 0 || job->req.count > (uint32_t)limit ||
	       job->conn->dom->mapped_pages > (uint32_t)limit - job->req.count;
}

int xsim_grant_map(struct xsim_job *job)
{
	struct xsim_broker *broker = job->broker;
	uint32_t at = broker->map_hint;
	struct xsim_notify notify;
	struct xsim_map *map;
	int rc;

	if (!job->req.count || over_limit(job))
		return -EINVAL;
	rc = take_notify(job, &notify);
	if (rc)
		return rc;
	if (notify.offset != XSIM_NONE && !(job->req.flags & XSIM_MAP_WRITABLE))
		return -EINVAL;
	while (at < XSIM_MAPS_MAX && broker->map[at].conn)
		at++;
	broker->map_hint = at;
	if (at == XSIM_MAPS_MAX)
		return -ENOMEM;
	map = &broker->map[at];
	*map = (struct xsim_map){
		.conn = job->conn,
		.notify = {.offset = XSIM_NONE, .port = XSIM_NONE}};
	for (uint32_t i = 0; i < job->req.count && !rc; i++)
		rc = map_one(job, map, i);
	if (rc) {
		free_map(broker, map);
		return rc;
	}
	map->notify = notify;
	job->reply.id = at;
	job->reply.count = job->req.count;
	return 0;
}

int xsim_grant_unmap(struct xsim_job *job)
{
	struct xsim_broker *broker = job->broker;

	if (job->req.id >= XSIM_MAPS_MAX ||
	    broker->map[job->req.id].conn != job->conn)
		return -EINVAL;
	free_map(broker, &broker->map[job->req.id]);
	return 0;
}

void xsim_grant_release_conn(struct xsim_broker *broker,
			     const struct xsim_conn *conn)
{
	for (uint32_t i = 0; i < XSIM_MAPS_MAX; i++) {
		if (broker->map[i].conn == conn)
			free_map(broker, &broker->map[i]);
	}
	for (uint32_t i = 0; i < XSIM_SHARES_MAX; i++) {
		if (broker->share[i].conn == conn)
			free_share(broker, &broker->share[i]);
	}
}
