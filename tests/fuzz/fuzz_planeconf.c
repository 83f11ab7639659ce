// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenplane.conf: never read beyond its end; a text that is refused has its
 * reasons, each with a place, and no more of them than the bound; what is
 * accepted is within its bounds and does not contradict itself, and
 * written down and read again it is written the same once more.
 *
 * Input: the text.
 */
#include <errno.h>

#include "netconf/acl/compile.h"
#include "bridge/acl.h"
#include "fuzz.h"
#include "natd/plan.h"
#include "netconf/parse/conf.h"
#include "netconf/parse/planeconf.h"
#include "netconf/parse/planeconf_write.h"

#define TEXT_MAX (XN_CONF_FILE_BYTES_MAX + 2)

static bool is_name(const char *name)
{
	return *name && memchr(name, '\0', IFNAMSIZ) && !strpbrk(name, "/: \t");
}

static void check_address(const struct xn_address *address)
{
	FUZZ_CHECK(address->family == 4 || address->family == 6);
	FUZZ_CHECK(address->prefix <= (address->family == 6 ? 128 : 32));
}

static void check_forward(const struct xn_nat_forward *f)
{
	FUZZ_CHECK(f->protocols >= 1 && f->protocols <= 3);
	FUZZ_CHECK(f->port_first >= 1 && f->port_last >= f->port_first);
	FUZZ_CHECK(f->to_first >= 1);
	FUZZ_CHECK(f->port_last - f->port_first <= 65535 - f->to_first);
	FUZZ_CHECK(f->source_count <= XN_NAT_SOURCES_MAX);
	FUZZ_CHECK(xnat_forward_is(f, 4) || xnat_forward_is(f, 6));
	for (uint32_t i = 0; i < f->source_count; i++)
		check_address(&f->source[i]);
}

static void check_nat(const struct xn_conf_nat *nat)
{
	FUZZ_CHECK(nat->forward_count <= XN_NAT_FORWARDS_MAX);
	FUZZ_CHECK(nat->pair_count <= XN_NAT_PAIRS_MAX);
	FUZZ_CHECK(nat->behind_count <= 2);
	for (uint32_t i = 0; i < nat->forward_count; i++)
		check_forward(&nat->forward[i]);
}

static bool holds(const struct xn_dhcp_range *range, uint32_t address)
{
	return address >= xn_dhcp_number(&range->first) &&
	       address <= xn_dhcp_number(&range->last);
}

/* Nobody gets the bridge's own address, or one of nobody's network. */
static void check_range(const struct xn_planeconf_bridge *b,
			const struct xn_dhcp_range *range)
{
	bool inside = false;

	FUZZ_CHECK(xn_dhcp_number(&range->first) <=
		   xn_dhcp_number(&range->last));
	for (uint32_t i = 0; i < b->address_count; i++) {
		const struct xn_address *own = &b->address[i];

		if (own->family != 4)
			continue;
		FUZZ_CHECK(!holds(range, xn_dhcp_number(own)));
		inside |= xn_address_within(&range->first, own, own->prefix) &&
			  xn_address_within(&range->last, own, own->prefix);
	}
	FUZZ_CHECK(inside);
}

static void check_dhcp(const struct xn_planeconf_bridge *b)
{
	const struct xn_conf_dhcp *dhcp = &b->dhcp_server;
	struct xn_dhcp_range range[XN_DHCP_RANGES_MAX];
	uint32_t count = xn_dhcp_ranges(b, range), pool = 0;

	FUZZ_CHECK(!dhcp->domain[0] || xn_dhcp_domain_valid(dhcp->domain));
	FUZZ_CHECK(!dhcp->lease_s || (dhcp->lease_s >= XN_DHCP_LEASE_MIN_S &&
				      dhcp->lease_s <= XN_DHCP_LEASE_MAX_S));
	FUZZ_CHECK(count <= XN_DHCP_RANGES_MAX);
	for (uint32_t i = 0; i < count; i++) {
		check_range(b, &range[i]);
		pool += xn_dhcp_range_size(&range[i]);
		for (uint32_t k = 0; k < i; k++)
			FUZZ_CHECK(!holds(&range[i],
					  xn_dhcp_number(&range[k].first)) &&
				   !holds(&range[k],
					  xn_dhcp_number(&range[i].first)));
	}
	FUZZ_CHECK(pool <= XN_DHCP_POOL_MAX);
	if (xn_dhcp_wanted(b))
		FUZZ_CHECK(b->mode != XN_CONF_ROUTED &&
			   !xn_planeconf_says(b, XN_CONF_NETDEV));
}

/* Whatever is accepted can be planned, but for what is too much. */
static void check_plan(const struct xn_planeconf *conf)
{
	static const struct xnat_features all = {true, true, true};
	struct xnat_guests guests = {0};
	struct xnat_table table;
	struct xn_err err = {0};
	int rc;

	FUZZ_CHECK(xnat_guests_add_conf(&guests, conf) == 0);
	rc = xnat_plan(conf, &guests, &all, &table, &err);
	FUZZ_CHECK(rc == 0 || (rc == -E2BIG && err.set));
	if (rc == 0) {
		FUZZ_CHECK(table.elements <= XNAT_ELEMENTS_MAX);
		/* No key twice: the kernel would refuse all of it. */
		for (uint32_t i = 0; i < table.set_count; i++)
			for (uint32_t k = 1; k < table.set[i].count; k++)
				FUZZ_CHECK(xnat_element_compare(
						   &table.set[i],
						   &table.set[i].element[k - 1],
						   &table.set[i].element[k]) <
					   0);
		xnat_table_fini(&table);
	}
	xnat_guests_fini(&guests);
}

static void check_bridge(const struct xn_planeconf_bridge *b)
{
	FUZZ_CHECK(is_name(b->name));
	FUZZ_CHECK(b->said < XN_CONF_BIT(XN_CONF_KEY_COUNT));
	if (xn_planeconf_says(b, XN_CONF_NETDEV)) {
		FUZZ_CHECK(is_name(b->netdev));
		FUZZ_CHECK(b->mode != XN_CONF_NAT);
		FUZZ_CHECK((strcmp(b->name, b->netdev) == 0) ==
			   (b->style == XN_CONF_NEW));
		FUZZ_CHECK(xn_planeconf_vifnum(b) <= XN_PLANECONF_VIFNUM_MAX);
		FUZZ_CHECK(b->style != XN_CONF_OLD ||
			   !xn_planeconf_says(b, XN_CONF_MAC));
	}
	if (xn_planeconf_says(b, XN_CONF_MTU))
		FUZZ_CHECK(b->mtu >= 68 && b->mtu <= 65535);
	FUZZ_CHECK(b->address_count <= XN_PLANECONF_ADDRESSES_MAX);
	FUZZ_CHECK(b->gateway_count <= XN_PLANECONF_GATEWAYS_MAX);
	FUZZ_CHECK(b->prefix_count <= XN_PLANECONF_PREFIXES_MAX);
	for (uint32_t i = 0; i < b->prefix_count; i++)
		check_address(&b->prefix[i]);
	for (uint32_t i = 0; i < b->address_count; i++)
		check_address(&b->address[i]);
	for (uint32_t i = 0; i < b->gateway_count; i++)
		check_address(&b->gateway[i]);
	if (b->stp && xn_planeconf_says(b, XN_CONF_FORWARD_DELAY))
		FUZZ_CHECK(b->forward_delay_cs >= 200 &&
			   b->forward_delay_cs <= 3000);
	FUZZ_CHECK(b->ageing_cs <= 100000000);
	check_nat(&b->nat);
	check_dhcp(b);
}

static void check_rule(const struct xn_acl_rule *rule)
{
	FUZZ_CHECK(rule->to_count <= XN_ACL_PORTS_MAX);
	FUZZ_CHECK(rule->from_count <= XN_ACL_PORTS_MAX);
	FUZZ_CHECK(rule->peer_count <= XN_ACL_PEERS_MAX);
	FUZZ_CHECK(rule->allow || !rule->replies);
	for (uint32_t i = 0; i < rule->to_count; i++)
		FUZZ_CHECK(rule->to[i].first <= rule->to[i].last);
	for (uint32_t i = 0; i < rule->peer_count; i++)
		if (rule->peer[i].by == XN_ACL_BY_NETWORK)
			check_address(&rule->peer[i].network);
}

/* Whatever is accepted can be compiled: there is room for all of it. */
static void check_acl(const struct xn_acl *acl)
{
	static const struct xacl_known nobody;
	struct xsw_acl *program = NULL;

	FUZZ_CHECK(xn_acl_name_valid(acl->name, XN_ACL_NAME_MAX));
	FUZZ_CHECK(acl->rule_count <= XN_ACL_RULES_MAX);
	for (uint32_t i = 0; i < acl->rule_count; i++)
		check_rule(&acl->rule[i]);
	FUZZ_CHECK(xacl_compile(acl, &nobody, &program, NULL) == 0);
	FUZZ_CHECK(xsw_acl_check(program, program->bytes) == 0);
	free(program);
}

static void check_conf(const struct xn_planeconf *conf)
{
	FUZZ_CHECK(conf->file_count == 1);
	FUZZ_CHECK(conf->bridge_count <= XN_PLANECONF_BRIDGES_MAX);
	FUZZ_CHECK(conf->vif_count <= XN_PLANECONF_VIFS_MAX);
	FUZZ_CHECK(conf->acl_count <= XN_CONF_ACLS_MAX);
	for (uint32_t i = 0; i < conf->acl_count; i++)
		check_acl(&conf->acl[i]);
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		check_bridge(&conf->bridge[i]);
		for (uint32_t k = 0; k < i; k++)
			FUZZ_CHECK(strcmp(conf->bridge[i].name,
					  conf->bridge[k].name) != 0);
	}
	for (uint32_t i = 0; i < conf->vif_count; i++)
		FUZZ_CHECK(!conf->vif[i].name[0] || is_name(conf->vif[i].name));
	check_plan(conf);
}

/* What is said of bridges and vifs is the same afterwards. */
static void check_same_words(const struct xn_planeconf *conf,
			     const struct xn_planeconf *again)
{
	FUZZ_CHECK(again->has_defaults == conf->has_defaults);
	FUZZ_CHECK(xn_settings_equal(&again->defaults, &conf->defaults));
	FUZZ_CHECK(again->bridge_count == conf->bridge_count);
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		FUZZ_CHECK(xn_settings_equal(&again->bridge[i].vifs,
					     &conf->bridge[i].vifs));
	FUZZ_CHECK(again->vif_count == conf->vif_count);
	for (uint32_t i = 0; i < conf->vif_count; i++) {
		FUZZ_CHECK(!strcmp(again->vif[i].name, conf->vif[i].name));
		FUZZ_CHECK(xn_mac_equal(&again->vif[i].mac, &conf->vif[i].mac));
		FUZZ_CHECK(xn_settings_equal(&again->vif[i].settings,
					     &conf->vif[i].settings));
	}
}

static void check_written(const struct xn_planeconf *conf)
{
	static struct xn_report report;
	struct xn_planeconf *again = NULL;
	char *once = NULL, *twice = NULL;

	if (xn_planeconf_write(conf, &once, NULL))
		return;
	memset(&report, 0, sizeof(report));
	FUZZ_CHECK(!xn_planeconf_read_text("w", once, &again, &report));
	check_conf(again);
	FUZZ_CHECK(again->acl_count == conf->acl_count);
	check_same_words(conf, again);
	FUZZ_CHECK(!xn_planeconf_write(again, &twice, NULL));
	FUZZ_CHECK(!strcmp(once, twice));
	xn_planeconf_destroy(again);
	free(once);
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;
	char *text;

	if (size > TEXT_MAX)
		return 0;
	text = malloc(size + 1);
	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report)) {
		FUZZ_CHECK(!conf && report.errors);
		FUZZ_CHECK(xn_report_first(&report)[0] == 't');
	} else {
		FUZZ_CHECK(conf && !report.errors);
		check_conf(conf);
		check_written(conf);
	}
	FUZZ_CHECK(report.count <= XN_REPORT_MAX);
	xn_planeconf_destroy(conf);
	free(text);
	return 0;
}
