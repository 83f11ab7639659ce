// SPDX-License-Identifier: GPL-2.0-or-later
/* See hostile_ring.h. Questions and answers are messages in two byte rings
 * of 1024 bytes; answers come in the order of the questions, with the events
 * of watches between them, which are skipped. */
#include "netback/netfront/hostile_ring.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xenevtchn.h>
#include <xenstore.h>
#include <xen/io/xs_wire.h>

#include "netback/xensim/guest.h"
#include "netconf/base/loop.h"

#define STORE_GRANT 1u /* GNTTAB_RESERVED_XENSTORE */
#define ANSWER_MS 10000u
#define LOOK_MS 10
#define IN_FLIGHT_MAX 8u

struct xnf_store_ring {
	struct xenstore_domain_interface *page;
	xenevtchn_handle *evtchn;
	evtchn_port_t port;
};

static uint32_t load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* The last page of the domain's memory, which nothing else takes: the store
 * may still have it from an earlier program. */
static int grant_page(struct xnf_store_ring *ring, struct xn_err *err)
{
	const struct xsim_guest_calls *guest = xsim_guest();
	volatile struct grant_entry_v1 *entry;
	uint32_t frame;

	if (!guest || !guest->frames())
		return xn_fail(err, ENOTSUP,
			       "only the simulated hypervisor shows the grant "
			       "table");
	frame = guest->frames() - 1;
	ring->page = guest->page(frame);
	entry = guest->grant_entry(STORE_GRANT);
	if (entry->flags & GTF_permit_access)
		return 0;
	memset(ring->page, 0, sizeof(*ring->page));
	entry->domid = 0;
	entry->frame = frame;
	__atomic_store_n(&entry->flags, GTF_permit_access, __ATOMIC_RELEASE);
	return 0;
}

static int introduce(struct xnf_store_ring *ring, uint32_t domid,
		     struct xn_err *err)
{
	struct xs_handle *xs;
	xenevtchn_port_or_error_t port;
	bool done;

	ring->evtchn = xenevtchn_open(NULL, 0);
	if (!ring->evtchn)
		return xn_fail(err, errno, "event channels: %s",
			       strerror(errno));
	port = xenevtchn_bind_unbound_port(ring->evtchn, 0);
	if (port < 0)
		return xn_fail(err, errno, "event channel: %s",
			       strerror(errno));
	ring->port = (evtchn_port_t)port;
	xs = xs_open(0);
	if (!xs)
		return xn_fail(err, errno, "xenstore: %s", strerror(errno));
	done = xs_introduce_domain(xs, domid, 1, ring->port);
	xs_close(xs);
	return done ? 0
		    : xn_fail(err, errno, "introducing domain %u: %s", domid,
			      strerror(errno));
}

struct xnf_store_ring *xnf_store_ring_open(uint32_t domid, struct xn_err *err)
{
	struct xnf_store_ring *ring = calloc(1, sizeof(*ring));

	if (!ring) {
		xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	if (grant_page(ring, err) || introduce(ring, domid, err)) {
		xnf_store_ring_close(ring);
		return NULL;
	}
	return ring;
}

void xnf_store_ring_close(struct xnf_store_ring *ring)
{
	if (!ring)
		return;
	if (ring->evtchn)
		(void)xenevtchn_close(ring->evtchn);
	free(ring);
}

static int wait_store(struct xnf_store_ring *ring, uint64_t until_ms)
{
	struct pollfd fd = {
		.fd = xenevtchn_fd(ring->evtchn),
		.events = POLLIN,
	};
	xenevtchn_port_or_error_t port;

	if (xn_now_ms() >= until_ms)
		return -ETIMEDOUT;
	if (poll(&fd, 1, LOOK_MS) <= 0 || !(fd.revents & POLLIN))
		return 0;
	port = xenevtchn_pending(ring->evtchn);
	if (port >= 0)
		(void)xenevtchn_unmask(ring->evtchn, (evtchn_port_t)port);
	return 0;
}

static int put(struct xnf_store_ring *ring, const void *bytes, uint32_t count,
	       uint64_t until_ms)
{
	struct xenstore_domain_interface *page = ring->page;
	const char *from = bytes;
	int rc = 0;

	while (count && !rc) {
		uint32_t prod = load(&page->req_prod);

		if (prod - load(&page->req_cons) >= XENSTORE_RING_SIZE) {
			(void)xenevtchn_notify(ring->evtchn, ring->port);
			rc = wait_store(ring, until_ms);
			continue;
		}
		memcpy(&page->req[MASK_XENSTORE_IDX(prod)], from++, 1);
		__atomic_store_n(&page->req_prod, prod + 1, __ATOMIC_RELEASE);
		count--;
	}
	return rc;
}

static int take(struct xnf_store_ring *ring, void *ret_bytes, uint32_t count,
		uint64_t until_ms)
{
	struct xenstore_domain_interface *page = ring->page;
	char *to = ret_bytes;
	int rc = 0;

	while (count && !rc) {
		uint32_t cons = load(&page->rsp_cons);

		if (load(&page->rsp_prod) == cons) {
			(void)xenevtchn_notify(ring->evtchn, ring->port);
			rc = wait_store(ring, until_ms);
			continue;
		}
		*to++ = page->rsp[MASK_XENSTORE_IDX(cons)];
		__atomic_store_n(&page->rsp_cons, cons + 1, __ATOMIC_RELEASE);
		count--;
	}
	return rc;
}

static int send_question(struct xnf_store_ring *ring, uint32_t type,
			 const char *first, const char *second,
			 uint32_t second_bytes, uint64_t until_ms)
{
	uint32_t first_bytes = (uint32_t)strlen(first) + 1;
	struct xsd_sockmsg head = {
		.type = type,
		.len = first_bytes + second_bytes,
	};
	int rc = put(ring, &head, sizeof(head), until_ms);

	if (!rc)
		rc = put(ring, first, first_bytes, until_ms);
	if (!rc)
		rc = put(ring, second, second_bytes, until_ms);
	(void)xenevtchn_notify(ring->evtchn, ring->port);
	return rc;
}

static int error_of(const char *word)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (!strcmp(word, xsd_errors[i].errstring))
			return -xsd_errors[i].errnum;
	return -EIO;
}

static int take_answer(struct xnf_store_ring *ring, uint64_t until_ms)
{
	char body[XENSTORE_PAYLOAD_MAX + 1];
	struct xsd_sockmsg head;
	int rc;

	do {
		rc = take(ring, &head, sizeof(head), until_ms);
		if (!rc && head.len > XENSTORE_PAYLOAD_MAX)
			return -EPROTO;
		if (!rc)
			rc = take(ring, body, head.len, until_ms);
	} while (!rc && head.type == XS_WATCH_EVENT);
	if (rc || head.type != XS_ERROR)
		return rc;
	body[head.len] = 0;
	return error_of(body);
}

static int ask(struct xnf_store_ring *ring, uint32_t type, const char *first,
	       const char *second, uint32_t second_bytes)
{
	uint64_t until_ms = xn_now_ms() + ANSWER_MS;
	int rc = send_question(ring, type, first, second, second_bytes,
			       until_ms);

	return rc ? rc : take_answer(ring, until_ms);
}

int xnf_store_ring_write(struct xnf_store_ring *ring, const char *path,
			 const char *value)
{
	return ask(ring, XS_WRITE, path, value, (uint32_t)strlen(value));
}

int xnf_store_ring_remove(struct xnf_store_ring *ring, const char *path)
{
	return ask(ring, XS_RM, path, "", 0);
}

int xnf_store_ring_watch(struct xnf_store_ring *ring, const char *path,
			 const char *token)
{
	return ask(ring, XS_WATCH, path, token, (uint32_t)strlen(token) + 1);
}

int xnf_store_ring_unwatch(struct xnf_store_ring *ring, const char *path,
			   const char *token)
{
	return ask(ring, XS_UNWATCH, path, token, (uint32_t)strlen(token) + 1);
}

uint64_t xnf_store_ring_rewrite(struct xnf_store_ring *ring, const char *path,
				const char *value, uint64_t count,
				uint32_t limit_ms)
{
	uint64_t until_ms = xn_now_ms() + limit_ms;
	uint64_t asked = 0, answered = 0;

	while (answered < count) {
		bool more = asked < count && xn_now_ms() < until_ms;

		if (more && asked - answered < IN_FLIGHT_MAX) {
			if (send_question(ring, XS_WRITE, path, value,
					  (uint32_t)strlen(value),
					  until_ms + ANSWER_MS))
				break;
			asked++;
			continue;
		}
		if (asked == answered ||
		    take_answer(ring, until_ms + ANSWER_MS) == -ETIMEDOUT)
			break;
		answered++;
	}
	return answered;
}
