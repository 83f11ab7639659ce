/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stanza's options, from the environment of both kinds of ifupdown. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <linux/if_link.h>

#include "netconf/ifupdown/options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BASE "IFACE=br0", "MODE=start", "PHASE=pre-up", "IF_BRIDGE_PORTS=eth0"

static struct xn_ifup_options options;
static struct xn_ifup_notes notes;
static struct xn_err err;

static int parse(enum xn_ifup_style style, const char *const *env)
{
	memset(&notes, 0, sizeof(notes));
	err.set = false;
	return xn_ifup_options_parse(style, env, &options, &notes, &err);
}

static void classic(const char *const *env)
{
	if (parse(XN_IFUP_CLASSIC, env) < 0)
		fail_msg("%s", xn_err_text(&err));
}

static void expect_setting(uint16_t attr, uint32_t value)
{
	for (size_t i = 0; i < options.setting_count; i++) {
		if (options.setting[i].attr == attr) {
			assert_int_equal(options.setting[i].value, value);
			return;
		}
	}
	fail_msg("attribute %u is not set", attr);
}

static void stanzas_without_ports_are_not_ours(void **state)
{
	static const char *const all[] = {
		"IFACE=--all", "LOGICAL=auto", "ADDRFAM=meta", "METHOD=none",
		"MODE=start",  "PHASE=pre-up", "VERBOSITY=0",  NULL};
	static const char *const blank[] = {"IFACE=br0", "MODE=start",
					    "PHASE=pre-up",
					    "IF_BRIDGE_PORTS= ", NULL};
	static const char *const port[] = {"IFACE=eth0",       "MODE=start",
					   "PHASE=pre-up",     "IF_BRIDGE_FD=x",
					   "IF_BRIDGE_VIDS=1", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	classic(all);
	assert_int_equal(options.task, XN_IFUP_NOTHING);
	classic(blank);
	assert_int_equal(options.task, XN_IFUP_NOTHING);
	classic(port);
	assert_int_equal(options.task, XN_IFUP_NOTHING);
	assert_int_equal(notes.count, 0);
	classic(none);
	assert_int_equal(options.task, XN_IFUP_NOTHING);
	assert_int_equal(parse(XN_IFUP_NG, none), 0);
	assert_int_equal(options.task, XN_IFUP_NOTHING);
}

static void phases_become_tasks(void **state)
{
	static const struct {
		enum xn_ifup_style style;
		const char *mode, *phase;
		enum xn_ifup_task task;
	} phases[] = {
		{XN_IFUP_CLASSIC, "start", "pre-up", XN_IFUP_START},
		{XN_IFUP_CLASSIC, "start", "post-up", XN_IFUP_START},
		{XN_IFUP_CLASSIC, "stop", "pre-down", XN_IFUP_HOLD},
		{XN_IFUP_CLASSIC, "stop", "post-down", XN_IFUP_STOP},
		{XN_IFUP_CLASSIC, "stop", "down", XN_IFUP_NOTHING},
		{XN_IFUP_NG, "depend", "depend", XN_IFUP_DEPEND},
		{XN_IFUP_NG, "start", "create", XN_IFUP_CREATE},
		{XN_IFUP_NG, "start", "pre-up", XN_IFUP_START},
		{XN_IFUP_NG, "start", "up", XN_IFUP_NOTHING},
		{XN_IFUP_NG, "start", "post-up", XN_IFUP_NOTHING},
		{XN_IFUP_NG, "stop", "pre-down", XN_IFUP_NOTHING},
		{XN_IFUP_NG, "stop", "down", XN_IFUP_NOTHING},
		{XN_IFUP_NG, "stop", "post-down", XN_IFUP_RELEASE},
		{XN_IFUP_NG, "stop", "destroy", XN_IFUP_STOP},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(phases); i++) {
		char mode[32], phase[32];
		const char *env[] = {"IFACE=br0", mode, phase,
				     "IF_BRIDGE_PORTS=none", NULL};

		(void)snprintf(mode, sizeof(mode), "MODE=%s", phases[i].mode);
		(void)snprintf(phase, sizeof(phase), "PHASE=%s",
			       phases[i].phase);
		assert_int_equal(parse(phases[i].style, env), 0);
		assert_int_equal(options.task, phases[i].task);
	}
}

static void what_is_not_clear_is_refused(void **state)
{
	static char ports[XN_IFUP_PORTS_BYTES + 32];
	const char *const bad[][5] = {
		{"IFACE=br0", "MODE=restart", "IF_BRIDGE_PORTS=eth0"},
		{"IFACE=br0", "IF_BRIDGE_PORTS=eth0"},
		{"IFACE=../br0", "MODE=start", "IF_BRIDGE_PORTS=eth0"},
		{"IFACE=a name that is too long", "MODE=start",
		 "IF_BRIDGE_PORTS=eth0"},
		{"MODE=start", "IF_BRIDGE_PORTS=eth0"},
		{"IFACE=br0", "MODE=start", ports},
	};
	static const char *const ng[] = {"IFACE=br0", "MODE=start",
					 "PHASE=sideways",
					 "IF_BRIDGE_PORTS=eth0", NULL};

	(void)state;
	memset(ports, 'x', sizeof(ports) - 1);
	memcpy(ports, "IF_BRIDGE_PORTS=", 16);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(parse(XN_IFUP_CLASSIC, bad[i]), -EINVAL);
		assert_true(err.set);
	}
	assert_non_null(strstr(xn_err_text(&err), "bridge_ports"));
	assert_int_equal(parse(XN_IFUP_NG, ng), -EINVAL);
	ports[16 + XN_IFUP_PORTS_BYTES - 1] = '\0';
	classic(bad[COUNT(bad) - 1]);
}

static void every_option_is_read(void **state)
{
	static const char *const env[] = {BASE,
					  "IF_BRIDGE_AGEING=100.5",
					  "IF_BRIDGE_BRIDGEPRIO=4096",
					  "IF_BRIDGE_FD=7",
					  "IF_BRIDGE_HELLO=1.5",
					  "IF_BRIDGE_MAXAGE=12",
					  "IF_BRIDGE_STP=on",
					  "IF_BRIDGE_PATHCOST=eth0 77 eth1 5",
					  "IF_BRIDGE_PORTPRIO=eth0 63",
					  "IF_BRIDGE_HW=02:00:00:00:00:01",
					  "IF_BRIDGE_VLAN_AWARE=yes",
					  "IF_BRIDGE_WAITPORT=5 eth0 eth1",
					  "IF_BRIDGE_MAXWAIT=9",
					  "IF_MTU=9000",
					  "VERBOSITY=1",
					  NULL};

	(void)state;
	classic(env);
	assert_int_equal(notes.count, 0);
	assert_string_equal(options.iface, "br0");
	assert_string_equal(options.ports, "eth0");
	assert_int_equal(options.setting_count, 6);
	expect_setting(IFLA_BR_AGEING_TIME, 10050);
	expect_setting(IFLA_BR_PRIORITY, 4096);
	expect_setting(IFLA_BR_FORWARD_DELAY, 700);
	expect_setting(IFLA_BR_HELLO_TIME, 150);
	expect_setting(IFLA_BR_MAX_AGE, 1200);
	expect_setting(IFLA_BR_STP_STATE, 1);
	assert_int_equal(options.setting[4].attr, IFLA_BR_STP_STATE);
	assert_int_equal(options.setting[5].attr, IFLA_BR_FORWARD_DELAY);
	assert_int_equal(options.port_setting_count, 3);
	assert_string_equal(options.port_setting[1].port, "eth1");
	assert_int_equal(options.port_setting[1].setting.value, 5);
	assert_int_equal(options.port_setting[2].setting.attr,
			 IFLA_BRPORT_PRIORITY);
	assert_true(options.has_hw && options.vlan_aware && options.verbose);
	assert_int_equal(options.waitport_s, 5);
	assert_string_equal(options.waitports, "eth0 eth1");
	assert_true(options.has_maxwait);
	assert_int_equal(options.maxwait_s, 9);
	assert_int_equal(options.port_mtu, 9000);
}

/* Each is left out, and said with its key and value; the rest is there. */
static void bad_values_are_said_and_left_out(void **state)
{
	static const struct {
		const char *variable, *said;
	} bad[] = {
		{"IF_BRIDGE_FD=15s", "bridge_fd 15s: seconds are wanted"},
		{"IF_BRIDGE_FD=-1", "bridge_fd -1: 0 to 42949672 s"},
		{"IF_BRIDGE_FD=nan", "bridge_fd nan: seconds"},
		{"IF_BRIDGE_HELLO=0.5", "bridge_hello 0.5: 1 to 10 s"},
		{"IF_BRIDGE_HELLO=11", "bridge_hello 11: 1 to 10 s"},
		{"IF_BRIDGE_MAXAGE=5", "bridge_maxage 5: 6 to 40 s"},
		{"IF_BRIDGE_AGEING=soon", "bridge_ageing soon: seconds"},
		{"IF_BRIDGE_BRIDGEPRIO=65536", "bridge_bridgeprio 65536: 0 to"},
		{"IF_BRIDGE_BRIDGEPRIO=low", "bridge_bridgeprio low: a number"},
		{"IF_BRIDGE_GCINT=4", "bridge_gcint 4: the kernel has no"},
		{"IF_BRIDGE_STP=maybe", "bridge_stp maybe: on or off"},
		{"IF_BRIDGE_VLAN_AWARE=2", "bridge_vlan_aware 2: yes or no"},
		{"IF_BRIDGE_HW=01:00:00:00:00:01",
		 "bridge_hw 01:00:00:00:00:01"},
		{"IF_BRIDGE_HW=00:00:00:00:00:00",
		 "bridge_hw 00:00:00:00:00:00"},
		{"IF_BRIDGE_HW=1:2:3", "bridge_hw 1:2:3: this is no station's"},
		{"IF_BRIDGE_HW=eth0/..", "bridge_hw eth0/..: a MAC address or"},
		{"IF_BRIDGE_PATHCOST=eth0", "bridge_pathcost eth0: a port and"},
		{"IF_BRIDGE_PATHCOST=eth0 0", "bridge_pathcost 0: 1 to 65535"},
		{"IF_BRIDGE_PATHCOST=eth0 x", "bridge_pathcost x: 1 to 65535"},
		{"IF_BRIDGE_PATHCOST=a/b 1", "bridge_pathcost a/b: this is no"},
		{"IF_BRIDGE_PORTPRIO=eth0 64", "bridge_portprio 64: 0 to 63"},
		{"IF_BRIDGE_WAITPORT=x eth0", "bridge_waitport x: 0 to 3600"},
		{"IF_BRIDGE_MAXWAIT=1.5", "bridge_maxwait 1.5: 0 to 3600"},
		{"IF_BRIDGE_MAXWAIT=3601", "bridge_maxwait 3601: 0 to 3600"},
		{"IF_BRIDGE_STPP=on", "bridge_stpp: there is no such option"},
		{"IF_MTU=67", "mtu 67: 68 to 65535"},
		{"IF_BRIDGE_VIDS=1", "bridge_vids 1: VLANs of ports"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *env[] = {BASE, bad[i].variable, NULL};

		classic(env);
		assert_int_equal(options.task, XN_IFUP_START);
		assert_int_equal(notes.count, 1);
		if (strncmp(notes.text[0], bad[i].said, strlen(bad[i].said)) !=
		    0)
			fail_msg("\"%s\" for %s", notes.text[0],
				 bad[i].variable);
		assert_int_equal(options.setting_count, 0);
		assert_int_equal(options.port_setting_count, 0);
		assert_false(options.has_hw || options.has_maxwait ||
			     options.has_waitport || options.vlan_aware);
		assert_int_equal(options.port_mtu, 0);
	}
}

static void a_value_without_end_is_cut_where_it_is_said(void **state)
{
	static char variable[4096];
	const char *env[] = {BASE, variable, NULL};

	(void)state;
	memset(variable, '7', sizeof(variable) - 1);
	memcpy(variable, "IF_BRIDGE_FD=", 13);
	classic(env);
	assert_int_equal(notes.count, 1);
	assert_non_null(strstr(notes.text[0], "too long"));
}

/* As a document has it that many copied from. */
static void comments_behind_values_are_passed_over(void **state)
{
	static const char *const env[] = {
		"IFACE=xenbr0",
		"MODE=start",
		"PHASE=pre-up",
		"IF_BRIDGE_PORTS=eth0 eth1   # both",
		"IF_BRIDGE_STP=off          # disable Spanning Tree Protocol",
		"IF_BRIDGE_WAITPORT=0       # no delay before a port",
		"IF_BRIDGE_FD=0\t# no forwarding delay",
		"IF_BRIDGE_MAXWAIT=# none",
		NULL};
	static const char *const hash[] = {"IFACE=br0", "MODE=start",
					   "IF_BRIDGE_PORTS=eth#0", NULL};

	(void)state;
	classic(env);
	assert_int_equal(notes.count, 0);
	assert_string_equal(options.ports, "eth0 eth1");
	expect_setting(IFLA_BR_STP_STATE, 0);
	expect_setting(IFLA_BR_FORWARD_DELAY, 0);
	assert_true(options.has_waitport);
	assert_string_equal(options.waitports, "");
	assert_false(options.has_maxwait);
	classic(hash);
	assert_string_equal(options.ports, "eth#0");
}

/* Seconds as the manual says; its own words for yes and no; dashes. */
static void the_other_kind_has_its_own_words(void **state)
{
	static const char *const env[] = {BASE,
					  "IF_BRIDGE_FD=15",
					  "IF_BRIDGE_STP=YES",
					  "IF_BRIDGE_VLAN_AWARE=TRUE",
					  "IF_BRIDGE_ALLOW_UNTAGGED=yes",
					  "IF_MTU=9000",
					  "VERBOSE=",
					  NULL};
	static const char *const off[] = {BASE, "IF_BRIDGE_STP=0",
					  "VERBOSITY=1", NULL};

	(void)state;
	assert_int_equal(parse(XN_IFUP_NG, env), 0);
	expect_setting(IFLA_BR_FORWARD_DELAY, 1500);
	expect_setting(IFLA_BR_STP_STATE, 1);
	assert_true(options.vlan_aware && options.verbose);
	assert_int_equal(options.port_mtu, 0);
	assert_int_equal(notes.count, 1);
	assert_string_equal(notes.text[0],
			    "bridge-allow-untagged yes: VLANs of ports are "
			    "not set here; it is left out");
	assert_int_equal(parse(XN_IFUP_NG, off), 0);
	expect_setting(IFLA_BR_STP_STATE, 0);
	assert_false(options.verbose);
}

static void the_address_is_read_where_it_is_needed(void **state)
{
	static const char *const stop[] = {"IFACE=br0",
					   "MODE=stop",
					   "PHASE=pre-down",
					   "IF_BRIDGE_PORTS=none",
					   "IF_ADDRESS=192.0.2.1",
					   "IF_NETMASK=255.255.255.0",
					   NULL};
	static const char *const start[] = {BASE, "IF_ADDRESS=192.0.2.1/24",
					    NULL};

	(void)state;
	classic(stop);
	assert_int_equal(options.address.family, AF_INET);
	assert_int_equal(options.address.prefix_length, 24);
	classic(start);
	assert_int_equal(options.address.family, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stanzas_without_ports_are_not_ours),
		cmocka_unit_test(phases_become_tasks),
		cmocka_unit_test(what_is_not_clear_is_refused),
		cmocka_unit_test(every_option_is_read),
		cmocka_unit_test(bad_values_are_said_and_left_out),
		cmocka_unit_test(a_value_without_end_is_cut_where_it_is_said),
		cmocka_unit_test(comments_behind_values_are_passed_over),
		cmocka_unit_test(the_other_kind_has_its_own_words),
		cmocka_unit_test(the_address_is_read_where_it_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
