/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NAT as a whole, see nat.h. The table comes before forwarding is switched on
 * and goes after it is switched off, so that nobody is ever let out unhidden.
 */
#include "natd/nat.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netfilter.h>

#include "natd/batch.h"
#include "natd/coexist.h"
#include "natd/flows.h"
#include "natd/host.h"
#include "natd/send.h"
#include "netconf/base/text.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/link.h"

#define INSIDE_MAX 4096u
#define ATTEMPTS_MAX 10

/* What one call works with. */
struct job {
	struct xn_nl *netfilter, *route;
	bool dry, at_once;
	const struct xnat_features *features; /* NULL: not known yet */
	struct xnat_report *report;
	struct xn_err *err;
};

static int open_job(struct job *job)
{
	int rc = 0;

	if (!job->netfilter)
		rc = xn_nl_open_netfilter(&job->netfilter, job->err);
	return rc < 0 ? rc : xn_nl_open(&job->route, job->err);
}

static void close_job(struct job *job, const struct xnat_want *want)
{
	if (job->netfilter != want->netfilter)
		xn_nl_close(job->netfilter);
	xn_nl_close(job->route);
}

static void warn(struct xnat_report *report, const char *text)
{
	if (report->warning_count < XNAT_WARNINGS_MAX)
		(void)snprintf(report->warning[report->warning_count++],
			       XNAT_WARNING_TEXT_MAX, "%s", text);
}

/* What differs between the kernel's table and the wanted one is sent; NULL:
 * none is wanted. */
static int change(struct job *job, const struct xnat_seen *seen,
		  const struct xnat_table *wanted, uint32_t *ret_changes)
{
	struct xnat_batch batch = {0};
	int rc = wanted ? xnat_batch_apply(wanted, seen, &batch, job->err)
			: xnat_batch_remove(seen, &batch, job->err);

	if (rc == 0)
		rc = xnat_batch_send(job->netfilter, &batch, job->dry,
				     job->err);
	if (rc == 0)
		xnat_report_batch(job->report, &batch, seen, wanted);
	*ret_changes = batch.changes;
	xnat_batch_fini(&batch);
	return rc;
}

/* Looks again: what was done is so. */
static int verify(struct job *job, const struct xnat_table *wanted)
{
	struct xnat_seen seen;
	struct xnat_batch batch = {0};
	int rc = xnat_see(job->netfilter, XNAT_TABLE_NAME, &seen, job->err);

	if (rc < 0)
		return rc;
	rc = wanted ? xnat_batch_apply(wanted, &seen, &batch, job->err) : 0;
	if (rc == 0 && batch.changes)
		rc = xn_fail(job->err, EIO,
			     "table %s: was made, and is not so: %s",
			     XNAT_TABLE_NAME, xnat_batch_label(&batch, 1));
	job->report->table_stays = !wanted && seen.exists;
	xnat_batch_fini(&batch);
	xnat_seen_fini(&seen);
	return rc;
}

/* The networks on the bridges that either table knows. */
struct inside {
	uint32_t count;
	struct xnat_inside network[INSIDE_MAX];
	uint32_t local_count;
	struct xn_address local[INSIDE_MAX];
};

static bool names_bridge(const struct xnat_table *table, const char *name)
{
	const struct xnat_set *bridges = xnat_set_named(table, "bridges");

	for (uint32_t i = 0; bridges && i < bridges->count; i++)
		if (!strncmp((const char *)bridges->element[i].key, name,
			     IFNAMSIZ))
			return true;
	return false;
}

static void add_networks(struct inside *inside, const char *bridge, int ifindex,
			 const struct xn_addr_table *addrs)
{
	for (size_t i = 0; i < addrs->count; i++) {
		const struct xn_addr *addr = &addrs->addr[i];
		struct xnat_inside *to = &inside->network[inside->count];

		if (addr->ifindex != ifindex || inside->count == INSIDE_MAX)
			continue;
		*to = (struct xnat_inside){
			.network = {.family = addr->family == AF_INET6 ? 6 : 4,
				    .prefix = addr->prefix_length}};
		memcpy(to->network.octet, addr->address, 16);
		(void)xn_text_copy(to->bridge, sizeof(to->bridge), bridge);
		inside->count++;
	}
}

static void add_locals(struct inside *inside, const struct xn_addr_table *addrs)
{
	for (size_t i = 0; i < addrs->count && i < INSIDE_MAX; i++) {
		struct xn_address *to = &inside->local[inside->local_count++];

		to->family = addrs->addr[i].family == AF_INET6 ? 6 : 4;
		memcpy(to->octet, addrs->addr[i].address, 16);
	}
}

/* The table's bridges, but for those of `but` (NULL: none). One that is gone
 * has no networks any more. */
static void add_bridges(struct job *job, const struct xnat_table *table,
			const struct xnat_table *but,
			const struct xn_addr_table *addrs,
			struct inside *inside)
{
	const struct xnat_set *bridges = xnat_set_named(table, "bridges");

	for (uint32_t i = 0; bridges && i < bridges->count; i++) {
		char name[IFNAMSIZ] = "";
		struct xn_link link;

		memcpy(name, bridges->element[i].key, IFNAMSIZ - 1);
		if (!(but && names_bridge(but, name)) &&
		    !xn_link_get(job->route, name, &link, NULL))
			add_networks(inside, name, link.ifindex, addrs);
	}
}

static int find_inside(struct job *job, const struct xnat_table *before,
		       const struct xnat_table *now, struct inside *inside)
{
	struct xn_addr_table addrs;
	int rc = xn_addr_dump(job->route, 0, &addrs, job->err);

	if (rc < 0)
		return rc;
	add_bridges(job, now, NULL, &addrs, inside);
	add_bridges(job, before, now, &addrs, inside);
	add_locals(inside, &addrs);
	xn_addr_table_fini(&addrs);
	return 0;
}

static int purge(struct job *job, const struct xnat_table *before,
		 const struct xnat_table *now)
{
	struct inside *inside = calloc(1, sizeof(*inside));
	struct xnat_view view = {.before = before,
				 .now = now,
				 .only_led = xnat_hide_same(before, now)};
	int rc;

	if (!inside)
		return xn_fail(job->err, ENOMEM, "out of memory");
	rc = find_inside(job, before, now, inside);
	view.inside = inside->network;
	view.inside_count = inside->count;
	view.local = inside->local;
	view.local_count = inside->local_count;
	if (rc == 0)
		rc = xnat_flows_purge(job->netfilter, &view,
				      &job->report->flows_ended, job->err);
	free(inside);
	return rc;
}

/* From what is seen to what is wanted; NULL: nothing is. -ERESTART: somebody
 * changed something in between. */
static int try_make_so(struct job *job, const struct xnat_table *wanted)
{
	const struct xnat_table nothing = {0};
	struct xnat_report *report = job->report;
	struct xnat_seen seen;
	int rc = xnat_see(job->netfilter, XNAT_TABLE_NAME, &seen, job->err);

	if (rc < 0)
		return rc;
	rc = change(job, &seen, wanted, &report->table_changes);
	if (rc == 0 && !job->dry)
		rc = verify(job, wanted);
	if (rc == 0 && !job->dry && report->table_changes)
		rc = purge(job, &seen.table, wanted ? wanted : &nothing);
	xnat_seen_fini(&seen);
	return rc;
}

/* Others may be at work on their tables. */
static int make_so(struct job *job, const struct xnat_table *wanted)
{
	struct xn_err *err = job->err;
	struct xn_err why = {0};
	uint32_t changes = job->report->change_count;
	int rc = -ERESTART;

	job->err = &why;
	for (int i = 0; i < ATTEMPTS_MAX && rc == -ERESTART; i++) {
		why.set = false;
		job->report->change_count = changes;
		rc = try_make_so(job, wanted);
	}
	job->err = err;
	return rc < 0 ? xn_fail(err, -rc, "%s", xn_err_text(&why)) : rc;
}

static int plan(struct job *job, const struct xn_planeconf *conf,
		const struct xnat_guests *more, struct xnat_table *ret_table)
{
	struct xnat_features features = {0};
	struct xnat_guests guests;
	unsigned int at = 0;
	const char *missing;
	int rc = 0;

	if (job->features)
		features = *job->features;
	else
		rc = xnat_probe(job->netfilter, &features, job->err);
	if (rc < 0)
		return rc;
	while ((missing = xnat_feature_missing(&features, &at)))
		warn(job->report, missing);
	rc = xnat_guests_gather(job->route, conf, more, &guests, job->err);
	if (rc < 0)
		return rc;
	rc = xnat_plan(conf, &guests, &features, ret_table, job->err);
	xnat_guests_fini(&guests);
	if (rc < 0)
		return rc;
	job->report->rules = xnat_table_rules(ret_table);
	job->report->elements = ret_table->elements;
	return 0;
}

static void say_host(void *arg, const char *words)
{
	xnat_report_change(arg, words);
}

/* What of the host is held; conf NULL: nothing any more. */
static int set_host(struct job *job, const struct xn_planeconf *conf)
{
	struct xnat_host_job how = {.dry = job->dry,
				    .wait = !job->at_once,
				    .say = say_host,
				    .arg = job->report};
	int rc = xnat_host_set(job->route, conf, &how, job->err);

	job->report->host_changes = how.changes;
	return rc;
}

static int say_others(struct job *job, const struct xn_planeconf *conf)
{
	struct xnat_others others = {0};
	int rc = xnat_coexist(job->netfilter, conf, &others, job->err);

	for (uint32_t i = 0; i < others.count; i++)
		warn(job->report, others.text[i]);
	return rc;
}

static bool wants_nat(const struct xn_planeconf *conf)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		if (xnat_is_nat(&conf->bridge[i]))
			return true;
	return false;
}

static int apply(struct job *job, const struct xn_planeconf *conf,
		 const struct xnat_guests *guests)
{
	struct xnat_table wanted;
	int rc = plan(job, conf, guests, &wanted);

	if (rc < 0)
		return rc;
	rc = make_so(job, &wanted);
	if (rc == 0)
		rc = set_host(job, conf);
	if (rc == 0)
		rc = say_others(job, conf);
	xnat_table_fini(&wanted);
	return rc;
}

static int stop(struct job *job)
{
	int given = set_host(job, NULL);
	int rc = make_so(job, NULL);

	return rc < 0 ? rc : given;
}

int xnat_make(const struct xnat_want *want, struct xnat_report *ret_report,
	      struct xn_err *err)
{
	struct job job = {.netfilter = want->netfilter,
			  .dry = want->dry,
			  .at_once = want->at_once,
			  .features = want->features,
			  .report = ret_report,
			  .err = err};
	int rc;

	*ret_report = (struct xnat_report){0};
	rc = open_job(&job);
	if (rc == 0)
		rc = want->conf && wants_nat(want->conf)
			     ? apply(&job, want->conf, want->guests)
			     : stop(&job);
	close_job(&job, want);
	return rc;
}

int xnat_apply(const struct xn_planeconf *conf,
	       const struct xnat_guests *guests, struct xnat_report *ret_report,
	       struct xn_err *err)
{
	const struct xnat_want want = {.conf = conf, .guests = guests};

	return xnat_make(&want, ret_report, err);
}

int xnat_apply_dry(const struct xn_planeconf *conf,
		   const struct xnat_guests *guests,
		   struct xnat_report *ret_report, struct xn_err *err)
{
	const struct xnat_want want = {
		.conf = conf, .guests = guests, .dry = true};

	return xnat_make(&want, ret_report, err);
}

int xnat_stop(struct xnat_report *ret_report, struct xn_err *err)
{
	const struct xnat_want want = {.conf = NULL};

	return xnat_make(&want, ret_report, err);
}

int xnat_forget(struct xn_nl *netfilter, const struct xn_address *gone,
		uint32_t count, uint32_t *ret_ended, struct xn_err *err)
{
	struct xn_nl *own = NULL;
	int rc = netfilter ? 0 : xn_nl_open_netfilter(&own, err);

	if (rc < 0)
		return rc;
	rc = xnat_flows_forget(netfilter ? netfilter : own, gone, count,
			       ret_ended, err);
	xn_nl_close(own);
	return rc;
}
