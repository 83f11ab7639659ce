/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access lists as values, see acl.h. */
#include "netconf/model/acl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Errors that may answer anything: one rule of IPv6, two of IPv4, each way. */
#define ERROR_RULES 6u

void xn_acl_fini(struct xn_acl *acl)
{
	free(acl->rule);
	acl->rule = NULL;
	acl->rule_count = acl->rule_room = 0;
}

bool xn_acl_name_valid(const char *name, size_t bytes)
{
	static const char *const taken[] = {
		"any",	"default", "established", "from", "group",
		"none", "replies", "source",	  "to",
	};
	size_t length = strlen(name);

	if (length == 0 || length >= bytes || !isalnum((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (!strcmp(name, taken[i]))
			return false;
	return true;
}

const char *xn_acl_protocol_text(const struct xn_acl_rule *rule,
				 char ret_text[XN_ACL_PROTOCOL_TEXT])
{
	if (rule->any_protocol)
		return "any";
	if (rule->protocol == XN_ACL_ICMP && rule->family == 4)
		return "icmp";
	if (rule->protocol == XN_ACL_ICMP6 && rule->family == 6)
		return "icmp6";
	if (rule->protocol == XN_ACL_TCP)
		return "tcp";
	if (rule->protocol == XN_ACL_UDP)
		return "udp";
	if (rule->protocol == XN_ACL_SCTP)
		return "sctp";
	(void)snprintf(ret_text, XN_ACL_PROTOCOL_TEXT, "%u", rule->protocol);
	return ret_text;
}

static uint32_t at_least_one(uint32_t count)
{
	return count ? count : 1;
}

uint32_t xn_acl_compiled_rules(const struct xn_acl *acl)
{
	uint32_t count = ERROR_RULES;

	for (uint32_t i = 0; i < acl->rule_count; i++) {
		const struct xn_acl_rule *rule = &acl->rule[i];

		count += at_least_one(rule->to_count) *
			 at_least_one(rule->from_count) *
			 (rule->replies ? 2 : 1);
	}
	return count;
}
