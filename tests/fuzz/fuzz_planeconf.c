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
		FUZZ_CHECK(b->mode == XN_CONF_BRIDGED);
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
	for (uint32_t i = 0; i < b->address_count; i++)
		check_address(&b->address[i]);
	for (uint32_t i = 0; i < b->gateway_count; i++)
		check_address(&b->gateway[i]);
	if (b->stp && xn_planeconf_says(b, XN_CONF_FORWARD_DELAY))
		FUZZ_CHECK(b->forward_delay_cs >= 200 &&
			   b->forward_delay_cs <= 3000);
	FUZZ_CHECK(b->ageing_cs <= 100000000);
	check_nat(&b->nat);
}

static void check_conf(const struct xn_planeconf *conf)
{
	FUZZ_CHECK(conf->file_count == 1);
	FUZZ_CHECK(conf->bridge_count <= XN_PLANECONF_BRIDGES_MAX);
	FUZZ_CHECK(conf->vif_count <= XN_PLANECONF_VIFS_MAX);
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
