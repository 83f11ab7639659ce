/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose words name a link, and on which link a packet socket is. Processes
 * themselves are tests/netns/network-script's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "netconf/holder/holder.h"
#include "netconf/holder/sockets.h"

#define NAMES(kind, words, link) \
	xn_holder_words_name(kind, words, sizeof(words), link)

static void dhclient_names_its_links_behind_its_options(void **state)
{
	(void)state;
	assert_true(NAMES(XN_HOLDER_DHCLIENT, "dhclient\0eth0", "eth0"));
	assert_false(NAMES(XN_HOLDER_DHCLIENT, "dhclient\0eth1", "eth0"));
	assert_true(NAMES(XN_HOLDER_DHCLIENT,
			  "/sbin/dhclient\0-4\0-v\0-i\0-pf\0/run/x.pid\0-lf\0"
			  "/var/x\0-I\0-df\0/var/y\0eth1\0eth0",
			  "eth0"));
	/* A file is not a link, whatever its name. */
	assert_false(
		NAMES(XN_HOLDER_DHCLIENT, "dhclient\0-pf\0eth0\0eth1", "eth0"));
	assert_true(NAMES(XN_HOLDER_DHCLIENT, "dhclient\0-nw", "eth0"));
	assert_false(NAMES(XN_HOLDER_DHCLIENT, "eth0\0eth1", "eth0"));
}

static void udhcpc_names_one(void **state)
{
	(void)state;
	assert_true(NAMES(XN_HOLDER_UDHCPC, "udhcpc\0-i\0eth0\0-q", "eth0"));
	assert_true(NAMES(XN_HOLDER_UDHCPC, "udhcpc\0-ieth0", "eth0"));
	assert_true(
		NAMES(XN_HOLDER_UDHCPC, "udhcpc\0--interface=eth0", "eth0"));
	assert_true(
		NAMES(XN_HOLDER_UDHCPC, "udhcpc\0--interface\0eth0", "eth0"));
	assert_false(NAMES(XN_HOLDER_UDHCPC, "udhcpc\0-i\0eth1\0eth0", "eth0"));
	/* Without a word it takes eth0. */
	assert_true(NAMES(XN_HOLDER_UDHCPC, "udhcpc\0-q", "eth0"));
	assert_false(NAMES(XN_HOLDER_UDHCPC, "udhcpc\0-q", "eth1"));
}

static void managers_hold_what_they_manage(void **state)
{
	(void)state;
	assert_true(NAMES(XN_HOLDER_NETWORKD, "systemd-networkd", "eth0"));
	assert_true(NAMES(XN_HOLDER_DHCPCD, "dhcpcd\0-b", "eth0"));
	assert_false(NAMES(XN_HOLDER_DHCPCD, "dhcpcd\0-b\0eth1", "eth0"));
}

static void words_without_an_end_are_words(void **state)
{
	(void)state;
	assert_true(xn_holder_words_name(XN_HOLDER_DHCLIENT, "", 0, "eth0"));
	assert_true(xn_holder_words_name(XN_HOLDER_UDHCPC, "", 0, "eth0"));
	assert_true(NAMES(XN_HOLDER_DHCLIENT, "dhclient\0-pf", "eth0"));
}

static void a_socket_is_found_by_its_number(void **state)
{
	static char text[] =
		"sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n"
		"00000000 3      3    0003   2     1 0      0      4711\n"
		"00000000 3      3    88cc   7     1 0      0      4712\n"
		"nonsense\n"
		"00000000 3      3    0003   -3    1 0      0      4713\n";
	static const struct {
		uint64_t inode;
		int ifindex;
	} cases[] = {{4711, 2}, {4712, 7}, {4713, 0}, {471, 0}, {0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *from = fmemopen(text, strlen(text), "r");

		assert_non_null(from);
		assert_int_equal(xn_holder_socket_find(from, cases[i].inode),
				 cases[i].ifindex);
		(void)fclose(from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dhclient_names_its_links_behind_its_options),
		cmocka_unit_test(udhcpc_names_one),
		cmocka_unit_test(managers_hold_what_they_manage),
		cmocka_unit_test(words_without_an_end_are_words),
		cmocka_unit_test(a_socket_is_found_by_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
