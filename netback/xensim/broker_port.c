/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of domains. The broker's struct xsim_port is the truth; what it
 * publishes in an endpoint lets processes notify each other without asking.
 */
#include "netback/xensim/broker.h"

#include <unistd.h>

#include "netback/xensim/chan.h"

static uint32_t index_of(const struct xsim_dom *dom, uint32_t port)
{
	return dom->slot * XSIM_PORTS_MAX + port;
}

struct xsim_inst *xsim_port_instance(struct xsim_broker *broker, uint32_t id)
{
	struct xsim_inst *inst = &broker->inst[id & (XSIM_INSTANCES_MAX - 1)];

	return inst->write_fd >= 0 && inst->id == id ? inst : NULL;
}

uint32_t xsim_port_generation(const struct xsim_broker *broker,
			      const struct xsim_dom *dom, uint32_t port)
{
	return broker->endpoint_generation[index_of(dom, port)];
}

uint32_t xsim_port_create(struct xsim_broker *broker,
			  const struct xsim_inst *inst,
			  enum xsim_port_kind kind)
{
	struct xsim_dom *dom = broker->dom[inst->slot];
	struct xsim_endpoint *end;
	uint32_t port = 1;
	uint32_t index;

	while (port < XSIM_PORTS_MAX && dom->port[port].kind != XSIM_PORT_FREE)
		port++;
	if (port == XSIM_PORTS_MAX)
		return 0;
	dom->port[port] =
		(struct xsim_port){.kind = kind, .instance = inst->id};
	index = index_of(dom, port);
	broker->endpoint_generation[index] =
		(broker->endpoint_generation[index] + 1) &
		XSIM_PORT_GENERATION_MAX;
	end = &broker->lab->endpoint[index];
	atomic_store(&end->peer, 0);
	atomic_store(&end->state,
		     xsim_port_state(broker->endpoint_generation[index], 0));
	atomic_store(&end->owner, inst->id);
	return port;
}

static void point_at(struct xsim_broker *broker, struct xsim_dom *from,
		     uint32_t from_port, const struct xsim_dom *to,
		     uint32_t to_port)
{
	struct xsim_port *port = &from->port[from_port];

	port->kind = XSIM_PORT_INTERDOMAIN;
	port->peer_slot = to->slot;
	port->peer_port = to_port;
	atomic_store(&broker->lab->endpoint[index_of(from, from_port)].peer,
		     xsim_link_make(xsim_port_generation(broker, to, to_port),
				    index_of(to, to_port)));
}

void xsim_port_connect(struct xsim_broker *broker, struct xsim_dom *a,
		       uint32_t a_port, struct xsim_dom *b, uint32_t b_port)
{
	point_at(broker, a, a_port, b, b_port);
	point_at(broker, b, b_port, a, a_port);
}

void xsim_port_close(struct xsim_broker *broker, struct xsim_dom *dom,
		     uint32_t port)
{
	struct xsim_port *record = &dom->port[port];
	uint32_t index = index_of(dom, port);
	struct xsim_endpoint *end = &broker->lab->endpoint[index];

	if (record->kind == XSIM_PORT_FREE)
		return;
	if (record->kind == XSIM_PORT_INTERDOMAIN) {
		struct xsim_dom *other = broker->dom[record->peer_slot];
		struct xsim_port *peer = &other->port[record->peer_port];

		peer->kind = XSIM_PORT_UNBOUND;
		peer->remote_domid = dom->domid;
		atomic_store(
			&broker->lab
				 ->endpoint[index_of(other, record->peer_port)]
				 .peer,
			0);
	}
	if (record->kind == XSIM_PORT_VIRQ)
		dom->port_of_virq[record->virq] = 0;
	record->kind = XSIM_PORT_FREE;
	broker->endpoint_generation[index] =
		(broker->endpoint_generation[index] + 1) &
		XSIM_PORT_GENERATION_MAX;
	atomic_store(&end->owner, 0);
	atomic_store(&end->peer, 0);
	atomic_store(&end->state,
		     xsim_port_state(broker->endpoint_generation[index], 0));
}

/* A full pipe, or one without a reader, loses the number: the first cannot
 * happen unless the owner unmasks unread ports, the second is a dead owner. */
static void queue(struct xsim_broker *broker, const struct xsim_dom *dom,
		  uint32_t port)
{
	struct xsim_inst *inst =
		xsim_port_instance(broker, dom->port[port].instance);
	ssize_t written;

	if (!inst)
		return;
	written = write(inst->write_fd, &port, sizeof(port));
	(void)written;
}

void xsim_port_ring(struct xsim_broker *broker, const struct xsim_dom *dom,
		    uint32_t port)
{
	uint32_t index = index_of(dom, port);

	if (xsim_port_raise(&broker->lab->endpoint[index],
			    broker->endpoint_generation[index]) ==
	    XSIM_STEP_QUEUE)
		queue(broker, dom, port);
}

void xsim_port_notify_peer(struct xsim_broker *broker,
			   const struct xsim_dom *dom, uint32_t port,
			   uint32_t generation)
{
	const struct xsim_port *record = &dom->port[port];

	if (record->kind == XSIM_PORT_INTERDOMAIN &&
	    xsim_port_generation(broker, dom, port) == generation)
		xsim_port_ring(broker, broker->dom[record->peer_slot],
			       record->peer_port);
}

void xsim_port_finish_intents(struct xsim_broker *broker, uint32_t client)
{
	for (uint32_t i = 0; i < XSIM_INTENTS; i++) {
		uint64_t link =
			atomic_exchange(&broker->lab->intent[client][i], 0);
		uint32_t index = xsim_link_index(link);
		const struct xsim_dom *dom;
		uint32_t state;

		if (index >= XSIM_ENDPOINTS)
			continue;
		dom = broker->dom[index / XSIM_PORTS_MAX];
		if (!dom || xsim_link_generation(link) !=
				    broker->endpoint_generation[index])
			continue;
		state = atomic_load(&broker->lab->endpoint[index].state);
		if (state & XSIM_PORT_QUEUED &&
		    dom->port[index % XSIM_PORTS_MAX].kind != XSIM_PORT_FREE)
			queue(broker, dom, index % XSIM_PORTS_MAX);
	}
}
