/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sessions are told apart, and which words are an SSH connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "netconf/safe/session.h"

#define SSH1 "192.0.2.9 40000 192.0.2.1 22"
#define SSH2 "192.0.2.9 40001 192.0.2.1 22"

static void told(enum xn_session_told wanted, const struct xn_session *a,
		 const struct xn_session *b)
{
	assert_int_equal(xn_session_compare(a, b), wanted);
	assert_int_equal(xn_session_compare(b, a), wanted);
}

static void audit_counts_before_ssh(void **state)
{
	const struct xn_session none = {0};
	const struct xn_session one = {.has_audit = true, .audit = 1};
	const struct xn_session two = {.has_audit = true, .audit = 2};
	const struct xn_session ssh1 = {.ssh = SSH1};
	const struct xn_session ssh2 = {.ssh = SSH2};
	const struct xn_session both1 = {true, 1, SSH1};
	const struct xn_session both2 = {true, 1, SSH2};
	const struct xn_session other = {true, 3, SSH1};

	(void)state;
	told(XN_SESSION_SAME, &one, &one);
	told(XN_SESSION_OTHER, &one, &two);
	told(XN_SESSION_SAME, &ssh1, &ssh1);
	told(XN_SESSION_OTHER, &ssh1, &ssh2);
	told(XN_SESSION_SAME, &both1, &both2);
	told(XN_SESSION_OTHER, &both1, &other);
	told(XN_SESSION_OTHER, &both1, &ssh2);
	told(XN_SESSION_SAME, &both1, &ssh1);
	told(XN_SESSION_UNTOLD, &none, &none);
	told(XN_SESSION_UNTOLD, &none, &one);
	told(XN_SESSION_UNTOLD, &none, &ssh1);
	told(XN_SESSION_UNTOLD, &one, &ssh1);
}

static void other_words_are_no_connection(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"192.0.2.9",
		"192.0.2.9 40000 192.0.2.1",
		"192.0.2.9 40000 192.0.2.1 22 ",
		"192.0.2.9 40000 192.0.2.1 22 23",
		"192.0.2.9  40000 192.0.2.1 22",
		"192.0.2.9 0 192.0.2.1 22",
		"192.0.2.9 65536 192.0.2.1 22",
		"192.0.2.9 -1 192.0.2.1 22",
		"host 40000 192.0.2.1 22",
		"192.0.2.9 40000 192.0.2.999 22",
		"fe80::1%eth0/x 1 fe80::2%eth0/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxx 2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (xn_session_ssh_valid(bad[i]))
			fail_msg("\"%s\"", bad[i]);
	assert_true(xn_session_ssh_valid(SSH1));
	assert_true(xn_session_ssh_valid("2001:db8::9 1 2001:db8::1 65535"));
	assert_true(xn_session_ssh_valid("fe80::9%eth0 1 fe80::1%eth0 22"));
}

static void the_peer_is_the_first_address(void **state)
{
	struct xn_session session = {.ssh = SSH1};
	uint8_t family = 0, octet[16];

	(void)state;
	assert_true(xn_session_peer(&session, &family, octet));
	assert_int_equal(family, AF_INET);
	assert_memory_equal(octet, "\xc0\x00\x02\x09\0\0\0\0\0\0\0\0\0\0\0\0",
			    16);
	(void)strcpy(session.ssh, "fe80::9%eth0 1 fe80::1%eth0 22");
	assert_true(xn_session_peer(&session, &family, octet));
	assert_int_equal(family, AF_INET6);
	assert_int_equal(octet[15], 9);
	session.ssh[0] = '\0';
	assert_false(xn_session_peer(&session, &family, octet));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(audit_counts_before_ssh),
		cmocka_unit_test(other_words_are_no_connection),
		cmocka_unit_test(the_peer_is_the_first_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
