/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's table in a few dumps, see seen.h. Somebody may change it
 * between two of them: what is then planned is refused by the kernel, which is
 * told of which generation it is.
 */
#include "natd/seen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "natd/build.h"
#include "netconf/base/text.h"
#include "netconf/nl/request.h"

#define ROOM_MIN 8u
#define ATTEMPTS_MAX 5
#define RULES_MAX 65536u /* of a chain; others' may be many */

/* The type of a base chain, as a word that stays. */
static const char *type_word(const char *type)
{
	return type && !strcmp(type, "nat")	 ? "nat"
	       : type && !strcmp(type, "filter") ? "filter"
						 : "other";
}

/* One attempt at all dumps. */
struct seer {
	struct xnat_seen *seen;
	const char *set; /* whose elements are asked for */
	uint32_t begun;	 /* of the dump at hand: how often */
	bool again;	 /* a dump was begun twice: its first part is kept */
};

bool xnat_is_admins(const char *name)
{
	return strncmp(name, XNAT_ADMINS, sizeof(XNAT_ADMINS) - 1) == 0;
}

static bool is_ours(const struct xnat_seen *seen, const char *table,
		    uint32_t family)
{
	return table && !strcmp(table, seen->name) && family == NFPROTO_INET;
}

static int answer_table(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	const struct nlattr *attr[NFTA_TABLE_MAX + 1] = {0};
	struct seer *seer = arg;
	struct nfgenmsg info;
	char name[NFT_NAME_MAXLEN] = "";
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload ||
	    xn_nl_attrs(payload, left, attr, NFTA_TABLE_MAX + 1) < 0 ||
	    xn_nl_read_text(attr[NFTA_TABLE_NAME], name, sizeof(name)) < 0)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	seer->seen->exists |= is_ours(seer->seen, name, info.nfgen_family);
	return 0;
}

static int take_chain(struct xnat_seen *seen, struct nftnl_chain *chain)
{
	const char *name = nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME);
	bool is_base = nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM);
	uint32_t place;

	if (!name || strlen(name) >= XNAT_NAME_MAX)
		return 0; /* none of ours is so long: it is left alone */
	place = xnat_chain_add(&seen->table, name);
	if (seen->table.error)
		return seen->table.error;
	if (is_base) {
		struct xnat_chain *to = &seen->table.chain[place];
		uint32_t policy =
			nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY);

		to->is_base = true;
		to->type =
			type_word(nftnl_chain_get_str(chain, NFTNL_CHAIN_TYPE));
		/* One that drops by default is not the one that was made. */
		if (policy != NF_ACCEPT)
			to->type = "other";
		to->hook = nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM);
		to->priority = nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO);
	}
	return 0;
}

static int answer_chain(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	int rc = 0;

	(void)bytes;
	if (!chain)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(header, chain) < 0)
		rc = -EBADMSG;
	else if (is_ours(((struct seer *)arg)->seen,
			 nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE),
			 nftnl_chain_get_u32(chain, NFTNL_CHAIN_FAMILY)))
		rc = take_chain(((struct seer *)arg)->seen, chain);
	nftnl_chain_free(chain);
	return rc;
}

static int add_drops(struct nftnl_expr *expr, void *arg)
{
	uint64_t *sum = arg;

	if (!strcmp(nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), "counter"))
		*sum += nftnl_expr_get_u64(expr, NFTNL_EXPR_CTR_PACKETS);
	return 0;
}

static int take_rule(struct xnat_seen *seen, struct nftnl_rule *rule)
{
	const char *chain = nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN);
	int place = chain ? xnat_seen_chain(seen, chain) : -1;
	struct xnat_seen_rules *rules;
	char *text;

	if (place < 0)
		return 0;
	rules = &seen->rules[place];
	if (rules->count == rules->room) {
		uint32_t room = rules->room ? rules->room * 2 : ROOM_MIN;
		char **more = reallocarray(rules->text, room, sizeof(*more));

		if (!more || room > RULES_MAX) {
			rules->text = more ? more : rules->text;
			return -ENOMEM;
		}
		rules->text = more;
		rules->room = room;
	}
	(void)nftnl_expr_foreach(rule, add_drops, &rules->dropped);
	text = xnat_rule_text(rule);
	if (!text)
		return -ENOMEM;
	rules->text[rules->count++] = text;
	return 0;
}

static int answer_rule(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	int rc = 0;

	(void)bytes;
	if (!rule)
		return -ENOMEM;
	if (nftnl_rule_nlmsg_parse(header, rule) < 0)
		rc = -EBADMSG;
	else if (is_ours(((struct seer *)arg)->seen,
			 nftnl_rule_get_str(rule, NFTNL_RULE_TABLE),
			 nftnl_rule_get_u32(rule, NFTNL_RULE_FAMILY)))
		rc = take_rule(((struct seer *)arg)->seen, rule);
	nftnl_rule_free(rule);
	return rc;
}

static void read_set(const struct nftnl_set *from, struct xnat_set *set)
{
	uint32_t flags = nftnl_set_get_u32(from, NFTNL_SET_FLAGS);
	bool is_map = flags & NFT_SET_MAP;

	set->key_type = nftnl_set_get_u32(from, NFTNL_SET_KEY_TYPE);
	set->key_bytes = nftnl_set_get_u32(from, NFTNL_SET_KEY_LEN);
	set->has_intervals = flags & NFT_SET_INTERVAL;
	set->is_dynamic = flags & NFT_SET_EVAL;
	set->data_type =
		is_map ? nftnl_set_get_u32(from, NFTNL_SET_DATA_TYPE) : 0;
	set->is_verdicts = set->data_type == NFT_DATA_VERDICT;
	if (is_map && !set->is_verdicts)
		set->data_bytes = nftnl_set_get_u32(from, NFTNL_SET_DATA_LEN);
}

static int take_set(struct xnat_seen *seen, const struct nftnl_set *from)
{
	const char *name = nftnl_set_get_str(from, NFTNL_SET_NAME);
	struct xnat_set set = {0};

	if (!name || strlen(name) >= XNAT_NAME_MAX || xnat_is_admins(name)) {
		seen->has_admins_sets = true;
		return 0;
	}
	/* Anonymous ones go with their rules. */
	if (nftnl_set_get_u32(from, NFTNL_SET_FLAGS) & NFT_SET_ANONYMOUS)
		return 0;
	(void)xn_text_copy(set.name, sizeof(set.name), name);
	read_set(from, &set);
	if (set.key_bytes > XNAT_VALUE_MAX || set.data_bytes > XNAT_VALUE_MAX)
		return -EBADMSG;
	xnat_set_add(&seen->table, &set);
	return seen->table.error;
}

static int answer_set(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct nftnl_set *set = nftnl_set_alloc();
	int rc = 0;

	(void)bytes;
	if (!set)
		return -ENOMEM;
	if (nftnl_set_nlmsg_parse(header, set) < 0)
		rc = -EBADMSG;
	else if (is_ours(((struct seer *)arg)->seen,
			 nftnl_set_get_str(set, NFTNL_SET_TABLE),
			 nftnl_set_get_u32(set, NFTNL_SET_FAMILY)))
		rc = take_set(((struct seer *)arg)->seen, set);
	nftnl_set_free(set);
	return rc;
}

static void copy_value(uint8_t to[XNAT_VALUE_MAX], struct nftnl_set_elem *from,
		       uint16_t attr)
{
	uint32_t bytes = 0;
	const void *value = nftnl_set_elem_get(from, attr, &bytes);

	if (value && bytes <= XNAT_VALUE_MAX)
		memcpy(to, value, bytes);
}

static int take_element(struct nftnl_set_elem *from, void *arg)
{
	const struct seer *seer = arg;
	struct xnat_element element = {0};

	copy_value(element.key, from, NFTNL_SET_ELEM_KEY);
	copy_value(element.key_end, from, NFTNL_SET_ELEM_KEY_END);
	if (nftnl_set_elem_is_set(from, NFTNL_SET_ELEM_DATA))
		copy_value(element.data, from, NFTNL_SET_ELEM_DATA);
	if (nftnl_set_elem_is_set(from, NFTNL_SET_ELEM_CHAIN))
		(void)xn_text_copy(
			element.chain, sizeof(element.chain),
			nftnl_set_elem_get_str(from, NFTNL_SET_ELEM_CHAIN));
	xnat_element_add(&seer->seen->table, seer->set, &element);
	return seer->seen->table.error;
}

static int answer_element(void *arg, const struct nlmsghdr *header,
			  size_t bytes)
{
	struct nftnl_set *set = nftnl_set_alloc();
	int rc;

	(void)bytes;
	if (!set)
		return -ENOMEM;
	if (nftnl_set_elems_nlmsg_parse(header, set) < 0)
		rc = -EBADMSG;
	else
		rc = nftnl_set_elem_foreach(set, take_element, arg);
	nftnl_set_free(set);
	return rc;
}

static int read_times(const struct nlattr *nest, struct xnat_timeout *timeout)
{
	const void *at = xn_nl_data(nest);
	size_t left = xn_nl_bytes(nest);
	const struct nlattr *attr;
	int rc;

	while ((rc = xn_nl_attr_next(&at, &left, &attr)) > 0) {
		uint32_t seconds = 0;

		if (timeout->count == XNAT_TIMEOUT_STEPS_MAX ||
		    xn_nl_read_u32(attr, &seconds) < 0)
			return -EBADMSG;
		timeout->step[timeout->count].attr = xn_nl_type(attr);
		timeout->step[timeout->count].seconds = ntohl(seconds);
		timeout->count++;
	}
	return rc;
}

static int take_object(struct xnat_seen *seen, const struct nlattr *const *attr)
{
	const struct nlattr *data[NFTA_CT_TIMEOUT_MAX + 1] = {0};
	struct xnat_timeout timeout = {0};
	uint32_t type = 0;

	if (xn_nl_read_u32(attr[NFTA_OBJ_TYPE], &type) < 0)
		return -EBADMSG;
	if (ntohl(type) != NFT_OBJECT_CT_TIMEOUT || !attr[NFTA_OBJ_NAME] ||
	    xn_nl_read_text(attr[NFTA_OBJ_NAME], timeout.name,
			    sizeof(timeout.name)) < 0 ||
	    xnat_is_admins(timeout.name))
		return 0; /* not ours */
	if (xn_nl_nested(attr[NFTA_OBJ_DATA], data, NFTA_CT_TIMEOUT_MAX + 1) <
		    0 ||
	    xn_nl_read_u8(data[NFTA_CT_TIMEOUT_L4PROTO], &timeout.protocol) <
		    0 ||
	    (data[NFTA_CT_TIMEOUT_DATA] &&
	     read_times(data[NFTA_CT_TIMEOUT_DATA], &timeout) < 0))
		return -EBADMSG;
	xnat_timeout_add(&seen->table, &timeout);
	return seen->table.error;
}

static int answer_object(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	const struct nlattr *attr[NFTA_OBJ_MAX + 1] = {0};
	char table[NFT_NAME_MAXLEN] = "";
	struct seer *seer = arg;
	struct nfgenmsg info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload ||
	    xn_nl_attrs(payload, left, attr, NFTA_OBJ_MAX + 1) < 0 ||
	    xn_nl_read_text(attr[NFTA_OBJ_TABLE], table, sizeof(table)) < 0)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	if (!is_ours(seer->seen, table, info.nfgen_family))
		return 0;
	return take_object(seer->seen, attr);
}

static void forget_rules(struct xnat_seen *seen)
{
	for (uint32_t i = 0; seen->rules && i < seen->table.chain_count; i++) {
		for (uint32_t k = 0; k < seen->rules[i].count; k++)
			free(seen->rules[i].text[k]);
		free(seen->rules[i].text);
		seen->rules[i] = (struct xnat_seen_rules){0};
	}
}

void xnat_seen_fini(struct xnat_seen *seen)
{
	forget_rules(seen);
	free(seen->rules);
	xnat_table_fini(&seen->table);
	*seen = (struct xnat_seen){0};
}

static void note_begin(void *arg)
{
	struct seer *seer = arg;

	seer->again |= seer->begun > 0;
	seer->begun++;
}

static int dump(struct xn_nl *netfilter, uint16_t message,
		xn_nl_answer_fn *answer, struct seer *seer, struct xn_err *err)
{
	const struct xn_nl_dump how = {
		.restart = note_begin, .answer = answer, .arg = seer};
	struct xn_nl_request request;

	xn_nl_request_netfilter(&request, NFNL_SUBSYS_NFTABLES, message,
				NFPROTO_INET);
	if (message != NFT_MSG_GETTABLE && message != NFT_MSG_GETCHAIN)
		xn_nl_put_text(&request, NFTA_SET_TABLE, seer->seen->name);
	if (message == NFT_MSG_GETSETELEM)
		xn_nl_put_text(&request, NFTA_SET_ELEM_LIST_SET, seer->set);
	seer->begun = 0;
	return xn_nl_dump(netfilter, &request, &how, err);
}

static int answer_generation(void *arg, const struct nlmsghdr *header,
			     size_t bytes)
{
	const struct nlattr *attr[NFTA_GEN_MAX + 1] = {0};
	struct xnat_seen *seen = arg;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(struct nfgenmsg), &left);
	if (!payload || xn_nl_attrs(payload, left, attr, NFTA_GEN_MAX + 1) < 0)
		return -EBADMSG;
	return xn_nl_read_u32(attr[NFTA_GEN_ID], &seen->generation);
}

static int see_generation(struct xn_nl *netfilter, struct xnat_seen *seen,
			  struct xn_err *err)
{
	struct xn_nl_request request;
	struct nfgenmsg *info = xn_nl_request_init(
		&request,
		(uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN), 0,
		sizeof(*info));

	info->version = NFNETLINK_V0;
	return xn_nl_get(netfilter, &request, answer_generation, seen, err);
}

static int see_elements(struct xn_nl *netfilter, struct seer *seer,
			struct xn_err *err)
{
	const struct xnat_table *table = &seer->seen->table;
	int rc = 0;

	for (uint32_t i = 0; i < table->set_count && rc == 0; i++) {
		seer->set = table->set[i].name;
		if (table->set[i].is_dynamic)
			continue;
		rc = dump(netfilter, NFT_MSG_GETSETELEM, answer_element, seer,
			  err);
		xnat_set_sort(&table->set[i]);
	}
	return rc;
}

static int see_all(struct xn_nl *netfilter, struct seer *seer,
		   struct xn_err *err)
{
	struct xnat_seen *seen = seer->seen;
	int rc = see_generation(netfilter, seen, err);

	if (rc == 0)
		rc = dump(netfilter, NFT_MSG_GETTABLE, answer_table, seer, err);
	if (rc < 0 || !seen->exists)
		return rc;
	rc = dump(netfilter, NFT_MSG_GETCHAIN, answer_chain, seer, err);
	if (rc < 0)
		return rc;
	seen->rules = calloc(seen->table.chain_count + 1, sizeof(*seen->rules));
	if (!seen->rules)
		return xn_fail(err, ENOMEM, "out of memory");
	rc = dump(netfilter, NFT_MSG_GETRULE, answer_rule, seer, err);
	if (rc == 0)
		rc = dump(netfilter, NFT_MSG_GETSET, answer_set, seer, err);
	if (rc == 0)
		rc = see_elements(netfilter, seer, err);
	if (rc == 0)
		rc = dump(netfilter, NFT_MSG_GETOBJ, answer_object, seer, err);
	return rc;
}

int xnat_see(struct xn_nl *netfilter, const char *table,
	     struct xnat_seen *ret_seen, struct xn_err *err)
{
	int rc = 0;

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		struct xnat_seen seen = {0};
		struct seer seer = {.seen = &seen};

		(void)xn_text_copy(seen.name, sizeof(seen.name), table);
		rc = see_all(netfilter, &seer, err);
		if (rc == 0 && !seer.again) {
			*ret_seen = seen;
			return 0;
		}
		xnat_seen_fini(&seen);
		if (rc < 0)
			break;
	}
	if (rc == 0)
		return xn_fail(err, EAGAIN,
			       "read table %s: it changes all "
			       "the time",
			       table);
	xn_err_prefix(err, "read table %s", table);
	return rc == -EINVAL ? -EOPNOTSUPP : rc;
}

int xnat_seen_chain(const struct xnat_seen *seen, const char *name)
{
	for (uint32_t i = 0; i < seen->table.chain_count; i++)
		if (!strcmp(seen->table.chain[i].name, name))
			return (int)i;
	return -1;
}
