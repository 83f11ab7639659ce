/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for interfaces and for ports to forward. The kernel announces both;
 * what is announced is looked up, so lost words do not matter. No wait that
 * ends by its limit is a failure.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/loop.h"
#include "netconf/base/text.h"
#include "netconf/ifupdown/job.h"
#include "netconf/nl/link.h"
#include "netconf/nl/monitor.h"

#define MS_PER_S 1000U
#define CS_PER_S 100U

typedef bool ready_fn(struct xn_ifup_job *job, void *arg);

static bool wait_for_event(struct xn_nl_monitor *monitor, uint64_t deadline_ms)
{
	static const struct xn_nl_handlers none;
	struct pollfd event = {.fd = xn_nl_monitor_fd(monitor),
			       .events = POLLIN};
	uint64_t now_ms = xn_now_ms();

	if (now_ms >= deadline_ms)
		return false;
	(void)poll(&event, 1, (int)(deadline_ms - now_ms));
	(void)xn_nl_monitor_read(monitor, &none);
	return true;
}

/* `words` is printed where it takes time. */
static void wait_until(struct xn_ifup_job *job, ready_fn *ready, void *arg,
		       uint32_t limit_s, const char *words)
{
	uint64_t deadline_ms = xn_now_ms() + (uint64_t)limit_s * MS_PER_S;
	struct xn_err err = {.set = false};
	struct xn_nl_monitor *monitor;

	if (limit_s == 0 || ready(job, arg))
		return;
	(void)printf("\n%s\n", words);
	(void)fflush(stdout);
	if (xn_nl_monitor_open(XN_MONITOR_LINK, &monitor, &err) < 0) {
		xn_ifup_note(&job->notes, "%s", xn_err_text(&err));
		return;
	}
	while (!ready(job, arg) && wait_for_event(monitor, deadline_ms))
		continue;
	xn_nl_monitor_close(monitor);
}

/* A VLAN device is made of the interface below it. */
static bool is_to_come(struct xn_ifup_job *job, const char *name)
{
	char lower[IFNAMSIZ];
	struct xn_link link;
	char *dot;

	if (xn_link_get(job->nl, name, &link, NULL) != -ENODEV)
		return false;
	(void)xn_text_copy(lower, sizeof(lower), name);
	dot = strrchr(lower, '.');
	if (!dot || dot == lower || job->options->style == XN_IFUP_NG)
		return true;
	*dot = '\0';
	return xn_link_get(job->nl, lower, &link, NULL) == -ENODEV;
}

static bool ports_are_there(struct xn_ifup_job *job, void *arg)
{
	const struct xn_ifup_ports *ports = arg;

	for (size_t i = 0; i < ports->count; i++)
		if (is_to_come(job, ports->port[i].name))
			return false;
	return true;
}

void xn_ifup_wait_for_ports(struct xn_ifup_job *job)
{
	const struct xn_ifup_options *options = job->options;
	const char *text =
		options->waitports[0] ? options->waitports : options->ports;
	static struct xn_ifup_ports ports;
	char words[XN_IFUP_PORTS_BYTES + 64];

	if (!options->has_waitport)
		return;
	xn_ifup_ports_expand(options, text, NULL, &ports, &job->notes);
	(void)snprintf(words, sizeof(words),
		       "Waiting for a max of %u seconds for %s to become "
		       "available.",
		       options->waitport_s, text);
	xn_text_make_printable(words);
	wait_until(job, ports_are_there, &ports, options->waitport_s, words);
}

struct forwarding {
	int bridge;
	bool is_ng;
	bool has_begun; /* some port has left the state of a dead one */
};

static bool is_ready(struct forwarding *f, const struct xn_brport *port)
{
	bool is_on_its_way = port->state == XN_BRPORT_LISTENING ||
			     port->state == XN_BRPORT_LEARNING;

	if (port->state != XN_BRPORT_DISABLED)
		f->has_begun = true;
	if (f->is_ng)
		return !is_on_its_way;
	return port->state == XN_BRPORT_DISABLED ? f->has_begun
						 : !is_on_its_way;
}

static bool ports_forward(struct xn_ifup_job *job, void *arg)
{
	struct forwarding *f = arg;
	struct xn_link_table links;
	bool ready = true;

	if (xn_link_dump(job->nl, &links, NULL) < 0)
		return true;
	for (size_t i = 0; i < links.count; i++)
		if (links.link[i].master == f->bridge &&
		    links.link[i].is_bridge_port &&
		    !is_ready(f, &links.link[i].port))
			ready = false;
	xn_link_table_fini(&links);
	return ready;
}

/* From listening to learning to forwarding takes two delays. */
static uint32_t usual_limit_s(const struct xn_ifup_job *job,
			      const struct xn_link *bridge)
{
	uint32_t delay_cs = bridge->bridge.forward_delay_cs;
	uint32_t limit_s = 2 * (delay_cs / CS_PER_S + 1);

	if (job->options->style == XN_IFUP_NG)
		limit_s = (2 * delay_cs + CS_PER_S / 2) / CS_PER_S;
	return limit_s < XN_IFUP_WAIT_S_MAX ? limit_s : XN_IFUP_WAIT_S_MAX;
}

void xn_ifup_wait_for_bridge(struct xn_ifup_job *job)
{
	const struct xn_ifup_options *options = job->options;
	struct forwarding f = {.is_ng = options->style == XN_IFUP_NG};
	struct xn_link bridge;
	uint32_t limit_s = options->maxwait_s;
	char words[128];

	if (xn_link_get(job->nl, options->iface, &bridge, NULL) < 0)
		return;
	f.bridge = bridge.ifindex;
	if (!options->has_maxwait)
		limit_s = usual_limit_s(job, &bridge);
	(void)snprintf(words, sizeof(words),
		       "Waiting for %s to get ready (MAXWAIT is %u seconds).",
		       options->iface, limit_s);
	wait_until(job, ports_forward, &f, limit_s, words);
}
