/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections behind NAT that the access lists of now do not allow are ended,
 * see keeper.h: their packets are dropped already, and an entry that stayed
 * would keep their ports. Called by keeper.c.
 */
#include "netconf/daemon/keeper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "natd/flow.h"
#include "netconf/acl/flow.h"
#include "netconf/daemon/acls.h"

/* An address of a guest with a list. */
struct member {
	uint8_t family;
	uint8_t octet[16];
	const struct xsw_acl *program;
};

struct members {
	struct member *item; /* in order */
	size_t count, room;
};

static int compare(const void *a, const void *b)
{
	const struct member *one = a, *other = b;

	if (one->family != other->family)
		return one->family < other->family ? -1 : 1;
	return memcmp(one->octet, other->octet, sizeof(one->octet));
}

static int add_member(struct members *members, const char *text,
		      const struct xsw_acl *program)
{
	bool ipv6 = text && strchr(text, ':');
	struct member member = {.family = ipv6 ? 6 : 4, .program = program};

	if (!text ||
	    inet_pton(ipv6 ? AF_INET6 : AF_INET, text, member.octet) != 1)
		return 0;
	if (members->count == members->room) {
		size_t room = members->room ? members->room * 2 : 64;
		void *more = reallocarray(members->item, room,
					  sizeof(*members->item));

		if (!more)
			return -ENOMEM;
		members->item = more;
		members->room = room;
	}
	members->item[members->count++] = member;
	return 0;
}

static int gather(const struct xn_acls *acls, const json_t *vifs,
		  struct members *members)
{
	const json_t *vif, *item;
	size_t i, k;
	int rc = 0;

	json_array_foreach (vifs, i, vif) {
		const char *name =
			json_string_value(json_object_get(vif, "acl"));
		const struct xsw_acl *program =
			name && name[0] ? xn_acls_program(acls, name) : NULL;

		if (!program)
			continue;
		json_array_foreach (json_object_get(vif, "addresses"), k, item)
			rc = rc ? rc
				: add_member(members, json_string_value(item),
					     program);
	}
	if (members->count)
		qsort(members->item, members->count, sizeof(*members->item),
		      compare);
	return rc;
}

static const struct xsw_acl *program_of(const struct members *members,
					uint8_t family, const uint8_t *octet)
{
	struct member wanted = {.family = family};
	const struct member *found;

	memcpy(wanted.octet, octet, sizeof(wanted.octet));
	found = bsearch(&wanted, members->item, members->count, sizeof(wanted),
			compare);
	return found ? found->program : NULL;
}

/* The guest who began it, or the one who answers. */
static bool is_cut(const void *arg, const struct xnat_flow *flow)
{
	const struct members *members = arg;
	const struct xsw_acl *of_source =
		program_of(members, flow->family, flow->source);
	const struct xsw_acl *of_target =
		program_of(members, flow->family, flow->reply_source);
	struct xacl_flow begun = {.family = flow->family,
				  .protocol = flow->protocol,
				  .out = true,
				  .guest_port = flow->source_port,
				  .peer_port = flow->destination_port};
	struct xacl_flow let_in = {.family = flow->family,
				   .protocol = flow->protocol,
				   .guest_port = flow->reply_source_port,
				   .peer_port = flow->reply_destination_port};

	memcpy(begun.guest, flow->source, 16);
	memcpy(begun.peer, flow->destination, 16);
	memcpy(let_in.guest, flow->reply_source, 16);
	memcpy(let_in.peer, flow->reply_destination, 16);
	return (of_source && !xacl_flow_allowed(of_source, &begun)) ||
	       (of_target && !xacl_flow_allowed(of_target, &let_in));
}

int xn_keeper_cut(struct xn_force *force, const struct xn_acls *acls,
		  const json_t *vifs, uint32_t *ret_ended, struct xn_err *err)
{
	struct members members = {0};
	int rc = gather(acls, vifs, &members);

	*ret_ended = 0;
	if (rc < 0)
		(void)xn_fail(err, ENOMEM, "out of memory");
	else if (members.count)
		rc = xn_force_end(force, is_cut, &members, ret_ended, err);
	free(members.item);
	return rc;
}
