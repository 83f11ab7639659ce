/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything in use, as text, in order of domid, reference and port: two
 * labs in the same state print the same (no pids, frames or addresses). An
 * empty lab prints "domain 0: processes 0" and nothing else, so that a leak
 * test can compare.
 */
#include "netback/xensim/broker.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/grant_table.h>

#include "netback/xensim/chan.h"
#include "netback/xensim/domain.h"
#include "netback/xensim/fault.h"

static void dump_grants(FILE *out, const struct xsim_dom *dom)
{
	for (uint32_t ref = 0; ref < XSIM_GRANTS; ref++) {
		const struct xsim_grant *grant = &dom->grant[ref];
		uint64_t entry = atomic_load(&dom->table[ref]);
		uint16_t flags = xsim_entry_flags(entry);

		if (grant->use == XSIM_GRANT_FREE && !flags && !grant->readers)
			continue;
		fprintf(out, "  grant %u to domain %u:%s%s%s", ref,
			(unsigned int)(uint16_t)(entry >> 16),
			(flags & GTF_type_mask) == GTF_permit_access
				? ""
				: " revoked",
			flags & GTF_readonly ? " read-only" : "",
			grant->use == XSIM_GRANT_DEFERRED ? " unshared" : "");
		fprintf(out, " maps %u writable %u\n", grant->readers,
			grant->writers);
	}
}

static void dump_port(FILE *out, const struct xsim_broker *broker,
		      const struct xsim_dom *dom, uint32_t number)
{
	const struct xsim_port *port = &dom->port[number];
	uint32_t state = atomic_load(
		&broker->lab->endpoint[dom->slot * XSIM_PORTS_MAX + number]
			 .state);

	switch (port->kind) {
	case XSIM_PORT_FREE:
		return;
	case XSIM_PORT_UNBOUND:
		fprintf(out, "  port %u waits for domain %u", number,
			port->remote_domid);
		break;
	case XSIM_PORT_INTERDOMAIN:
		fprintf(out, "  port %u to domain %u port %u", number,
			broker->dom[port->peer_slot]->domid, port->peer_port);
		break;
	case XSIM_PORT_VIRQ:
		fprintf(out, "  port %u for virq %u", number, port->virq);
		break;
	}
	fprintf(out, "%s%s\n", state & XSIM_PORT_QUEUED ? " masked" : "",
		state & XSIM_PORT_PENDING ? " pending" : "");
}

static void dump_dom(FILE *out, const struct xsim_broker *broker,
		     const struct xsim_dom *dom)
{
	fprintf(out, "domain %u: processes %u", dom->domid, dom->processes);
	if (dom->mapped_pages)
		fprintf(out, ", maps %u pages", dom->mapped_pages);
	fputc('\n', out);
	dump_grants(out, dom);
	for (uint32_t port = 1; port < XSIM_PORTS_MAX; port++)
		dump_port(out, broker, dom, port);
}

static void dump_faults(FILE *out, const struct xsim_faults *faults)
{
	uint32_t armed = atomic_load(&faults->armed);

	for (unsigned int i = 0; i < XSIM_FAULT_KINDS; i++) {
		enum xsim_fault_kind kind = (enum xsim_fault_kind)i;
		const struct xsim_fault *fault = &faults->fault[i];
		uint32_t domid = atomic_load(&fault->domid);

		if (!(armed & 1u << i))
			continue;
		fprintf(out, "fault %s", xsim_fault_name(kind));
		if (xsim_fault_has_value(kind))
			fprintf(out, "=%d", atomic_load(&fault->value));
		fprintf(out, ",every=%u", atomic_load(&fault->every));
		if (domid != XSIM_ANY_DOMID)
			fprintf(out, ",domid=%u", domid);
		fputc('\n', out);
	}
}

int xsim_dump(const struct xsim_broker *broker)
{
	int fd = memfd_create("xensim-dump", MFD_CLOEXEC);
	int stream_fd = fd < 0 ? -1 : dup(fd);
	FILE *out = stream_fd < 0 ? NULL : fdopen(stream_fd, "w");
	int rc = -errno;

	if (!out)
		goto err;
	dump_faults(out, &broker->lab->faults);
	for (uint32_t domid = 0; domid < XSIM_DOMIDS; domid++) {
		if (broker->by_domid[domid])
			dump_dom(out, broker, broker->by_domid[domid]);
	}
	stream_fd = -1;
	rc = fclose(out) ? -errno : 0;
	if (!rc && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
err:
	if (stream_fd >= 0)
		close(stream_fd);
	if (fd >= 0)
		close(fd);
	return rc ? rc : -EIO;
}
