/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message each, see batch.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "natd/batch.h"
#include "natd/build.h"

/* The largest message: elements, whose list is an attribute of 16 bits. */
#define MESSAGE_BYTES_MAX ((size_t)65536)
#define ELEMENTS_MAX 128u

static bool make_room(struct xnat_batch *batch)
{
	size_t room = batch->room ? batch->room * 2 : 4 * MESSAGE_BYTES_MAX;
	uint32_t labels = batch->label_room ? batch->label_room * 2 : 64;
	void *more;

	if (batch->error)
		return false;
	if (batch->room - batch->bytes < MESSAGE_BYTES_MAX) {
		more = realloc(batch->message, room);
		if (!more)
			goto no_memory;
		batch->message = more;
		batch->room = room;
	}
	if (batch->count == batch->label_room) {
		more = reallocarray(batch->label, labels,
				    sizeof(*batch->label));
		if (!more)
			goto no_memory;
		batch->label = more;
		batch->label_room = labels;
	}
	return true;
no_memory:
	batch->error = -ENOMEM;
	return false;
}

struct nlmsghdr *xnat_message_begin(struct xnat_batch *batch, uint16_t type,
				    uint16_t flags, const char *what,
				    const char *name)
{
	if (!make_room(batch))
		return NULL;
	if (batch->count == 0) {
		struct nlmsghdr *begin = nftnl_batch_begin(
			(char *)batch->message + batch->bytes, 0);

		(void)snprintf(batch->label[batch->count++], XNAT_LABEL_MAX,
			       "begin");
		if (batch->generation)
			mnl_attr_put_u32(begin, NFNL_BATCH_GENID,
					 batch->generation);
		batch->bytes += NLMSG_ALIGN(begin->nlmsg_len);
		if (!make_room(batch))
			return NULL;
	}
	(void)snprintf(batch->label[batch->count], XNAT_LABEL_MAX, "%s %s",
		       what, name);
	return nftnl_nlmsg_build_hdr((char *)batch->message + batch->bytes,
				     type, NFPROTO_INET, flags, 0);
}

void xnat_message_end(struct xnat_batch *batch, const struct nlmsghdr *header)
{
	batch->bytes += NLMSG_ALIGN(header->nlmsg_len);
	batch->count++;
}

/* A message that names the table and one thing in it. */
static void put_named(struct xnat_batch *batch, uint16_t type, uint16_t attr,
		      const char *what, const char *name)
{
	struct nlmsghdr *header =
		xnat_message_begin(batch, type, 0, what, name);

	if (!header)
		return;
	mnl_attr_put_strz(header, NFTA_TABLE_NAME, batch->table);
	if (attr)
		mnl_attr_put_strz(header, attr, name);
	xnat_message_end(batch, header);
	batch->changes++;
}

/* Each family of messages names its table by the attribute 1. */
_Static_assert(NFTA_CHAIN_TABLE == (int)NFTA_TABLE_NAME &&
		       NFTA_RULE_TABLE == (int)NFTA_TABLE_NAME &&
		       NFTA_SET_TABLE == (int)NFTA_TABLE_NAME &&
		       NFTA_OBJ_TABLE == (int)NFTA_TABLE_NAME,
	       "one number for all");

void xnat_add_table(struct xnat_batch *batch)
{
	struct nlmsghdr *header =
		xnat_message_begin(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE,
				   "add table", batch->table);

	if (!header)
		return;
	mnl_attr_put_strz(header, NFTA_TABLE_NAME, batch->table);
	xnat_message_end(batch, header);
	batch->changes++;
}

void xnat_delete_table(struct xnat_batch *batch)
{
	put_named(batch, NFT_MSG_DELTABLE, 0, "delete table", batch->table);
}

void xnat_add_chain(struct xnat_batch *batch, const struct xnat_chain *chain)
{
	struct nlmsghdr *header =
		xnat_message_begin(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE,
				   "add chain", chain->name);
	struct nftnl_chain *built;

	if (!header)
		return;
	built = xnat_build_chain(batch->table, chain);
	if (!built) {
		batch->error = -ENOMEM;
		return;
	}
	nftnl_chain_nlmsg_build_payload(header, built);
	nftnl_chain_free(built);
	xnat_message_end(batch, header);
	batch->changes++;
}

void xnat_delete_chain(struct xnat_batch *batch, const char *name)
{
	put_named(batch, NFT_MSG_DELCHAIN, NFTA_CHAIN_NAME, "delete chain",
		  name);
}

void xnat_flush_chain(struct xnat_batch *batch, const char *name)
{
	put_named(batch, NFT_MSG_DELRULE, NFTA_RULE_CHAIN, "empty chain", name);
}

void xnat_add_rule(struct xnat_batch *batch, const char *chain,
		   const struct xnat_rule *rule)
{
	struct nlmsghdr *header = xnat_message_begin(
		batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
		"add a rule to chain", chain);
	struct nftnl_rule *built;

	if (!header)
		return;
	built = xnat_build_rule(batch->table, chain, rule);
	if (!built) {
		batch->error = -ENOMEM;
		return;
	}
	nftnl_rule_nlmsg_build_payload(header, built);
	nftnl_rule_free(built);
	xnat_message_end(batch, header);
	batch->changes++;
}

void xnat_add_set(struct xnat_batch *batch, const struct xnat_set *set)
{
	struct nlmsghdr *header = xnat_message_begin(batch, NFT_MSG_NEWSET,
						     NLM_F_CREATE | NLM_F_EXCL,
						     "add set", set->name);
	struct nftnl_set *built;

	if (!header)
		return;
	built = xnat_build_set(batch->table, set);
	if (!built) {
		batch->error = -ENOMEM;
		return;
	}
	nftnl_set_nlmsg_build_payload(header, built);
	nftnl_set_free(built);
	xnat_message_end(batch, header);
	batch->changes++;
}

void xnat_delete_set(struct xnat_batch *batch, const char *name)
{
	put_named(batch, NFT_MSG_DELSET, NFTA_SET_NAME, "delete set", name);
}

static void tell_some(struct xnat_batch *batch, bool add,
		      const struct xnat_set *set, const uint32_t *place,
		      uint32_t count)
{
	struct nlmsghdr *header;
	struct nlattr *list;
	char what[40];

	(void)snprintf(what, sizeof(what), "%s %u element%s %s",
		       add ? "add" : "delete", count, count == 1 ? "" : "s",
		       add ? "to" : "from");
	header = xnat_message_begin(
		batch, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
		add ? NLM_F_CREATE | NLM_F_EXCL : 0, what, set->name);
	if (!header)
		return;
	mnl_attr_put_strz(header, NFTA_SET_ELEM_LIST_TABLE, batch->table);
	mnl_attr_put_strz(header, NFTA_SET_ELEM_LIST_SET, set->name);
	list = mnl_attr_nest_start(header, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (uint32_t i = 0; i < count; i++) {
		struct nftnl_set_elem *built =
			xnat_build_element(set, &set->element[place[i]]);

		if (!built) {
			batch->error = -ENOMEM;
			return;
		}
		(void)nftnl_set_elem_nlmsg_build(header, built, (int)i + 1);
		nftnl_set_elem_free(built);
	}
	mnl_attr_nest_end(header, list);
	xnat_message_end(batch, header);
	batch->changes += count;
}

void xnat_tell_elements(struct xnat_batch *batch, bool add,
			const struct xnat_set *set, const uint32_t *place,
			uint32_t count)
{
	for (uint32_t i = 0; i < count; i += ELEMENTS_MAX)
		tell_some(batch, add, set, place + i,
			  count - i < ELEMENTS_MAX ? count - i : ELEMENTS_MAX);
}

/* libnftnl knows no times but TCP's and UDP's. */
static void put_object(struct xnat_batch *batch, bool add, const char *name,
		       const struct xnat_timeout *timeout)
{
	struct nlmsghdr *header = xnat_message_begin(
		batch, add ? NFT_MSG_NEWOBJ : NFT_MSG_DELOBJ,
		add ? NLM_F_CREATE | NLM_F_EXCL : 0,
		add ? "add timeouts" : "delete timeouts", name);
	struct nlattr *data, *steps;

	if (!header)
		return;
	mnl_attr_put_strz(header, NFTA_OBJ_TABLE, batch->table);
	mnl_attr_put_strz(header, NFTA_OBJ_NAME, name);
	mnl_attr_put_u32(header, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_CT_TIMEOUT));
	if (timeout) {
		data = mnl_attr_nest_start(header, NFTA_OBJ_DATA);
		mnl_attr_put_u16(header, NFTA_CT_TIMEOUT_L3PROTO,
				 htons(NFPROTO_INET));
		mnl_attr_put_u8(header, NFTA_CT_TIMEOUT_L4PROTO,
				timeout->protocol);
		steps = mnl_attr_nest_start(header, NFTA_CT_TIMEOUT_DATA);
		for (uint32_t i = 0; i < timeout->count; i++)
			mnl_attr_put_u32(header, timeout->step[i].attr,
					 htonl(timeout->step[i].seconds));
		mnl_attr_nest_end(header, steps);
		mnl_attr_nest_end(header, data);
	}
	xnat_message_end(batch, header);
	batch->changes++;
}

void xnat_add_timeout(struct xnat_batch *batch,
		      const struct xnat_timeout *timeout)
{
	put_object(batch, true, timeout->name, timeout);
}

void xnat_delete_timeout(struct xnat_batch *batch, const char *name)
{
	put_object(batch, false, name, NULL);
}
