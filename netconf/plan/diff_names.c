/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of two models' links to operations. Pure. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/model/fields.h"
#include "netconf/plan/differ.h"

/* A link that is to have another name than it has, or is born with. */
struct renaming {
	struct xn_model_link now; /* with the name that it has by now */
	char final[IFNAMSIZ];
	bool done;
};

struct renamings {
	struct xn_differ *d;
	struct renaming *item;
	size_t count;
};

/* A name that nobody else chooses, and that says whose it is. */
static int spare_name(const struct xn_differ *d, int ifindex,
		      char ret_name[IFNAMSIZ])
{
	char name[IFNAMSIZ];

	if (xn_text_format(name, sizeof(name), "xntmp%d", ifindex) < 0)
		return xn_fail(d->err, ENAMETOOLONG, "link %d: no spare name",
			       ifindex);
	if (xn_model_link_named(d->observed, name) ||
	    xn_model_link_named(d->wanted, name))
		return xn_fail(d->err, EEXIST, "link %s is in the way", name);
	memcpy(ret_name, name, sizeof(name));
	return 0;
}

int xn_differ_birth_name(const struct xn_differ *d,
			 const struct xn_model_link *wanted,
			 char ret_name[IFNAMSIZ])
{
	if (xn_model_link_named(d->observed, wanted->name))
		return spare_name(d, wanted->ifindex, ret_name);
	memcpy(ret_name, wanted->name, IFNAMSIZ);
	return 0;
}

int xn_differ_last_name(const struct xn_differ *d,
			const struct xn_model_link *old,
			char ret_name[IFNAMSIZ])
{
	if (xn_model_link_named(d->wanted, old->name))
		return spare_name(d, old->ifindex, ret_name);
	memcpy(ret_name, old->name, IFNAMSIZ);
	return 0;
}

bool xn_differ_is_renamed(const struct xn_differ *d, int ifindex)
{
	const struct xn_model_link *before =
		xn_model_link(d->observed, ifindex);
	const struct xn_model_link *after = xn_model_link(d->wanted, ifindex);

	return before && after && strcmp(before->name, after->name) != 0;
}

static void note(struct renamings *r, const struct xn_model_link *now,
		 const char *final)
{
	struct renaming *item = &r->item[r->count];

	if (strcmp(now->name, final) == 0)
		return;
	item->now = *now;
	memcpy(item->final, final, strnlen(final, IFNAMSIZ - 1) + 1);
	r->count++;
}

static int note_wanted(struct renamings *r, const struct xn_model_link *after)
{
	const struct xn_model_link *before =
		xn_model_link(r->d->observed, after->ifindex);
	struct xn_model_link born = *after;
	int rc;

	born.up = false; /* nobody uses it yet */

	if (before) {
		note(r, before, after->name);
		return 0;
	}
	rc = xn_differ_birth_name(r->d, after, born.name);
	if (rc == 0)
		note(r, &born, after->name);
	return rc;
}

static int note_old(struct renamings *r, const struct xn_model_link *before)
{
	char last[IFNAMSIZ];
	int rc = 0;

	if (xn_model_link(r->d->wanted, before->ifindex))
		return 0;
	rc = xn_differ_last_name(r->d, before, last);
	if (rc == 0)
		note(r, before, last);
	return rc;
}

static int note_all(struct renamings *r)
{
	const struct xn_differ *d = r->d;
	int rc = 0;

	for (size_t i = 0; i < xn_model_count(d->wanted, XN_LINK) && rc == 0;
	     i++)
		rc = note_wanted(r, xn_model_at(d->wanted, XN_LINK, i));
	for (size_t i = 0; i < xn_model_count(d->observed, XN_LINK) && rc == 0;
	     i++)
		rc = note_old(r, xn_model_at(d->observed, XN_LINK, i));
	return rc;
}

static bool is_taken(const struct renamings *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->item[i].now.name, name) == 0)
			return true;
	}
	return false;
}

static size_t name_field(void)
{
	size_t at = 0;

	while (xn_noun[XN_LINK].field[at].offset !=
	       offsetof(struct xn_model_link, name))
		at++;
	return at;
}

static int give(struct renamings *r, struct renaming *item, const char *name)
{
	const struct xn_model_link *wanted =
		xn_model_link(r->d->wanted, item->now.ifindex);
	struct xn_model_link after = wanted ? *wanted : item->now;
	struct xn_op op;

	memcpy(after.name, name, sizeof(after.name));
	op = xn_differ_op(XN_CHANGE, XN_LINK, &item->now, &after,
			  item->now.up ? XN_COST_RESTART : XN_COST_NONE);
	op.field = (uint8_t)name_field();
	item->now = after;
	item->done = strcmp(item->final, name) == 0;
	return xn_differ_emit(r->d, &op, XN_STEP_MOVE, XN_RANK_NAME,
			      after.ifindex);
}

/* Those whose names are free. */
static int give_free(struct renamings *r, size_t *ret_given)
{
	int rc = 0;

	*ret_given = 0;
	for (size_t i = 0; i < r->count && rc == 0; i++) {
		struct renaming *item = &r->item[i];

		if (item->done || is_taken(r, item->final))
			continue;
		rc = give(r, item, item->final);
		(*ret_given)++;
	}
	return rc;
}

/* Everybody waits for somebody else: one steps aside. */
static int step_aside(struct renamings *r, bool *ret_done)
{
	char name[IFNAMSIZ];
	int rc;

	for (size_t i = 0; i < r->count; i++) {
		struct renaming *item = &r->item[i];

		if (item->done)
			continue;
		rc = spare_name(r->d, item->now.ifindex, name);
		return rc < 0 ? rc : give(r, item, name);
	}
	*ret_done = true;
	return 0;
}

int xn_differ_names(struct xn_differ *d)
{
	size_t links = xn_model_count(d->wanted, XN_LINK) +
		       xn_model_count(d->observed, XN_LINK);
	struct renamings r = {.d = d};
	bool done = false;
	size_t given;
	int rc;

	r.item = calloc(links + 1, sizeof(*r.item));
	if (!r.item)
		return xn_fail(d->err, ENOMEM, "plan: out of memory");
	rc = note_all(&r);
	while (rc == 0 && !done) {
		rc = give_free(&r, &given);
		if (rc == 0 && given == 0)
			rc = step_aside(&r, &done);
	}
	free(r.item);
	return rc;
}
