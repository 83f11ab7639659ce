/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random models: a plan from one to another, done to a model that behaves as
 * the kernel does, gives the other; planning again gives nothing; and from
 * wherever it is cut short, taking back what was begun gives the first. The
 * random numbers are always the same ones.
 */
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

#include "tests/unit/netconf/plan/kernel.h"

#define ROUNDS 4000
#define NICS 4
#define BRIDGES 3

static struct xn_err err;

static uint32_t next_random(uint32_t below)
{
	static uint32_t x = 2463534242U;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % below;
}

static void add(struct xn_model *model, enum xn_noun noun, const void *object)
{
	if (xn_model_find(model, noun, object, 0) < 0)
		assert_int_equal(xn_model_add(model, noun, object), 0);
}

static struct xn_model_link random_link(int ifindex, bool bridge)
{
	struct xn_model_link link;

	memset(&link, 0, sizeof(link));
	link.ifindex = ifindex;
	link.has_ipv6 = next_random(4) != 0;
	link.ethernet = true;
	link.up = next_random(4) != 0;
	link.mtu = 1400 + next_random(2) * 100;
	link.mac.octet[5] = bridge ? (uint8_t)ifindex : (uint8_t)next_random(3);
	link.addr_gen_mode = (uint8_t)next_random(2);
	link.accept_ra = (int)next_random(3);
	link.noarp = next_random(8) == 0;
	(void)snprintf(link.name, sizeof(link.name), "%s%d%s",
		       bridge ? "br" : "eth", ifindex,
		       next_random(8) == 0 ? "x" : "");
	link.nomulticast = next_random(8) == 0;
	(void)snprintf(link.kind, sizeof(link.kind), "%s",
		       bridge ? "bridge" : "veth");
	if (bridge) {
		link.bridge.setting[0].attr = IFLA_BR_STP_STATE;
		link.bridge.setting[0].value = next_random(2);
		link.bridge.count = 1;
	}
	return link;
}

static void add_links(struct xn_model *model)
{
	for (int i = 0; i < BRIDGES; i++) {
		struct xn_model_link link = random_link(NICS + 1 + i, true);

		if (next_random(3) != 0)
			add(model, XN_LINK, &link);
	}
	for (int i = 0; i < NICS; i++) {
		struct xn_model_link link = random_link(1 + i, false);
		int master = NICS + 1 + (int)next_random(BRIDGES * 2);

		if (xn_model_link(model, master)) {
			link.master = master;
			link.port.setting[0].attr = IFLA_BRPORT_ISOLATED;
			link.port.setting[0].value = next_random(2);
			link.port.count = 1;
		}
		add(model, XN_LINK, &link);
	}
}

/* Both ends or none, with a bridge for one of them. */
static void add_pair(struct xn_model *model)
{
	int first = NICS + BRIDGES + 1;
	struct xn_model_link ends[2] = {random_link(first, false),
					random_link(first + 1, false)};
	int master = NICS + 1 + (int)next_random(BRIDGES * 2);

	if (next_random(3) == 0)
		return;
	ends[0].peer = first + 1;
	ends[1].peer = first;
	if (xn_model_link(model, master))
		ends[1].master = master;
	add(model, XN_LINK, &ends[0]);
	add(model, XN_LINK, &ends[1]);
}

/* Whatever is there goes by one another's names. */
static void mix_names(struct xn_model *model)
{
	size_t count = xn_model_count(model, XN_LINK);

	for (size_t i = 0; i < count && next_random(2) == 0; i++) {
		struct xn_model_link *a = xn_model_edit(
			model, XN_LINK, next_random((uint32_t)count));
		struct xn_model_link *b = xn_model_edit(
			model, XN_LINK, next_random((uint32_t)count));
		char name[IFNAMSIZ];

		memcpy(name, a->name, sizeof(name));
		memcpy(a->name, b->name, sizeof(name));
		memcpy(b->name, name, sizeof(name));
	}
}

static struct xn_addr random_addr(int ifindex)
{
	bool v4 = next_random(2) == 0;
	struct xn_addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.ifindex = ifindex;
	addr.family = v4 ? AF_INET : AF_INET6;
	addr.prefix_length = 24;
	addr.address[0] = v4 ? 192 : 0xfd;
	addr.address[3] = (uint8_t)(1 + next_random(3));
	addr.valid_s = addr.preferred_s =
		next_random(4) == 0 ? 1000 + next_random(9) : UINT32_MAX;
	addr.metric = next_random(3) * 100;
	if (v4 && next_random(3) == 0)
		(void)strcpy(addr.label, "x:1");
	return addr;
}

static struct xn_route random_route(const struct xn_addr *addr)
{
	struct xn_route route;

	memset(&route, 0, sizeof(route));
	route.family = addr->family;
	route.ifindex = addr->ifindex;
	route.prefix_length = 16;
	route.destination[0] = 10;
	route.destination[1] = (uint8_t)next_random(4);
	route.table = next_random(2) ? RT_TABLE_MAIN : 100;
	route.metric = next_random(2);
	route.type = RTN_UNICAST;
	route.has_gateway = next_random(2) == 0;
	if (route.has_gateway)
		memcpy(route.gateway, addr->address, sizeof(route.gateway));
	/* Beyond all that leads anywhere. */
	if (route.has_gateway && next_random(3) == 0)
		route.gateway[0] = 0x20;
	return route;
}

static void add_objects(struct xn_model *model)
{
	for (size_t i = 0; i < xn_model_count(model, XN_LINK); i++) {
		struct xn_model_link *link = xn_model_edit(model, XN_LINK, i);

		for (uint32_t k = next_random(4); k > 0 && link->up; k--) {
			struct xn_addr addr = random_addr(link->ifindex);
			struct xn_route route = random_route(&addr);
			struct xn_neigh neigh = {.ifindex = link->ifindex,
						 .family = addr.family};

			add(model, XN_ADDR, &addr);
			add(model, XN_ROUTE, &route);
			neigh.address[0] = (uint8_t)next_random(3);
			neigh.mac.octet[5] = (uint8_t)next_random(3);
			add(model, XN_NEIGH, &neigh);
		}
	}
	for (uint32_t k = next_random(4); k > 0; k--) {
		struct xn_rule rule = {.family = AF_INET,
				       .priority = next_random(3),
				       .table = next_random(3)};

		add(model, XN_RULE, &rule);
	}
}

static struct xn_model random_model(void)
{
	/* So that gateways may be anywhere. */
	struct xn_model model = {.was = true};

	add_links(&model);
	add_pair(&model);
	mix_names(&model);
	add_objects(&model);
	return model;
}

static struct xn_plan plan_of(const struct xn_model *from,
			      const struct xn_model *to)
{
	struct xn_plan plan = {0};

	if (xn_plan_make(from, to, &plan, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	return plan;
}

static void assert_same(const struct xn_model *a, const struct xn_model *b)
{
	struct xn_plan plan = plan_of(a, b);
	char words[256] = "";

	if (plan.count > 0) {
		xn_op_words(&plan.op[0], words, sizeof(words));
		fail_msg("%zu differences: %s", plan.count, words);
	}
	xn_plan_fini(&plan);
}

/* Settings that are not said are the kernel's defaults: here, nothing. */
static void a_plan_leads_where_it_should(void **state)
{
	size_t planned = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct xn_model from = random_model();
		struct xn_model to = random_model();
		struct xn_plan plan = plan_of(&from, &to);

		planned += plan.count;
		assert_null(xn_plan_outdated(&plan, &from));
		kernel_do_all(&from, &plan, plan.count);
		if (plan.count > 0)
			assert_non_null(xn_plan_outdated(&plan, &from));
		assert_same(&from, &to);
		xn_plan_fini(&plan);
		xn_model_fini(&from);
		xn_model_fini(&to);
	}
	assert_true(planned > ROUNDS * 10);
}

static void the_same_twice_is_no_plan(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct xn_model model = random_model();

		assert_same(&model, &model);
		xn_model_fini(&model);
	}
}

/* What was begun, taken back in a model of what is. */
static struct xn_model take_back(const struct xn_model *now,
				 const struct xn_plan *plan, size_t done)
{
	uint32_t begun = 0;
	struct xn_model target;

	assert_int_equal(xn_model_copy(now, &target), 0);
	target.was = true;
	for (size_t i = 0; i < done; i++)
		begun |= 1U << plan->op[i].step;
	for (size_t i = plan->count; i > 0; i--) {
		if (begun & (1U << plan->op[i - 1].step))
			assert_int_equal(xn_op_undo(&plan->op[i - 1], &target),
					 0);
	}
	return target;
}

static void from_anywhere_there_is_a_way_back(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct xn_model from = random_model();
		struct xn_model to = random_model();
		struct xn_plan plan = plan_of(&from, &to);
		size_t done = next_random((uint32_t)plan.count + 1);
		struct xn_model now;
		struct xn_model target;
		struct xn_plan back;

		assert_int_equal(xn_model_copy(&from, &now), 0);
		kernel_do_all(&now, &plan, done);
		target = take_back(&now, &plan, done);
		assert_same(&target, &from);
		back = plan_of(&now, &target);
		kernel_do_all(&now, &back, back.count);
		assert_same(&now, &from);
		xn_plan_fini(&back);
		xn_plan_fini(&plan);
		xn_model_fini(&target);
		xn_model_fini(&now);
		xn_model_fini(&from);
		xn_model_fini(&to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_leads_where_it_should),
		cmocka_unit_test(the_same_twice_is_no_plan),
		cmocka_unit_test(from_anywhere_there_is_a_way_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
