/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The old and the new style as pure functions, and the order of their plans. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netconf/plan/plan.h"
#include "netconf/plan/style.h"
#include "tests/unit/netconf/plan/kernel.h"
#include "tests/unit/netconf/plan/links.h"

#define NIC 2

static struct xn_err err;

static void add_link(struct xn_model *model, const struct xn_model_link *link)
{
	assert_int_equal(xn_model_add(model, XN_LINK, link), 0);
}

/* eth0 is 2, eth1 3; eth0 has an address with a label, and the default. */
static struct xn_model small_host(void)
{
	struct xn_model_link nic = a_link(NIC, "eth0", "");
	struct xn_model_link other = a_link(3, "eth1", "");
	struct xn_model model = {0};

	nic.mtu = 1400;
	add_link(&model, &nic);
	add_link(&model, &other);
	give_way_out(&model, NIC);
	err.set = false;
	return model;
}

static const struct xn_uplink old_uplink = {.style = XN_STYLE_OLD,
					    .bridge = "xenbr0",
					    .netdev = "eth0",
					    .vifnum = 0};
static const struct xn_uplink new_uplink = {
	.style = XN_STYLE_NEW, .bridge = "eth0", .netdev = "eth0"};

static struct xn_model started(const struct xn_model *host,
			       const struct xn_uplink *uplink)
{
	struct xn_model wanted = {0};

	if (xn_style_start(host, uplink, &wanted, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	return wanted;
}

static struct xn_plan plan_of(const struct xn_model *from,
			      const struct xn_model *to)
{
	struct xn_plan plan = {0};

	if (xn_plan_make(from, to, &plan, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	return plan;
}

/* What an administrator reads of those operations that say more than that a
 * new link gets its settings. */
static void assert_reads(const struct xn_plan *plan, const char *const *lines,
			 size_t count)
{
	size_t line = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct xn_op *op = &plan->op[i];
		char words[256];
		char text[320];

		if (op->step == XN_STEP_PREPARE && op->cost == XN_COST_NONE)
			continue;
		xn_op_words(op, words, sizeof(words));
		(void)snprintf(text, sizeof(text), "%s %s %s",
			       xn_step_word((enum xn_step)op->step),
			       xn_cost_word((enum xn_cost)op->cost), words);
		assert_true(line < count);
		assert_string_equal(text, lines[line++]);
	}
	assert_int_equal(line, count);
}

#define READS(plan, lines) \
	assert_reads(plan, lines, sizeof(lines) / sizeof((lines)[0]))

static void assert_start_reads(const struct xn_uplink *uplink,
			       const char *const *lines, size_t count)
{
	struct xn_model host = small_host();
	struct xn_model wanted = started(&host, uplink);
	struct xn_plan plan = plan_of(&host, &wanted);

	assert_reads(&plan, lines, count);
	xn_plan_fini(&plan);
	xn_model_fini(&wanted);
	xn_model_fini(&host);
}

#define START_READS(uplink, lines) \
	assert_start_reads(uplink, lines, sizeof(lines) / sizeof((lines)[0]))

static void the_old_style_reads_in_this_order(void **state)
{
	static const char *const lines[] = {
		"create none add bridge xenbr0",
		"create none add veth eth0",
		"create none add veth vif0.0",
		"prepare live change link peth0: addr_gen_mode",
		"up none change bridge xenbr0: up",
		"up none change veth eth0: up",
		"up none change veth vif0.0: up",
		"enslave live change link peth0: master",
		"enslave none change veth vif0.0: master",
		"move restart change link peth0: name peth0",
		"move none change veth eth0: name eth0",
		"move live add address 192.0.2.1/24 on eth0",
		"move live add route 0.0.0.0/0 via 192.0.2.254 in table 254 "
		"metric 0 on eth0",
		"move live delete route 0.0.0.0/0 via 192.0.2.254 in table 254 "
		"metric 0 on peth0",
		"move live delete address 192.0.2.1/24 on peth0",
		"finish restart change link peth0: mac",
		"finish live change link peth0: noarp",
		"finish live change link peth0: nomulticast",
		"finish none change veth eth0: addr_gen_mode",
		"finish none change veth vif0.0: noarp",
		"finish none change veth vif0.0: nomulticast",
	};

	(void)state;
	START_READS(&old_uplink, lines);
}

static void the_old_style_is_undone_in_this_order(void **state)
{
	static const char *const lines[] = {
		"prepare restart change link eth0: mac",
		"prepare live change link eth0: noarp",
		"prepare live change link eth0: nomulticast",
		"move restart change veth xntmp5: name xntmp5",
		"move restart change link eth0: name eth0",
		"move live add address 192.0.2.1/24 on eth0",
		"move live add route 0.0.0.0/0 via 192.0.2.254 in table 254 "
		"metric 0 on eth0",
		"move live delete route 0.0.0.0/0 via 192.0.2.254 in table 254 "
		"metric 0 on xntmp5",
		"move live delete address 192.0.2.1/24 on xntmp5",
		"move recreate change route 0.0.0.0/0 via 192.0.2.254 in table "
		"254 metric 0 on eth0",
		"move live change link eth0: master",
		"finish live change link eth0: addr_gen_mode",
		"remove live delete veth xntmp5",
		"remove live delete veth vif0.0",
		"remove live delete bridge xenbr0",
	};
	struct xn_model host = small_host();
	struct xn_model there = started(&host, &old_uplink);
	struct xn_model wanted = {0};
	struct xn_plan plan;

	(void)state;
	assert_int_equal(xn_style_stop(&there, &old_uplink, &wanted, &err), 0);
	plan = plan_of(&there, &wanted);
	READS(&plan, lines);
	xn_plan_fini(&plan);
	xn_model_fini(&wanted);
	xn_model_fini(&there);
	xn_model_fini(&host);
}

static void the_new_style_reads_in_this_order(void **state)
{
	static const char *const lines[] = {
		"create none add bridge eth0",
		"prepare live change link peth0: addr_gen_mode",
		"up none change bridge eth0: up",
		"enslave live change link peth0: master",
		"move restart change link peth0: name peth0",
		"move none change bridge eth0: name eth0",
		"move live add address 192.0.2.1/24 on eth0",
		"move live add route 0.0.0.0/0 via 192.0.2.254 in table 254 "
		"metric 0 on eth0",
		"move live delete route 0.0.0.0/0 via 192.0.2.254 in table 254 "
		"metric 0 on peth0",
		"move live delete address 192.0.2.1/24 on peth0",
		"finish none change bridge eth0: addr_gen_mode",
	};

	(void)state;
	START_READS(&new_uplink, lines);
}

/* Planned, done to a model that behaves as the kernel, and taken back. */
static void there_and_back(const struct xn_uplink *uplink)
{
	struct xn_model host = small_host();
	struct xn_model wanted = started(&host, uplink);
	struct xn_plan plan = plan_of(&host, &wanted);
	struct xn_model now = {0};
	struct xn_model again = {0};
	struct xn_plan none;

	assert_int_equal(xn_model_copy(&host, &now), 0);
	kernel_do_all(&now, &plan, plan.count);
	xn_plan_fini(&plan);
	none = plan_of(&now, &wanted);
	assert_int_equal(none.count, 0);
	xn_plan_fini(&none);
	xn_model_fini(&wanted);
	assert_int_equal(xn_style_stop(&now, uplink, &again, &err), 0);
	plan = plan_of(&now, &again);
	kernel_do_all(&now, &plan, plan.count);
	xn_plan_fini(&plan);
	none = plan_of(&now, &host);
	assert_int_equal(none.count, 0);
	xn_plan_fini(&none);
	xn_model_fini(&again);
	xn_model_fini(&now);
	xn_model_fini(&host);
}

static void both_styles_lead_there_and_back(void **state)
{
	(void)state;
	there_and_back(&old_uplink);
	there_and_back(&new_uplink);
}

/* The host's end and the bridge must not have one address, nor all hosts'
 * bridges. */
static void the_old_styles_bridge_has_a_mac_of_its_own(void **state)
{
	static const uint8_t first_octet[][2] = {
		{0x00, 0x02}, {0x48, 0x4a}, {0x02, 0x42}, {0x42, 0x02}};

	(void)state;
	for (size_t i = 0; i < sizeof(first_octet) / 2; i++) {
		struct xn_model host = small_host();
		struct xn_model wanted;

		xn_model_link(&host, NIC)->mac.octet[0] = first_octet[i][0];
		wanted = started(&host, &old_uplink);
		assert_int_equal(
			xn_model_link_named(&wanted, "xenbr0")->mac.octet[0],
			first_octet[i][1]);
		assert_int_equal(
			xn_model_link_named(&wanted, "eth0")->mac.octet[0],
			first_octet[i][0]);
		xn_model_fini(&wanted);
		xn_model_fini(&host);
	}
}

static void refused(const struct xn_model *host, const struct xn_uplink *uplink,
		    int error, const char *words)
{
	struct xn_model wanted = {0};

	err.set = false;
	assert_int_equal(xn_style_start(host, uplink, &wanted, &err), error);
	assert_non_null(strstr(xn_err_text(&err), words));
	assert_null(wanted.table[XN_LINK].item);
}

static struct xn_uplink with(struct xn_uplink uplink, const char *bridge,
			     const char *netdev, uint32_t vifnum)
{
	uplink.bridge = bridge;
	uplink.netdev = netdev;
	uplink.vifnum = vifnum;
	return uplink;
}

static void what_cannot_be_done_is_refused(void **state)
{
	struct xn_model host = small_host();
	struct xn_model_link port = a_link(9, "vif0.0", "veth");
	struct xn_model_link long_name = a_link(8, "eth012345678901", "");
	struct xn_uplink asked;

	(void)state;
	asked = with(old_uplink, "eth0", "eth0", 0);
	refused(&host, &asked, -EINVAL, "the bridge and its port");
	asked = with(old_uplink, "xenbr0", "eth7", 0);
	refused(&host, &asked, -ENODEV, "eth7");
	asked = with(new_uplink, "eth7", "eth7", 0);
	refused(&host, &asked, -ENODEV, "eth7");
	asked = with(new_uplink, "eth1", "eth0", 0);
	refused(&host, &asked, -EEXIST, "eth1 is there, and no bridge");
	asked = with(old_uplink, "xenbr0", "eth0", XN_VIFNUM_MAX + 1);
	refused(&host, &asked, -EINVAL, "vifnum");
	add_link(&host, &long_name);
	asked = with(old_uplink, "xenbr0", long_name.name, 0);
	refused(&host, &asked, -ENAMETOOLONG, "too long");
	add_link(&host, &port);
	refused(&host, &old_uplink, -EEXIST, "vif0.0 is there already");
	xn_model_link(&host, 9)->name[0] = 'w';
	(void)strcpy(xn_model_link(&host, NIC)->kind, "bond");
	refused(&host, &old_uplink, -EOPNOTSUPP, "is a bond");
	xn_model_link(&host, NIC)->kind[0] = '\0';
	/* The control: nothing else is in the way. */
	asked = old_uplink;
	{
		struct xn_model wanted = started(&host, &asked);

		xn_model_fini(&wanted);
	}
	(void)strcpy(xn_model_link(&host, 9)->name, "peth0");
	refused(&host, &old_uplink, -EEXIST, "peth0 is there");
	refused(&host, &new_uplink, -EEXIST, "peth0 is there");
	xn_model_fini(&host);
}

static void a_style_is_found(void **state)
{
	struct xn_model host = small_host();
	struct xn_model old_one = started(&host, &old_uplink);
	struct xn_model new_one = started(&host, &new_uplink);
	char bridge[IFNAMSIZ] = "?";

	(void)state;
	assert_int_equal(xn_style_found(&host, "eth0", bridge), XN_STYLES);
	assert_string_equal(bridge, "?");
	assert_int_equal(xn_style_found(&old_one, "eth0", bridge),
			 XN_STYLE_OLD);
	assert_string_equal(bridge, "xenbr0");
	assert_int_equal(xn_style_found(&new_one, "eth0", bridge),
			 XN_STYLE_NEW);
	assert_string_equal(bridge, "eth0");
	assert_int_equal(xn_style_found(&new_one, "eth1", bridge), XN_STYLES);
	xn_model_fini(&new_one);
	xn_model_fini(&old_one);
	xn_model_fini(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_style_reads_in_this_order),
		cmocka_unit_test(the_old_style_is_undone_in_this_order),
		cmocka_unit_test(the_new_style_reads_in_this_order),
		cmocka_unit_test(both_styles_lead_there_and_back),
		cmocka_unit_test(the_old_styles_bridge_has_a_mac_of_its_own),
		cmocka_unit_test(what_cannot_be_done_is_refused),
		cmocka_unit_test(a_style_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
