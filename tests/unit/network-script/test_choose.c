/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request leaves open: by what is there, the configuration, and what
 * the originals do. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <linux/rtnetlink.h>

#include "network-script/choose.h"

static struct xn_err err;

static void add_link(struct xn_model *model, int ifindex, const char *name,
		     const char *kind, int master)
{
	struct xn_model_link link;

	memset(&link, 0, sizeof(link));
	link.ifindex = ifindex;
	link.master = master;
	link.ethernet = true;
	(void)strcpy(link.name, name);
	(void)strcpy(link.kind, kind);
	assert_int_equal(xn_model_add(model, XN_LINK, &link), 0);
}

static void add_default(struct xn_model *model, int ifindex, uint32_t metric)
{
	struct xn_route route;

	memset(&route, 0, sizeof(route));
	route.ifindex = ifindex;
	route.family = AF_INET;
	route.table = RT_TABLE_MAIN;
	route.type = RTN_UNICAST;
	route.metric = metric;
	route.has_gateway = true;
	assert_int_equal(xn_model_add(model, XN_ROUTE, &route), 0);
}

/* eth0 is 2, eth1 3, enp5s0 4; the default route is eth1's. */
static struct xn_model host(void)
{
	struct xn_model model = {0};

	add_link(&model, 2, "eth0", "", 0);
	add_link(&model, 3, "eth1", "", 0);
	add_link(&model, 4, "enp5s0", "", 0);
	add_default(&model, 3, 50);
	add_default(&model, 2, 100);
	return model;
}

static void chosen(const struct xn_model *model,
		   const struct xn_planeconf *conf, const char *const words[4],
		   const char *expected)
{
	struct xns_request request;
	struct xns_choice choice;
	char text[128];
	int count = 0;

	while (count < 4 && words[count])
		count++;
	err.set = false;
	assert_int_equal(xns_request_parse(count, words, &request, &err), 0);
	if (xns_choose(&request, model, conf, &choice, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	(void)snprintf(text, sizeof(text), "%s %s %s %u",
		       xn_style_word(choice.style), choice.bridge,
		       choice.netdev, choice.vifnum);
	assert_string_equal(text, expected);
}

#define CHOSEN(model, conf, expected, ...)                                \
	chosen(model, conf, (const char *const[4]){"start", __VA_ARGS__}, \
	       expected)

static void the_old_style_is_the_one_without_a_word(void **state)
{
	struct xn_model model = host();

	(void)state;
	CHOSEN(&model, NULL, "old xenbr1 eth1 1", NULL);
	CHOSEN(&model, NULL, "old xenbr0 eth0 0", "vifnum=0");
	CHOSEN(&model, NULL, "old xenbr7 eth7 7", "vifnum=7");
	CHOSEN(&model, NULL, "old lan eth0 1", "bridge=lan", "netdev=eth0");
	CHOSEN(&model, NULL, "old xenbr3 eth0 3", "vifnum=3", "netdev=eth0");
	xn_model_fini(&model);
}

static void other_names_have_no_number(void **state)
{
	struct xn_model model = host();

	(void)state;
	add_default(&model, 4, 10);
	CHOSEN(&model, NULL, "old xenbr0 enp5s0 0", NULL);
	xn_model_fini(&model);
}

static void other_styles_by_word_or_by_name(void **state)
{
	struct xn_model model = host();

	(void)state;
	CHOSEN(&model, NULL, "new eth1 eth1 1", "style=new");
	CHOSEN(&model, NULL, "new eth0 eth0 1", "bridge=eth0", "netdev=eth0");
	CHOSEN(&model, NULL, "direct xenbr1 eth1 1", "style=direct");
	CHOSEN(&model, NULL, "direct xenbr0 eth0 0", "style=direct",
	       "vifnum=0");
	xn_model_fini(&model);
}

static void without_a_default_route_it_is_eth0(void **state)
{
	struct xn_model model = {0};

	(void)state;
	CHOSEN(&model, NULL, "old xenbr0 eth0 0", NULL);
	xn_model_fini(&model);
}

static void what_is_in_force_counts(void **state)
{
	struct xn_model model = {0};
	struct xns_request request = {
		.command = XNS_START, .style = XN_STYLE_OLD, .netdev = "eth0"};
	struct xns_choice choice;

	(void)state;
	add_link(&model, 2, "eth0", "", 9);
	add_link(&model, 5, "vif1.0", "", 9);
	add_link(&model, 9, "lan", "bridge", 0);
	add_default(&model, 9, 0);
	CHOSEN(&model, NULL, "direct lan eth0 0", NULL);
	CHOSEN(&model, NULL, "direct lan eth0 0", "netdev=eth0");
	err.set = false;
	assert_int_equal(xns_choose(&request, &model, NULL, &choice, &err),
			 -EBUSY);
	assert_non_null(strstr(xn_err_text(&err), "direct style by lan"));
	request.style = XN_STYLES;
	(void)strcpy(request.bridge, "xenbr0");
	err.set = false;
	assert_int_equal(xns_choose(&request, &model, NULL, &choice, &err),
			 -EBUSY);
	xn_model_fini(&model);
}

static void a_started_new_style_is_found_by_its_bridge(void **state)
{
	struct xn_model model = {0};

	(void)state;
	add_link(&model, 2, "peth0", "", 9);
	add_link(&model, 9, "eth0", "bridge", 0);
	add_default(&model, 9, 0);
	CHOSEN(&model, NULL, "new eth0 eth0 0", NULL);
	xn_model_fini(&model);
}

static void a_bridge_of_another_name_leads_to_its_nic(void **state)
{
	struct xn_model model = {0};

	(void)state;
	add_link(&model, 2, "peth0", "", 9);
	add_link(&model, 9, "lan0", "bridge", 0);
	add_default(&model, 9, 0);
	CHOSEN(&model, NULL, "new lan0 eth0 0", NULL);
	/* There is another eth0: this one is called peth0. */
	add_link(&model, 3, "eth0", "", 0);
	CHOSEN(&model, NULL, "direct lan0 peth0 0", NULL);
	xn_model_fini(&model);
}

static void the_configuration_has_a_word(void **state)
{
	struct xn_model model = host();
	struct xn_planeconf_bridge bridge = {
		.name = "lan",
		.said = XN_CONF_BIT(XN_CONF_NETDEV) |
			XN_CONF_BIT(XN_CONF_STYLE),
		.netdev = "eth1",
		.style = XN_CONF_PLAIN};
	struct xn_planeconf conf = {.bridge_count = 1, .bridge = &bridge};

	(void)state;
	CHOSEN(&model, &conf, "direct lan eth1 1", NULL);
	CHOSEN(&model, &conf, "direct lan eth1 1", "netdev=eth1");
	CHOSEN(&model, &conf, "direct lan eth0 1", "bridge=lan", "netdev=eth0");
	CHOSEN(&model, &conf, "old lan eth1 1", "style=old");
	CHOSEN(&model, &conf, "old xenbr0 eth0 0", "vifnum=0");
	/* What is not said is plain, of an uplink that is. */
	bridge.said = XN_CONF_BIT(XN_CONF_NETDEV);
	CHOSEN(&model, &conf, "direct lan eth1 1", NULL);
	bridge.said = 0;
	CHOSEN(&model, &conf, "old lan eth1 1", "bridge=lan");
	CHOSEN(&model, &conf, "old xenbr1 eth1 1", NULL);
	bridge.said = XN_CONF_BIT(XN_CONF_NETDEV) | XN_CONF_BIT(XN_CONF_STYLE);
	bridge.style = XN_CONF_OLD;
	bridge.said |= XN_CONF_BIT(XN_CONF_VIFNUM);
	bridge.vifnum = 4;
	CHOSEN(&model, &conf, "old lan eth1 4", NULL);
	xn_model_fini(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_style_is_the_one_without_a_word),
		cmocka_unit_test(other_names_have_no_number),
		cmocka_unit_test(other_styles_by_word_or_by_name),
		cmocka_unit_test(without_a_default_route_it_is_eth0),
		cmocka_unit_test(what_is_in_force_counts),
		cmocka_unit_test(a_started_new_style_is_found_by_its_bridge),
		cmocka_unit_test(a_bridge_of_another_name_leads_to_its_nic),
		cmocka_unit_test(the_configuration_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
