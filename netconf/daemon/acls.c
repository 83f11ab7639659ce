/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See acls.h. Names and addresses come from the file, the toolstack and the
 * kernel, each checked by who read it. */
#include "netconf/daemon/acls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/acl/compile.h"
#include "netconf/base/log.h"
#include "netconf/base/text.h"
#include "netconf/daemon/config.h"
#include "netconf/daemon/keeper.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/vifs.h"

/* A guest that comes or goes is several events, and seldom comes alone. */
#define SETTLE_MS 20u

/* The last number has no entry: a vif whose list finds none gets that. */
#define ENTRIES (XN_ACLS_MAX - 1)
_Static_assert(XN_CONF_ACLS_MAX <= ENTRIES,
	       "each access list of a file has a number");

/* By the number that the data process knows it by, less 1. */
struct entry {
	char name[XN_ACL_NAME_MAX]; /* "": free */
	struct xsw_acl *program;    /* as it was sent; NULL: not yet */
	struct xn_err problem;
};

struct xn_acls {
	struct xn_daemon *daemon;
	struct xn_source *soon; /* timer */
	bool due;
	struct xn_err full; /* what the last one met who asked for a number */
	struct entry entry[ENTRIES];
	uint32_t host_count;
	struct xn_address host[XN_HOST_ADDRESSES_MAX];
	struct xacl_guest guest[XN_VIFS_MAX];
};

static struct entry *find(struct xn_acls *acls, const char *name)
{
	for (uint32_t i = 0; i < ENTRIES; i++)
		if (!strcmp(acls->entry[i].name, name))
			return &acls->entry[i];
	return NULL;
}

static uint32_t number_of(const struct xn_acls *acls, const struct entry *entry)
{
	return (uint32_t)(entry - acls->entry) + 1;
}

static uint32_t gather_guests(struct xn_acls *acls)
{
	struct xn_vifs *vifs = acls->daemon->vifs;
	uint32_t count = 0;

	for (struct xn_vif *vif = xn_vifs_from(vifs, 0); vif;
	     vif = xn_vifs_from(vifs, vif->slot + 1)) {
		const struct xn_acl_identity *who = &vif->policy.identity;

		acls->guest[count++] = (struct xacl_guest){
			.name = {who->name[0], who->name[1], who->guest},
			.acl = who->acl,
			.has_mac = who->has_mac,
			.mac = who->mac,
			.by_mac = who->by_mac,
			.guarded = who->guarded,
			.address_count = who->address_count,
			.address = who->address,
		};
	}
	return count;
}

static void send_program(struct xn_acls *acls, const struct entry *entry)
{
	const struct xsw_acl *program = entry->program;

	for (uint32_t at = 0; at < program->bytes; at += XN_DL_ACL_PART) {
		uint32_t left = program->bytes - at;
		struct xn_dl_acl part = {
			.acl = number_of(acls, entry),
			.total = program->bytes,
			.offset = at,
			.bytes = left < XN_DL_ACL_PART ? left : XN_DL_ACL_PART,
		};

		memcpy(part.data, (const uint8_t *)program + at, part.bytes);
		xn_datapath_send(acls->daemon->datapath, XN_DL_ACL, &part, NULL,
				 0);
	}
}

/* Whoever waits for its answer, waits for the list as well. */
static void await_answers(struct xn_acls *acls, const struct entry *entry)
{
	struct xn_vifs *vifs = acls->daemon->vifs;

	for (struct xn_vif *vif = xn_vifs_from(vifs, 0); vif;
	     vif = xn_vifs_from(vifs, vif->slot + 1))
		if (vif->policy.sent_valid &&
		    vif->policy.sent.acl == number_of(acls, entry))
			vif->policy.unanswered = true;
}

static void note_problem(struct entry *entry, const struct xn_err *problem,
			 const char *so)
{
	if (problem->set && strcmp(problem->text, entry->problem.text) != 0)
		xn_error("%s: %s", xn_err_text(problem), so);
	entry->problem = *problem;
}

/* NULL: out of memory. */
static struct xsw_acl *compile(struct xn_acls *acls, struct entry *entry,
			       uint32_t guest_count)
{
	struct xn_acl empty = {0};
	const struct xn_acl *acl =
		xn_config_acl(acls->daemon->config, entry->name);
	struct xacl_known known = {
		.guest_count = guest_count,
		.guest = acls->guest,
		.host_count = acls->host_count,
		.host = acls->host,
	};
	struct xsw_acl *program = NULL;
	struct xn_err problem = {0};
	int error;

	(void)xn_text_copy(empty.name, sizeof(empty.name), entry->name);
	if (!acl)
		error = xn_fail(&problem, ENOENT,
				"acl=%s: there is no [acl %s]", entry->name,
				entry->name);
	else
		error = xacl_compile(acl, &known, &program, &problem);
	if (error && error != -ENOMEM)
		(void)xacl_compile(&empty, &known, &program, NULL);
	note_problem(entry, &problem,
		     error == -ENOMEM
			     ? "it stays as it was"
			     : "what the plane needs passes, and no more");
	return program;
}

/* Whether it is another one. Without memory for it the old one stays. */
static bool renew(struct xn_acls *acls, struct entry *entry,
		  uint32_t guest_count)
{
	struct xsw_acl *program = compile(acls, entry, guest_count);
	bool same = program && entry->program &&
		    program->bytes == entry->program->bytes &&
		    !memcmp(program, entry->program, program->bytes);

	if (!program || same) {
		free(program);
		return false;
	}
	free(entry->program);
	entry->program = program;
	if (xn_datapath_is_ready(acls->daemon->datapath)) {
		send_program(acls, entry);
		await_answers(acls, entry);
	}
	return true;
}

static bool is_used(const struct xn_acls *acls, const struct entry *entry)
{
	struct xn_vifs *vifs = acls->daemon->vifs;

	for (struct xn_vif *vif = xn_vifs_from(vifs, 0); vif;
	     vif = xn_vifs_from(vifs, vif->slot + 1))
		if (!strcmp(vif->policy.identity.acl, entry->name) ||
		    (vif->policy.sent_valid &&
		     vif->policy.sent.acl == number_of(acls, entry)))
			return true;
	return false;
}

static void clear(struct xn_acls *acls, struct entry *entry)
{
	struct xn_dl_acl gone = {.acl = number_of(acls, entry)};

	if (entry->program && xn_datapath_is_ready(acls->daemon->datapath))
		xn_datapath_send(acls->daemon->datapath, XN_DL_ACL, &gone, NULL,
				 0);
	free(entry->program);
	*entry = (struct entry){.name = ""};
}

/* A place that nobody has, or has any more. */
static struct entry *make_room(struct xn_acls *acls)
{
	struct entry *entry = find(acls, "");

	for (uint32_t i = 0; !entry && i < ENTRIES; i++)
		if (!is_used(acls, &acls->entry[i]))
			entry = &acls->entry[i];
	if (entry)
		clear(acls, entry);
	return entry;
}

uint32_t xn_acls_number(struct xn_acls *acls, const char *name)
{
	struct entry *entry;

	if (!name[0])
		return 0;
	entry = find(acls, name);
	if (!entry) {
		entry = make_room(acls);
		acls->full.set = false;
		if (!entry) {
			(void)xn_fail(&acls->full, ENOSPC,
				      "more than %u access lists are in use",
				      ENTRIES);
			return XN_ACLS_MAX;
		}
		(void)xn_text_copy(entry->name, sizeof(entry->name), name);
	}
	if (!entry->program)
		(void)renew(acls, entry, gather_guests(acls));
	return number_of(acls, entry);
}

void xn_acls_update(struct xn_acls *acls)
{
	if (acls->due)
		return;
	acls->due = true;
	xn_timer_arm(acls->soon, SETTLE_MS, 0);
}

void xn_acls_flush(struct xn_acls *acls)
{
	struct xn_vifs *vifs = acls->daemon->vifs;
	uint32_t guest_count;
	bool changed = false;

	if (!acls->due)
		return;
	acls->due = false;
	guest_count = gather_guests(acls);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &acls->entry[i];

		if (entry->name[0] && !is_used(acls, entry))
			clear(acls, entry);
		else if (entry->program)
			changed |= renew(acls, entry, guest_count);
	}
	for (struct xn_vif *vif = xn_vifs_from(vifs, 0); vif;
	     vif = xn_vifs_from(vifs, vif->slot + 1)) {
		/* One that is new has no connections. */
		changed |= vif->policy.unlisted && vif->policy.sent_valid &&
			   vif->policy.identity.acl[0];
		vif->policy.unlisted = false;
	}
	if (changed)
		xn_keeper_lists_changed(acls->daemon->keeper);
}

/* Also after a flush: whoever waits for a number may find one now. */
static void on_soon(void *arg)
{
	struct xn_acls *acls = arg;

	xn_acls_flush(acls);
	xn_policy_lists_renewed(acls->daemon);
}

struct xn_acls *xn_acls_create(struct xn_daemon *daemon)
{
	struct xn_acls *acls = calloc(1, sizeof(*acls));

	if (!acls)
		return NULL;
	acls->daemon = daemon;
	acls->soon = xn_loop_add_timer(daemon->loop, on_soon, acls);
	if (acls->soon)
		return acls;
	free(acls);
	return NULL;
}

void xn_acls_destroy(struct xn_acls *acls)
{
	if (!acls)
		return;
	xn_source_destroy(acls->soon);
	for (uint32_t i = 0; i < ENTRIES; i++)
		free(acls->entry[i].program);
	free(acls);
}

void xn_acls_set_host(struct xn_acls *acls, const struct xn_address *address,
		      uint32_t count)
{
	acls->host_count =
		count < XN_HOST_ADDRESSES_MAX ? count : XN_HOST_ADDRESSES_MAX;
	memcpy(acls->host, address, acls->host_count * sizeof(*address));
	xn_acls_update(acls);
	xn_acls_flush(acls);
}

void xn_acls_data_ready(struct xn_acls *acls)
{
	for (uint32_t i = 0; i < ENTRIES; i++)
		if (acls->entry[i].program)
			send_program(acls, &acls->entry[i]);
}

const struct xsw_acl *xn_acls_program(const struct xn_acls *acls,
				      const char *name)
{
	for (uint32_t i = 0; i < ENTRIES; i++)
		if (!strcmp(acls->entry[i].name, name))
			return acls->entry[i].program;
	return NULL;
}

const char *xn_acls_problem(const struct xn_acls *acls, const char *name)
{
	const struct xn_err *problem = &acls->full;

	for (uint32_t i = 0; i < ENTRIES; i++)
		if (!strcmp(acls->entry[i].name, name))
			problem = &acls->entry[i].problem;
	return name[0] && problem->set ? xn_err_text(problem) : NULL;
}
