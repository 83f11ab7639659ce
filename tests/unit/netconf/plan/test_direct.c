/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The direct style as a pure function, and the order and cost of its plan. */
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

#include "netconf/plan/direct.h"
#include "netconf/plan/plan.h"
#include "tests/unit/netconf/plan/links.h"

#define NIC 2

static struct xn_err err;
static const struct xn_direct direct = {.bridge = "xenbr0", .netdev = "eth0"};

static void add_addr(struct xn_model *model, int ifindex, uint8_t last,
		     const char *label)
{
	struct xn_addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.ifindex = ifindex;
	addr.family = AF_INET;
	addr.prefix_length = 24;
	addr.address[0] = 192;
	addr.address[3] = last;
	addr.valid_s = addr.preferred_s = UINT32_MAX;
	(void)snprintf(addr.label, sizeof(addr.label), "%s", label);
	assert_int_equal(xn_model_add(model, XN_ADDR, &addr), 0);
}

static struct xn_route default_route(int ifindex, uint32_t metric)
{
	struct xn_route route;

	memset(&route, 0, sizeof(route));
	route.ifindex = ifindex;
	route.family = AF_INET;
	route.table = RT_TABLE_MAIN;
	route.type = RTN_UNICAST;
	route.metric = metric;
	route.has_gateway = true;
	route.gateway[0] = 192;
	route.gateway[3] = 254;
	return route;
}

/* lo is 1, eth0 2, eth1 3. */
static struct xn_model small_host(void)
{
	struct xn_model_link nic = a_link(NIC, "eth0", "");
	struct xn_model_link other = a_link(3, "eth1", "");
	struct xn_route route = default_route(NIC, 100);
	struct xn_model model = {0};

	assert_int_equal(xn_model_add(&model, XN_LINK, &nic), 0);
	assert_int_equal(xn_model_add(&model, XN_LINK, &other), 0);
	add_addr(&model, NIC, 1, "");
	add_addr(&model, NIC, 2, "eth0:1");
	add_addr(&model, NIC, 3, "eth0:longlabel");
	add_addr(&model, 3, 9, "");
	assert_int_equal(xn_model_add(&model, XN_ROUTE, &route), 0);
	err.set = false;
	return model;
}

static struct xn_model wanted_of(const struct xn_model *observed)
{
	struct xn_model wanted = {0};

	if (xn_direct_start(observed, &direct, &wanted, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	return wanted;
}

static void labels_follow_the_name_where_it_fits(void **state)
{
	struct xn_model host = small_host();
	struct xn_model wanted = wanted_of(&host);
	static const char *const labels[] = {"", "xenbr0:1", "eth0:longlabel"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct xn_addr *addr = xn_model_at(&wanted, XN_ADDR, i);

		assert_int_equal(addr->ifindex, 4);
		assert_string_equal(addr->label, labels[i]);
	}
	xn_model_fini(&wanted);
	xn_model_fini(&host);
}

/* Step by step, with the words and the cost that an administrator reads. */
static void the_plan_reads_in_this_order(void **state)
{
	static const char *const lines[] = {
		"create none add bridge xenbr0",
		"prepare live change link eth0: addr_gen_mode",
		"prepare none change bridge xenbr0: addr_gen_mode",
		"prepare none change bridge xenbr0: disable_ipv6",
		"prepare none change bridge xenbr0: accept_ra",
		"up none change bridge xenbr0: up",
		"enslave live change link eth0: master",
		"move live add address 192.0.0.1/24 on xenbr0",
		"move live add address 192.0.0.2/24 on xenbr0",
		"move live add address 192.0.0.3/24 on xenbr0",
		"move live add route 0.0.0.0/0 via 192.0.0.254 in table 254 "
		"metric 100 on xenbr0",
		"move live delete route 0.0.0.0/0 via 192.0.0.254 in table "
		"254 metric 100 on eth0",
		"move live delete address 192.0.0.3/24 on eth0",
		"move live delete address 192.0.0.2/24 on eth0",
		"move live delete address 192.0.0.1/24 on eth0",
		"finish none change bridge xenbr0: addr_gen_mode",
	};
	struct xn_model host = small_host();
	struct xn_model wanted = wanted_of(&host);
	struct xn_plan plan;

	(void)state;
	assert_int_equal(xn_plan_make(&host, &wanted, &plan, &err), 0);
	for (size_t i = 0; i < plan.count; i++) {
		const struct xn_op *op = &plan.op[i];
		char words[256];
		char line[320];

		xn_op_words(op, words, sizeof(words));
		(void)snprintf(line, sizeof(line), "%s %s %s",
			       xn_step_word((enum xn_step)op->step),
			       xn_cost_word((enum xn_cost)op->cost), words);
		assert_true(i < sizeof(lines) / sizeof(lines[0]));
		assert_string_equal(line, lines[i]);
	}
	assert_int_equal(plan.count, sizeof(lines) / sizeof(lines[0]));
	assert_int_equal(xn_plan_cost(&plan), XN_COST_LIVE);
	xn_plan_fini(&plan);
	xn_model_fini(&wanted);
	xn_model_fini(&host);
}

static void refused(struct xn_model *host, const struct xn_direct *asked,
		    int error, const char *words)
{
	struct xn_model wanted = {0};

	err.set = false;
	assert_int_equal(xn_direct_start(host, asked, &wanted, &err), error);
	assert_non_null(strstr(xn_err_text(&err), words));
	assert_null(wanted.table[XN_LINK].item);
}

static void what_cannot_be_bridged_is_refused(void **state)
{
	static const struct xn_direct no_name = {"", "eth0"};
	static const struct xn_direct slash = {"xen/br", "eth0"};
	static const struct xn_direct same = {"eth0", "eth0"};
	static const struct xn_direct gone = {"xenbr0", "eth7"};
	static const struct xn_direct taken = {"eth1", "eth0"};
	struct xn_model host = small_host();
	struct xn_model_link bridge = a_link(7, "br7", "bridge");
	struct xn_model_link *nic;

	(void)state;
	refused(&host, &no_name, -EINVAL, "not a valid link name");
	refused(&host, &slash, -EINVAL, "not a valid link name");
	refused(&host, &same, -EINVAL, "cannot be the bridge and its port");
	refused(&host, &gone, -ENODEV, "eth7");
	refused(&host, &taken, -EEXIST, "eth1");
	assert_int_equal(xn_model_add(&host, XN_LINK, &bridge), 0);
	nic = xn_model_link(&host, NIC);
	nic->master = 7;
	refused(&host, &direct, -EBUSY, "another's port");
	nic->master = 0;
	nic->ethernet = false;
	refused(&host, &direct, -EOPNOTSUPP, "cannot be a port");
	nic->ethernet = true;
	(void)strcpy(nic->kind, "bridge");
	refused(&host, &direct, -EOPNOTSUPP, "cannot be a port");
	xn_model_fini(&host);
}

static void a_contradiction_is_no_plan(void **state)
{
	struct xn_model host = small_host();
	struct xn_model wanted = small_host();
	struct xn_model_link veth = a_link(9, "veth9", "veth");
	struct xn_plan plan;

	(void)state;
	add_addr(&wanted, 77, 1, "");
	assert_int_equal(xn_plan_make(&host, &wanted, &plan, &err), -EINVAL);
	err.set = false;
	xn_model_remove(&wanted, XN_ADDR, xn_model_count(&wanted, XN_ADDR) - 1);
	assert_int_equal(xn_model_add(&wanted, XN_LINK, &veth), 0);
	assert_int_equal(xn_plan_make(&host, &wanted, &plan, &err),
			 -EOPNOTSUPP);
	err.set = false;
	assert_int_equal(xn_plan_make(&wanted, &host, &plan, &err),
			 -EOPNOTSUPP);
	err.set = false;
	xn_model_link(&wanted, 9)->ifindex = NIC;
	assert_int_equal(xn_plan_make(&host, &wanted, &plan, &err), -EINVAL);
	err.set = false;
	xn_model_remove(&wanted, XN_LINK, xn_model_count(&wanted, XN_LINK) - 1);
	assert_int_equal(xn_plan_make(&host, &wanted, &plan, &err), 0);
	xn_plan_fini(&plan);
	((struct xn_route *)xn_model_edit(&wanted, XN_ROUTE, 0))->family =
		AF_INET6;
	((struct xn_route *)xn_model_edit(&wanted, XN_ROUTE, 0))->scope =
		RT_SCOPE_LINK;
	assert_int_equal(xn_plan_make(&host, &wanted, &plan, &err), -EINVAL);
	err.set = false;
	xn_model_fini(&wanted);
	xn_model_fini(&host);
}

static struct xn_plan plan_of(const struct xn_model *from,
			      const struct xn_model *to)
{
	struct xn_plan plan = {0};

	if (xn_plan_make(from, to, &plan, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	return plan;
}

/* A renamed link that is up costs a restart, one that is down nothing. */
static void a_name_has_its_cost(void **state)
{
	struct xn_model host = small_host();
	struct xn_model wanted = small_host();
	struct xn_plan plan;

	(void)state;
	(void)strcpy(xn_model_link(&wanted, 3)->name, "peth1");
	for (int noun = XN_ADDR; noun <= XN_ROUTE; noun++) {
		while (xn_model_count(&host, (enum xn_noun)noun) > 0) {
			xn_model_remove(&host, (enum xn_noun)noun, 0);
			xn_model_remove(&wanted, (enum xn_noun)noun, 0);
		}
	}
	plan = plan_of(&host, &wanted);
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.op[0].cost, XN_COST_RESTART);
	xn_plan_fini(&plan);
	xn_model_link(&wanted, 3)->up = false;
	xn_model_link(&host, 3)->up = false;
	plan = plan_of(&host, &wanted);
	assert_int_equal(xn_plan_cost(&plan), XN_COST_NONE);
	xn_plan_fini(&plan);
	xn_model_fini(&wanted);
	xn_model_fini(&host);
}

/* The kernel labels what is on a link that is renamed: all is made anew, and
 * before that the name is there. */
static void a_name_costs_the_labels(void **state)
{
	struct xn_model host = small_host();
	struct xn_model wanted = small_host();
	struct xn_plan plan;

	(void)state;
	(void)strcpy(xn_model_link(&wanted, NIC)->name, "lan0");
	plan = plan_of(&host, &wanted);
	/* Three addresses go, come, and are made sure of; a route is. */
	assert_int_equal(plan.count, 1 + 3 + 3 + 3 + 1);
	assert_int_equal(plan.op[0].noun, XN_LINK);
	for (size_t i = 1; i < 7; i++) {
		assert_int_equal(plan.op[i].noun, XN_ADDR);
		assert_int_equal(plan.op[i].verb, i < 4 ? XN_DELETE : XN_ADD);
	}
	assert_int_equal(plan.op[10].noun, XN_ROUTE);
	xn_plan_fini(&plan);
	xn_model_fini(&wanted);
	xn_model_fini(&host);
}

/* Each name is free when it is given. */
static void names_go_round(void **state)
{
	static const char *const words[] = {"change link eth1: name xntmp2",
					    "change link eth0: name eth0",
					    "change link eth1: name eth1"};
	struct xn_model host = small_host();
	struct xn_model wanted = small_host();
	struct xn_plan plan;

	(void)state;
	while (xn_model_count(&host, XN_ADDR) > 0) {
		xn_model_remove(&host, XN_ADDR, 0);
		xn_model_remove(&wanted, XN_ADDR, 0);
	}
	(void)strcpy(xn_model_link(&wanted, NIC)->name, "eth1");
	(void)strcpy(xn_model_link(&wanted, 3)->name, "eth0");
	plan = plan_of(&host, &wanted);
	for (size_t i = 0; i < 3; i++) {
		char text[128];

		xn_op_words(&plan.op[i], text, sizeof(text));
		assert_string_equal(text, words[i]);
	}
	xn_plan_fini(&plan);
	(void)strcpy(xn_model_link(&host, NIC)->name, "xntmp3");
	(void)strcpy(xn_model_link(&host, 3)->name, "xntmp2");
	(void)strcpy(xn_model_link(&wanted, NIC)->name, "xntmp2");
	(void)strcpy(xn_model_link(&wanted, 3)->name, "xntmp3");
	assert_int_equal(xn_plan_make(&host, &wanted, &plan, &err), -EEXIST);
	xn_model_fini(&wanted);
	xn_model_fini(&host);
}

/* A label cannot be changed: the address is made anew, and what goes with it
 * is made sure of. */
static void a_new_label_is_a_new_address(void **state)
{
	struct xn_model host = small_host();
	struct xn_model wanted = small_host();
	struct xn_addr *addr = xn_model_edit(&wanted, XN_ADDR, 0);
	struct xn_plan plan;

	(void)state;
	(void)strcpy(addr->label, "new:1");
	assert_int_equal(xn_plan_make(&host, &wanted, &plan, &err), 0);
	/* One goes, one comes, and three addresses and a route stay. */
	assert_int_equal(plan.count, 6);
	assert_int_equal(plan.op[0].verb, XN_DELETE);
	assert_int_equal(plan.op[1].verb, XN_ADD);
	for (size_t i = 2; i < 5; i++)
		assert_int_equal(plan.op[i].noun, XN_ADDR);
	assert_int_equal(plan.op[5].noun, XN_ROUTE);
	assert_int_equal(xn_plan_cost(&plan), XN_COST_RECREATE);
	xn_plan_fini(&plan);
	xn_model_fini(&wanted);
	xn_model_fini(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_follow_the_name_where_it_fits),
		cmocka_unit_test(the_plan_reads_in_this_order),
		cmocka_unit_test(what_cannot_be_bridged_is_refused),
		cmocka_unit_test(a_contradiction_is_no_plan),
		cmocka_unit_test(a_name_has_its_cost),
		cmocka_unit_test(a_name_costs_the_labels),
		cmocka_unit_test(names_go_round),
		cmocka_unit_test(a_new_label_is_a_new_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
