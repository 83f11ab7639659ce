/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns, where the kernel of a test would not show them: numbers wider
 * than their column, flags, states that there are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/neighbour.h>

#include "netconf/brctl/print.h"

static char *text;
static size_t text_bytes;
static FILE *out;

static int open_out(void **state)
{
	(void)state;
	out = open_memstream(&text, &text_bytes);
	return out ? 0 : -1;
}

static int free_text(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void assert_printed(const char *want)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, want);
}

static void assert_contains(const char *want)
{
	assert_int_equal(fclose(out), 0);
	if (!strstr(text, want))
		fail_msg("no \"%s\" in \"%s\"", want, text);
}

static const struct xn_bridge_id id = {
	{0x80, 0x00, 0x00, 0x16, 0x3e, 0x0a, 0x0b, 0xff}};

static void a_bridge_without_ports_has_a_line(void **state)
{
	struct xn_link bridge = {.name = "xenbr0", .bridge.bridge_id = id};

	(void)state;
	xn_brctl_print_heads(out);
	xn_brctl_print_bridge(out, &bridge, NULL, 0);
	assert_printed("bridge name\tbridge id\t\tSTP enabled\tinterfaces\n"
		       "xenbr0\t\t8000.00163e0a0bff\tno\t\t\n");
}

static void ports_are_below_each_other(void **state)
{
	struct xn_link bridge = {.name = "xenbr0",
				 .bridge = {.bridge_id = id, .stp_state = 2}};
	struct xn_link one = {.name = "peth0"};
	struct xn_link other = {.name = "vif1.0"};
	const struct xn_link *ports[] = {&one, &other};

	(void)state;
	xn_brctl_print_bridge(out, &bridge, ports, 2);
	assert_printed("xenbr0\t\t8000.00163e0a0bff\tyes\t\tpeth0\n"
		       "\t\t\t\t\t\t\tvif1.0\n");
}

static void a_bridge_in_the_tree_is_shown_whole(void **state)
{
	struct xn_bridge bridge = {
		.bridge_id = id,
		.root_id = id,
		.root_port = 12345,
		.root_path_cost = UINT32_MAX,
		.max_age_cs = 2000,
		.hello_time_cs = 205,
		.forward_delay_cs = 1500,
		.ageing_time_cs = UINT32_MAX,
		.gc_timer_cs = UINT64_MAX,
		.topology_change = true,
		.topology_change_detected = true,
	};

	(void)state;
	xn_brctl_print_stp(out, "xenbr0", &bridge);
	assert_printed(
		"xenbr0\n"
		" bridge id\t\t8000.00163e0a0bff\n"
		" designated root\t8000.00163e0a0bff\n"
		" root port\t\t12345\t\t\tpath cost\t\t4294967295\n"
		" max age\t\t  20.00\t\t\tbridge max age\t\t  20.00\n"
		" hello time\t\t   2.05\t\t\tbridge hello time\t   2.05\n"
		" forward delay\t\t  15.00\t\t\tbridge forward delay\t"
		"  15.00\n"
		" ageing time\t\t42949672.95\n"
		" hello timer\t\t   0.00\t\t\ttcn timer\t\t   0.00\n"
		" topology change timer\t   0.00\t\t\tgc timer\t\t"
		"184467440737095516.15\n"
		" flags\t\t\tTOPOLOGY_CHANGE TOPOLOGY_CHANGE_DETECTED "
		"\n\n\n");
}

static void a_port_in_the_tree_is_shown_whole(void **state)
{
	struct xn_link link = {
		.name = "vif1.0",
		.port = {.number = 3,
			 .id = 0x8003,
			 .state = XN_BRPORT_BLOCKING,
			 .cost = 100,
			 .designated_root = id,
			 .designated_bridge = id,
			 .designated_port = 0x1,
			 .designated_cost = 65535,
			 .message_age_timer_cs = 1,
			 .hold_timer_cs = 99,
			 .config_pending = true,
			 .topology_change_ack = true,
			 .hairpin = true},
	};

	(void)state;
	xn_brctl_print_stp_port(out, &link);
	assert_printed(
		"vif1.0 (3)\n"
		" port id\t\t8003\t\t\tstate\t\t       blocking\n"
		" designated root\t8000.00163e0a0bff\tpath cost\t\t 100\n"
		" designated bridge\t8000.00163e0a0bff\t"
		"message age timer\t   0.01\n"
		" designated port\t0001\t\t\tforward delay timer\t"
		"   0.00\n"
		" designated cost\t65535\t\t\thold timer\t\t   0.99\n"
		" flags\t\t\tCONFIG_PENDING TOPOLOGY_CHANGE_ACK \n"
		" hairpin mode\t\t   1\n"
		"\n");
}

static void each_state_has_a_name(void **state)
{
	static const char *const names[] = {
		"\t       disabled\n", "\t      listening\n",
		"\t       learning\n", "\t     forwarding\n",
		"\t       blocking\n", "\t<INVALID STATE>\n"};

	for (uint8_t i = 0; i < 6; i++) {
		struct xn_link link = {.name = "p", .port.state = i};

		assert_int_equal(open_out(state), 0);
		xn_brctl_print_stp_port(out, &link);
		assert_contains(names[i]);
		assert_int_equal(free_text(state), 0);
	}
}

static void only_learned_stations_age(void **state)
{
	struct xn_fdb_entry entry = {.mac = {{0, 0x16, 0x3e, 0xa, 0xb, 0xff}},
				     .state = NUD_REACHABLE,
				     .age_cs = 12345};

	(void)state;
	xn_brctl_print_mac_heads(out);
	xn_brctl_print_mac(out, &entry, 1);
	entry.state = NUD_NOARP;
	xn_brctl_print_mac(out, &entry, 1023);
	entry.state = NUD_PERMANENT;
	xn_brctl_print_mac(out, &entry, 0);
	assert_printed("port no\tmac addr\t\tis local?\tageing timer\n"
		       "  1\t00:16:3e:0a:0b:ff\tno\t\t 123.45\n"
		       "1023\t00:16:3e:0a:0b:ff\tno\t\t   0.00\n"
		       "  0\t00:16:3e:0a:0b:ff\tyes\t\t   0.00\n");
}

#define OUT(test) cmocka_unit_test_setup_teardown(test, open_out, free_text)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUT(a_bridge_without_ports_has_a_line),
		OUT(ports_are_below_each_other),
		OUT(a_bridge_in_the_tree_is_shown_whole),
		OUT(a_port_in_the_tree_is_shown_whole),
		cmocka_unit_test(each_state_has_a_name),
		OUT(only_learned_stations_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
