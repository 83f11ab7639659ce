/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a configuration becomes: which elements stand in which set, what the
 * rules are as many as, and what goes without what the kernel lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>

#include "natd/plan.h"
#include "netconf/parse/planeconf.h"

#define BRIDGE              \
	"[bridge xennat]\n" \
	"mode = nat\n"      \
	"address = 10.0.0.1/24 fd00:1::1/64\n"
#define WEB "[vif web]\nip = 10.0.0.5 fd00:1::5\n"

static const struct xnat_features all = {true, true, true};

static struct xn_planeconf *read_conf(const char *text)
{
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("%s", xn_report_first(&report));
	return conf;
}

static struct xnat_table plan_with(const char *text,
				   const struct xnat_features *features)
{
	struct xn_planeconf *conf = read_conf(text);
	struct xnat_guests guests = {0};
	struct xnat_table table;
	struct xn_err err = {0};

	assert_int_equal(xnat_guests_add_conf(&guests, conf), 0);
	if (xnat_plan(conf, &guests, features, &table, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	xnat_guests_fini(&guests);
	xn_planeconf_destroy(conf);
	return table;
}

static struct xnat_table plan(const char *text)
{
	return plan_with(text, &all);
}

static uint32_t count_of(const struct xnat_table *table, const char *set)
{
	const struct xnat_set *found = xnat_set_named(table, set);

	assert_non_null(found);
	return found->count;
}

/* In the order of their keys. */
static const struct xnat_element *element_of(const struct xnat_table *table,
					     const char *set, uint32_t place)
{
	const struct xnat_set *found = xnat_set_named(table, set);

	assert_non_null(found);
	assert_true(place < found->count);
	return &found->element[place];
}

static void assert_ipv4(const uint8_t *bytes, const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	assert_memory_equal(bytes, &address, 4);
}

static uint16_t port_of(const uint8_t *bytes)
{
	uint16_t port;

	memcpy(&port, bytes, sizeof(port));
	return ntohs(port);
}

static void a_bridge_is_in_the_sets_that_it_wants(void **state)
{
	static const struct {
		const char *text;
		uint32_t closed4, closed6, masquerade4, masquerade6;
	} cases[] = {
		{BRIDGE, 1, 1, 1, 1},
		{BRIDGE "masquerade = off\n", 0, 1, 0, 1},
		{BRIDGE "nat6 = routed\n", 1, 0, 1, 0},
		{BRIDGE "nat6 = prefix 2001:db8::/64\n", 1, 1, 1, 0},
		{"[bridge a]\nmode = nat\naddress = 10.0.0.1/24\n", 1, 0, 1, 0},
		{"[bridge a]\nmode = bridged\n", 0, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xnat_table t = plan(cases[i].text);

		assert_int_equal(count_of(&t, "closed4"), cases[i].closed4);
		assert_int_equal(count_of(&t, "closed6"), cases[i].closed6);
		assert_int_equal(count_of(&t, "masquerade4"),
				 cases[i].masquerade4);
		assert_int_equal(count_of(&t, "masquerade6"),
				 cases[i].masquerade6);
		xnat_table_fini(&t);
	}
}

static void a_port_that_stays_is_one_element(void **state)
{
	struct xnat_table t =
		plan(BRIDGE "forward = tcp+udp 8000-8010 -> 10.0.0.5\n");
	const struct xnat_element *e = element_of(&t, "ports4", 0);

	(void)state;
	assert_int_equal(count_of(&t, "ports4"), 2);
	assert_int_equal(count_of(&t, "forward4"), 0);
	assert_int_equal(count_of(&t, "ports6"), 0);
	assert_ipv4(e->key, "0.0.0.0");
	assert_ipv4(e->key_end, "255.255.255.255");
	assert_int_equal(e->key[8], 6);
	assert_int_equal(port_of(e->key + 12), 8000);
	assert_int_equal(port_of(e->key_end + 12), 8010);
	assert_ipv4(e->data, "10.0.0.5");
	xnat_table_fini(&t);
}

static void ports_that_move_are_told_one_by_one(void **state)
{
	struct xnat_table t =
		plan(BRIDGE "forward = udp 9000-9003 -> 10.0.0.5:7000\n");

	(void)state;
	assert_int_equal(count_of(&t, "ports4"), 0);
	assert_int_equal(count_of(&t, "forward4"), 4);
	for (uint32_t i = 0; i < 4; i++) {
		const struct xnat_element *e = element_of(&t, "forward4", i);

		assert_int_equal(port_of(e->key + 12), 9000 + i);
		assert_int_equal(port_of(e->key_end + 12), 9000 + i);
		assert_int_equal(port_of(e->data + 4), 7000 + i);
	}
	xnat_table_fini(&t);
}

static void a_guest_by_name_has_both_families(void **state)
{
	struct xnat_table t = plan(BRIDGE "forward = tcp 22 -> web\n" WEB);

	(void)state;
	assert_int_equal(count_of(&t, "ports4"), 1);
	assert_int_equal(count_of(&t, "ports6"), 1);
	xnat_table_fini(&t);
	t = plan(BRIDGE "forward = tcp 192.0.2.1:22 -> web\n" WEB);
	assert_ipv4(element_of(&t, "ports4", 0)->key + 4, "192.0.2.1");
	assert_ipv4(element_of(&t, "ports4", 0)->key_end + 4, "192.0.2.1");
	assert_int_equal(count_of(&t, "ports6"), 0);
	xnat_table_fini(&t);
}

static void sources_have_their_own_map(void **state)
{
	struct xnat_table t =
		plan(BRIDGE "forward = tcp 22 -> web from 192.0.2.0/24 "
			    "198.51.100.7 2001:db8::/32\n" WEB);
	const struct xnat_element *e = element_of(&t, "ports_from4", 0);

	(void)state;
	assert_int_equal(count_of(&t, "ports_from4"), 2);
	assert_int_equal(count_of(&t, "ports_from6"), 1);
	assert_int_equal(count_of(&t, "ports4"), 0);
	assert_ipv4(e->key, "192.0.2.0");
	assert_ipv4(e->key_end, "192.0.2.255");
	xnat_table_fini(&t);
}

static void who_is_not_known_has_no_element(void **state)
{
	struct xnat_table t = plan(BRIDGE "forward = tcp 22 -> db\n" WEB);

	(void)state;
	assert_int_equal(count_of(&t, "ports4"), 0);
	xnat_table_fini(&t);
	/* An address that is not the bridge's is no way to it either. */
	t = plan(BRIDGE "forward = tcp 22 -> db\n[vif db]\nip = 10.9.0.5\n");
	assert_int_equal(count_of(&t, "ports4"), 0);
	xnat_table_fini(&t);
}

static void a_guest_is_found_by_its_mac_on_its_bridge(void **state)
{
	struct xn_planeconf *conf =
		read_conf(BRIDGE "forward = tcp 22 -> 00:16:3e:00:00:01\n");
	struct xnat_guest guest = {
		.has_mac = true,
		.mac = {{0, 0x16, 0x3e, 0, 0, 1}},
		.bridge = "other",
		.address_count = 1,
		.address = {{.family = 4,
			     .prefix = 32,
			     .octet = {10, 0, 0, 9}}},
	};
	struct xnat_guests guests = {0};
	struct xn_address found;

	(void)state;
	assert_int_equal(xnat_guests_add(&guests, &guest), 0);
	assert_false(xnat_guest_find(&guests, &conf->bridge[0],
				     &conf->bridge[0].nat.forward[0].to, 4,
				     &found));
	memcpy(guest.bridge, "xennat", 7);
	assert_int_equal(xnat_guests_add(&guests, &guest), 0);
	assert_true(xnat_guest_find(&guests, &conf->bridge[0],
				    &conf->bridge[0].nat.forward[0].to, 4,
				    &found));
	assert_ipv4(found.octet, "10.0.0.9");
	assert_false(xnat_guest_find(&guests, &conf->bridge[0],
				     &conf->bridge[0].nat.forward[0].to, 6,
				     &found));
	xnat_guests_fini(&guests);
	xn_planeconf_destroy(conf);
}

static void pairs_lead_both_ways(void **state)
{
	struct xnat_table t =
		plan(BRIDGE "one-to-one = 192.0.2.7 -> 10.0.0.5\n");

	(void)state;
	assert_ipv4(element_of(&t, "pair_in4", 0)->key, "192.0.2.7");
	assert_ipv4(element_of(&t, "pair_in4", 0)->data, "10.0.0.5");
	assert_string_equal((const char *)element_of(&t, "pair_out4", 0)->key,
			    "xennat");
	assert_ipv4(element_of(&t, "pair_out4", 0)->data, "192.0.2.7");
	xnat_table_fini(&t);
}

static char *many_forwards(unsigned int count)
{
	size_t bytes = 128 + (size_t)count * 64, used;
	char *text = malloc(bytes);

	assert_non_null(text);
	used = (size_t)snprintf(text, bytes, "%s", BRIDGE);
	for (unsigned int i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, bytes - used,
					 "forward = tcp %u -> 10.0.0.5:22\n",
					 10000 + i);
	return text;
}

static void rules_do_not_grow_with_forwards(void **state)
{
	char *one = many_forwards(1), *many = many_forwards(1000);
	struct xnat_table a = plan(one), b = plan(many);

	(void)state;
	assert_int_equal(xnat_table_rules(&a), xnat_table_rules(&b));
	assert_int_equal(a.set_count, b.set_count);
	assert_int_equal(b.elements - a.elements, 999);
	xnat_table_fini(&a);
	xnat_table_fini(&b);
	free(one);
	free(many);
}

static bool has_chain(const struct xnat_table *table, const char *name)
{
	for (uint32_t i = 0; i < table->chain_count; i++)
		if (!strcmp(table->chain[i].name, name))
			return true;
	return false;
}

static bool uses(const struct xnat_table *table, enum xnat_do kind)
{
	for (uint32_t i = 0; i < table->chain_count; i++)
		for (uint32_t k = 0; k < table->chain[i].count; k++)
			for (uint32_t e = 0; e < table->chain[i].rule[k].count;
			     e++)
				if (table->chain[i].rule[k].expr[e].kind ==
				    kind)
					return true;
	return false;
}

static void limits_share_a_chain_for_each_number(void **state)
{
	struct xnat_table t =
		plan("[bridge a]\nmode = nat\naddress = 10.0.0.1/24\n"
		     "connections = 100\n"
		     "[bridge b]\nmode = nat\naddress = 10.0.1.1/24\n"
		     "connections = 100\n"
		     "[bridge c]\nmode = nat\naddress = 10.0.2.1/24\n"
		     "connections = off\n");

	(void)state;
	assert_true(has_chain(&t, "limit_100"));
	assert_int_equal(count_of(&t, "limits"), 2);
	assert_string_equal(element_of(&t, "limits", 0)->chain, "limit_100");
	xnat_table_fini(&t);
}

static void what_the_kernel_lacks_is_left_out(void **state)
{
	const struct xnat_features none = {0};
	struct xnat_table with = plan(BRIDGE);
	struct xnat_table without = plan_with(BRIDGE, &none);

	(void)state;
	assert_true(uses(&with, XNAT_TIMEOUT) && uses(&with, XNAT_LIMIT) &&
		    uses(&with, XNAT_IS_LOCAL));
	assert_false(uses(&without, XNAT_TIMEOUT) ||
		     uses(&without, XNAT_LIMIT) ||
		     uses(&without, XNAT_IS_LOCAL));
	assert_int_equal(without.timeout_count, 0);
	assert_int_equal(count_of(&without, "limits"), 0);
	xnat_table_fini(&with);
	xnat_table_fini(&without);
}

/* They return before anything that rewrites a source. */
static void groups_and_broadcasts_are_spared_before_all_else(void **state)
{
	struct xnat_table t = plan(BRIDGE);
	bool rewritten = false;
	unsigned int spared = 0;

	(void)state;
	for (uint32_t i = 0; i < t.chain_count; i++) {
		if (strcmp(t.chain[i].name, "postrouting") != 0)
			continue;
		for (uint32_t k = 0; k < t.chain[i].count; k++) {
			const struct xnat_rule *rule = &t.chain[i].rule[k];
			enum xnat_do last = rule->expr[rule->count - 1].kind;

			rewritten |=
				last == XNAT_SNAT || last == XNAT_MASQUERADE;
			if (last == XNAT_RETURN && !rewritten &&
			    rule->expr[0].key == 15 /* nfproto */)
				spared++;
		}
	}
	assert_true(rewritten);
	assert_int_equal(spared, 3);
	xnat_table_fini(&t);
}

static void times_are_at_least_what_rfcs_want(void **state)
{
	struct xnat_table t = plan(BRIDGE);

	(void)state;
	assert_int_equal(t.timeout_count, 2);
	assert_int_equal(t.timeout[0].protocol, 6);
	assert_int_equal(t.timeout[0].count, 11);
	for (uint32_t i = 0; i < t.timeout[0].count; i++)
		assert_true(t.timeout[0].step[i].seconds >=
			    (t.timeout[0].step[i].attr == 3 ? 7440u : 240u));
	for (uint32_t i = 0; i < t.timeout[1].count; i++)
		assert_true(t.timeout[1].step[i].seconds >= 120u);
	xnat_table_fini(&t);
}

static void more_than_fits_is_refused(void **state)
{
	char *text = malloc(1 << 16);
	size_t used;
	struct xn_planeconf *conf;
	struct xnat_guests guests = {0};
	struct xnat_table table;
	struct xn_err err = {0};

	(void)state;
	assert_non_null(text);
	used = (size_t)snprintf(text, 1 << 16, "%s", BRIDGE);
	/* 1000 ports, both protocols, 8 sources: 16000 elements each. */
	for (unsigned int i = 0; i < 9; i++)
		used += (size_t)snprintf(
			text + used, (1 << 16) - used,
			"forward = tcp+udp %u-%u -> 10.0.0.5:1 from 1.0.0.0/8 "
			"2.0.0.0/8 3.0.0.0/8 4.0.0.0/8 5.0.0.0/8 6.0.0.0/8 "
			"7.0.0.0/8 8.0.0.0/8\n",
			1000 + i * 1000, 1999 + i * 1000);
	conf = read_conf(text);
	assert_int_equal(xnat_plan(conf, &guests, &all, &table, &err), -E2BIG);
	assert_non_null(strstr(xn_err_text(&err), "131072"));
	xn_planeconf_destroy(conf);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bridge_is_in_the_sets_that_it_wants),
		cmocka_unit_test(a_port_that_stays_is_one_element),
		cmocka_unit_test(ports_that_move_are_told_one_by_one),
		cmocka_unit_test(a_guest_by_name_has_both_families),
		cmocka_unit_test(sources_have_their_own_map),
		cmocka_unit_test(who_is_not_known_has_no_element),
		cmocka_unit_test(a_guest_is_found_by_its_mac_on_its_bridge),
		cmocka_unit_test(pairs_lead_both_ways),
		cmocka_unit_test(rules_do_not_grow_with_forwards),
		cmocka_unit_test(limits_share_a_chain_for_each_number),
		cmocka_unit_test(what_the_kernel_lacks_is_left_out),
		cmocka_unit_test(
			groups_and_broadcasts_are_spared_before_all_else),
		cmocka_unit_test(times_are_at_least_what_rfcs_want),
		cmocka_unit_test(more_than_fits_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
