/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of what is held: written and read back, and each way in which it
 * could be somebody else's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/hold/hold.h"

static char folder[] = "/tmp/xn-holds-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/holds-1", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static int read_text(const char *text)
{
	FILE *to = fopen(path, "w");
	struct xn_holds holds = {0};
	struct xn_err err = {0};
	int rc;

	assert_non_null(to);
	assert_true(fputs(text, to) >= 0);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(chmod(path, 0600), 0);
	rc = xn_holds_read(path, &holds, &err);
	if (rc == 0)
		rc = (int)holds.count;
	xn_holds_fini(&holds);
	return rc;
}

static void what_can_be_written_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_text(""), 0);
	assert_int_equal(read_text("sysctl net/ipv4/ip_forward 0 1 3\n"), 1);
	assert_int_equal(
		read_text("sysctl net/ipv6/conf/all/forwarding 0 1 15\n"
			  "sysctl net/ipv6/conf/eth0.5/accept_ra 1 2 1\n"
			  "sysctl net/ipv6/conf/eth0/proxy_ndp 0 1 2\n"
			  "sysctl net/ipv4/conf/v/proxy_arp 0 1 2\n"
			  "bridge xennat 36 1 0 1\n"
			  "vif vif1.0\n"),
		6);
}

static void anything_else_is_refused(void **state)
{
	static const char *const wrong[] = {
		"sysctl net/ipv4/ip_forward 0 1 1", /* cut */
		"sysctl net/ipv4/ip_forward 0\n",
		"sysctl net/ipv4/ip_forward 0 1\n",
		"sysctl net/ipv4/ip_forward 0 1 0\n",
		"sysctl net/ipv4/ip_forward 0 1 16\n",
		"sysctl net/ipv4/ip_forward 0 1 1 2\n",
		"sysctl net/ipv4/ip_forward 0 -1 1\n",
		"sysctl net/ipv4/ip_forward 0 4294967296 1\n",
		"sysctl kernel/modprobe 0 1 1\n",
		"sysctl net/ipv6/conf/../accept_ra 0 1 1\n",
		"sysctl net/ipv6/conf/a/b/accept_ra 0 1 1\n",
		"sysctl net/ipv6/conf//accept_ra 0 1 1\n",
		"sysctl net/ipv6/conf/sixteencharacter/accept_ra 0 1 1\n",
		"bridge xennat 36 1 0\n",
		"bridge xennat 1 1 0 1\n",
		"bridge sixteencharacter 36 1 0 1\n",
		"other net/ipv4/ip_forward 0 1 1\n",
		"sysctl net/ipv4/conf/eth0/rp_filter 0 1 1\n",
		"sysctl net/ipv6/conf/a b/proxy_ndp 0 1 1\n",
		"vif vif1.0 1\n",
		"vif ..\n",
		"vif sixteencharacter\n",
		"\n",
		"sysctl\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (read_text(wrong[i]) != -EBADMSG)
			fail_msg("taken: %s", wrong[i]);
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	struct xn_holds holds;
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(read_text("sysctl net/ipv4/ip_forward 0 1 3\n"), 1);
	assert_int_equal(chmod(path, 0620), 0);
	assert_int_equal(xn_holds_read(path, &holds, &err), -EPERM);
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(xn_holds_read(path, &holds, NULL), -EPERM);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(xn_holds_read(path, &holds, NULL), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(xn_holds_read(path, &holds, NULL), 0);
	assert_int_equal(holds.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_written_is_read),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_file_that_others_can_write_is_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
