/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of bridge_ports to interfaces of a host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "host.h"
#include "netconf/ifupdown/ports.h"

static struct xn_ifup_options options;
static struct xn_ifup_notes notes;
static struct xn_ifup_ports ports;
static struct xn_model host;

static int set_up(void **state)
{
	static const struct {
		const char *name;
		int master;
	} more[] = {{"em1", 0}, {"enp0s3", 0},	{"p2p1", 0}, {"peth0", 0},
		    {"br0", 0}, {"vif7.0", 11}, {"ethX", 0}, {"p0", 0}};

	(void)state;
	host = small_host();
	for (int i = 0; i < 8; i++) {
		struct xn_model_link link = link_of(
			7 + i, more[i].name,
			strcmp(more[i].name, "br0") == 0 ? "bridge" : "");

		link.master = more[i].master;
		assert_int_equal(xn_model_add(&host, XN_LINK, &link), 0);
	}
	memset(&options, 0, sizeof(options));
	(void)snprintf(options.iface, sizeof(options.iface), "br0");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xn_model_fini(&host);
	return 0;
}

/* "eth0 eth1*": a star for those that nobody named. */
static void expect(const char *text, const char *names)
{
	char got[512] = "";

	memset(&notes, 0, sizeof(notes));
	xn_ifup_ports_expand(&options, text, &host, &ports, &notes);
	for (size_t i = 0; i < ports.count; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
			       "%s%s%s", i ? " " : "", ports.port[i].name,
			       ports.port[i].is_matched ? "*" : "");
	if (strcmp(got, names) != 0)
		fail_msg("\"%s\" is \"%s\", not \"%s\"", text, got, names);
}

static void names_are_taken_as_they_are(void **state)
{
	(void)state;
	expect("none", "");
	expect("eth0", "eth0");
	expect(" eth1\teth0 nosuch ", "eth1 eth0 nosuch");
	expect("eth0 eth0", "eth0");
	expect("eth0 none", "eth0");
	assert_int_equal(notes.count, 0);
}

static void expressions_match_what_is_free(void **state)
{
	(void)state;
	expect("regex eth.", "eth0* eth1* ethX*");
	expect("regex (eth|vif).*", "eth0* eth1* vif1.0* vif7.0* ethX*");
	expect("regex vif.* noregex eth0", "vif1.0* vif7.0* eth0");
	expect("regex .*", "eth0* eth1* vif1.0* em1* enp0s3* p2p1* peth0* "
			   "vif7.0* ethX* p0*");
	expect("regex eth0 noregex eth0", "eth0");
	expect("regex eth", "");
	expect("regex none", "");
	/* As grep -E has it: begins with this, or ends with that. */
	expect("regex et|p1", "eth0* eth1* p2p1* ethX*");
	assert_int_equal(notes.count, 0);
}

static void all_is_what_each_kind_means(void **state)
{
	(void)state;
	expect("all", "eth0* eth1* ethX* em1* enp0s3* p2p1* p0*");
	expect("all regex if.0 noregex ext0 regex vif.*",
	       "eth0* eth1* ethX* em1* enp0s3* p2p1* p0* ext0 vif1.0* "
	       "vif7.0*");
	expect("regex all weird0", "eth0* eth1* ethX* em1* enp0s3* p2p1* p0* "
				   "weird0");
	options.style = XN_IFUP_NG;
	expect("all", "eth0* eth1* vif1.0* em1* enp0s3* p2p1* peth0* vif7.0* "
		      "ethX* p0*");
}

static void what_makes_no_sense_is_said(void **state)
{
	static const char *const bad[] = {
		"eth0/..",
		"br0",
		"a-name-that-is-too-long",
		"regex eth[",
		"regex (",
		"regex e{1,255}",
		("regex "
		 "e++++++++++++++++++++++++++++++++++++++++++++++++++++++++"),
		"regex (e*)?*",
		"regex (e)\\1",
		"regex ((((((((((e))))))))))",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "eth1 %s noregex eth0",
			       bad[i]);
		expect(text, "eth1 eth0");
		assert_int_equal(notes.count, 1);
		assert_ptr_equal(strstr(notes.text[0], "bridge_ports "),
				 notes.text[0]);
	}
	memset(text, 'e', 200);
	memcpy(text, "regex ", 6);
	text[200] = '\0';
	expect(text, "");
	assert_non_null(strstr(notes.text[0], "too long"));
}

static void there_are_no_more_than_a_bridge_has(void **state)
{
	static char text[XN_IFUP_PORTS_BYTES];
	size_t at = 0;

	(void)state;
	for (int i = 0; i <= XN_IFUP_PORTS_MAX; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%x ",
				       i + 1);
	assert_in_range(at, XN_IFUP_PORTS_MAX, sizeof(text) - 1);
	memset(&notes, 0, sizeof(notes));
	xn_ifup_ports_expand(&options, text, &host, &ports, &notes);
	assert_int_equal(ports.count, XN_IFUP_PORTS_MAX);
	assert_int_equal(notes.count, 1);
}

static void without_a_host_only_names_are_left(void **state)
{
	(void)state;
	xn_ifup_ports_expand(&options, "all eth0 regex .*", NULL, &ports,
			     &notes);
	assert_int_equal(ports.count, 1);
	assert_string_equal(ports.port[0].name, "eth0");
}

#define WITH_HOST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOST(names_are_taken_as_they_are),
		WITH_HOST(expressions_match_what_is_free),
		WITH_HOST(all_is_what_each_kind_means),
		WITH_HOST(what_makes_no_sense_is_said),
		WITH_HOST(there_are_no_more_than_a_bridge_has),
		WITH_HOST(without_a_host_only_names_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
