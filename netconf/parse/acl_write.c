/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access lists to text, see acl_write.h. */
#include "netconf/parse/acl_write.h"

#include "netconf/model/nat.h"

static void write_ports(FILE *to, const struct xn_acl_ports *ports,
			uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		(void)fprintf(to, "%s%u", i ? "," : " ", ports[i].first);
		if (ports[i].last != ports[i].first)
			(void)fprintf(to, "-%u", ports[i].last);
	}
}

static void write_peer(FILE *to, const struct xn_acl_peer *peer)
{
	char address[XN_ADDRESS_TEXT_MAX], mac[XN_MAC_TEXT];

	switch (peer->by) {
	case XN_ACL_BY_NETWORK:
		(void)fprintf(to, " %s",
			      xn_address_text(&peer->network, address));
		break;
	case XN_ACL_BY_MAC:
		(void)fprintf(to, " %s", xn_mac_format(&peer->mac, mac));
		break;
	case XN_ACL_BY_NAME:
		(void)fprintf(to, " %s", peer->name);
		break;
	case XN_ACL_BY_GROUP:
		(void)fprintf(to, " group %s", peer->name);
		break;
	}
}

static void write_rule(FILE *to, const struct xn_acl_rule *rule)
{
	char protocol[XN_ACL_PROTOCOL_TEXT];

	(void)fprintf(to, "%s = %s %s", rule->allow ? "allow" : "deny",
		      rule->in ? "in" : "out",
		      xn_acl_protocol_text(rule, protocol));
	write_ports(to, rule->to, rule->to_count);
	if (rule->from_count) {
		(void)fputs(" source", to);
		write_ports(to, rule->from, rule->from_count);
	}
	if (rule->established)
		(void)fputs(" established", to);
	if (rule->peer_count)
		(void)fputs(rule->in ? " from" : " to", to);
	for (uint32_t i = 0; i < rule->peer_count; i++)
		write_peer(to, &rule->peer[i]);
	(void)fputs(rule->replies ? " replies\n" : "\n", to);
}

void xn_acl_write(FILE *to, const struct xn_acl *acl)
{
	(void)fprintf(to, "[acl %s]\n", acl->name);
	if (acl->default_said)
		(void)fprintf(to, "default = %s\n",
			      acl->default_allow ? "allow" : "deny");
	for (uint32_t i = 0; i < acl->rule_count; i++)
		write_rule(to, &acl->rule[i]);
}
