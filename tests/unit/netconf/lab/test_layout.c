// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab's layout: the default, what a file says, and where it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/lab/layout.h"

static int read_text(const char *text, struct xn_lab_layout *ret,
		     struct xn_err *err)
{
	char file[] = "/tmp/test-layout-XXXXXX";
	int fd = mkstemp(file);
	int rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	rc = xn_lab_layout_read(file, ret, err);
	unlink(file);
	return rc;
}

static void refused(const char *text, const char *where, const char *why)
{
	struct xn_lab_layout layout, before;
	struct xn_err err = {0};

	memset(&layout, 0x5a, sizeof(layout));
	memcpy(&before, &layout, sizeof(layout));
	assert_int_equal(read_text(text, &layout, &err), -EINVAL);
	assert_memory_equal(&layout, &before, sizeof(layout));
	if (!strstr(xn_err_text(&err), where) ||
	    !strstr(xn_err_text(&err), why))
		fail_msg("'%s' does not say '%s' and '%s'", xn_err_text(&err),
			 where, why);
}

static void the_default_is_one_bridge_with_the_cable(void **state)
{
	(void)state;
	struct xn_lab_layout layout;

	xn_lab_layout_default(9000, &layout);
	assert_int_equal(layout.bridge_count, 1);
	assert_string_equal(layout.bridge[0].name, "xenbr0");
	assert_true(layout.bridge[0].uplink);
	assert_false(layout.bridge[0].stp);
	assert_int_equal(layout.bridge[0].mtu, 9000);
	assert_int_equal(layout.bridge[0].addresses.count, 2);
	assert_int_equal(layout.outside.count, 2);
}

static void a_small_mtu_leaves_ipv6_out(void **state)
{
	(void)state;
	struct xn_lab_layout layout;

	xn_lab_layout_default(1280, &layout);
	assert_int_equal(layout.bridge[0].addresses.count, 2);
	xn_lab_layout_default(1279, &layout);
	assert_int_equal(layout.bridge[0].addresses.count, 1);
	assert_null(strchr(layout.bridge[0].addresses.text[0], ':'));
	assert_int_equal(layout.outside.count, 1);
	assert_null(strchr(layout.outside.text[0], ':'));
}

static void every_word(void **state)
{
	(void)state;
	struct xn_lab_layout layout;
	struct xn_err err = {0};
	const char *text = "[bridge xenbr0]\n"
			   "uplink = eth0\n"
			   "address = 10.1.0.1/16  fd01::1/64\n"
			   "mtu = 9000\n"
			   "[bridge private]\n"
			   "stp = on\n"
			   "[outside]\n"
			   "address = 10.1.0.254/16\n";

	assert_int_equal(read_text(text, &layout, &err), 0);
	assert_int_equal(layout.bridge_count, 2);
	assert_true(layout.bridge[0].uplink);
	assert_int_equal(layout.bridge[0].mtu, 9000);
	assert_int_equal(layout.bridge[0].addresses.count, 2);
	assert_string_equal(layout.bridge[0].addresses.text[1], "fd01::1/64");
	assert_string_equal(layout.bridge[1].name, "private");
	assert_false(layout.bridge[1].uplink);
	assert_true(layout.bridge[1].stp);
	assert_int_equal(layout.bridge[1].mtu, 1500);
	assert_int_equal(layout.outside.count, 1);
	assert_string_equal(layout.outside.text[0], "10.1.0.254/16");
	assert_int_equal(read_text("", &layout, &err), 0);
	assert_int_equal(layout.bridge_count, 0);
	assert_int_equal(layout.outside.count, 2);
}

/* What is written is what was read, and reads the same again. */
static void settings_are_written_for_xenplaned(void **state)
{
	(void)state;
	struct xn_lab_layout layout, again;
	struct xn_err err = {0};
	char file[] = "/tmp/test-settings-XXXXXX";
	char text[512] = "";
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	assert_int_equal(read_text("[defaults]\nstorm = 100\n"
				   "[bridge a]\nmtu = 9000\nrate = 1MB/s\n"
				   "ip = 10.0.0.0/8 fd00::1\noffload=off\n"
				   "[bridge b]\n",
				   &layout, &err),
			 0);
	assert_int_equal(layout.defaults.storm_frames, 100);
	assert_int_equal(layout.bridge[0].settings.address_count, 2);
	assert_int_equal(layout.bridge[1].settings.said, 0);
	assert_int_equal(xn_lab_layout_write_settings(&layout, file, &err), 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "[defaults]\nstorm = 100\n"
				  "[bridge a]\noffload = off\nrate = 8Mb/s\n"
				  "ip = 10.0.0.0/8 fd00::1\n[bridge b]\n");
	assert_int_equal(xn_lab_layout_read(file, &again, &err), 0);
	assert_true(xn_settings_equal(&again.bridge[0].settings,
				      &layout.bridge[0].settings));
	(void)close(fd);
	(void)unlink(file);
	assert_int_equal(
		xn_lab_layout_write_settings(&layout, "/no/file", &err),
		-ENOENT);
}

static void refusals_name_the_place(void **state)
{
	(void)state;
	refused("[switch a]\n", ":1:1: ", "[bridge NAME], [defaults] or");
	refused("[outside a]\n", ":1:1: ", "[bridge NAME], [defaults] or");
	refused("[bridge]\n", ":1:1: ", "no name for a bridge");
	refused("[bridge a/b]\n", ":1:1: ", "no name for a bridge");
	refused("[bridge averyveryverylongname]\n", ":1:1: ", "no name");
	refused("[bridge a]\n[bridge a]\n", ":2:1: ", "twice");
	refused("[bridge a]\ncolour = red\n", ":2:1: ", "unknown key");
	refused("[bridge a]\nadress = 10.0.0.1\n",
		":2:1: ", "'adress' (did you mean 'address'?)");
	refused("[defaults]\nisolatd = on\n",
		":2:1: ", "'isolatd' (did you mean 'isolated'?)");
	refused("[bridge a]\nuplink = eth1\n", ":2:10: ", "only cable");
	refused("[bridge a]\nuplink=eth0\n[bridge b]\nuplink=eth0\n",
		":4:8: ", "port of a already");
	refused("[bridge a]\nstp = yes\n", ":2:7: ", "on or off");
	refused("[bridge a]\nmtu = 67\n", ":2:7: ", "68 to 65517");
	refused("[bridge a]\nmtu = 65518\n", ":2:7: ", "68 to 65517");
	refused("[bridge a]\naddress = 10.0.0.256\n", ":2:11: ", "no IP");
	refused("[bridge a]\naddress = 10.0.0.1/33\n", ":2:11: ", "no IP");
	refused("[bridge a]\naddress = 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 "
		"1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1\n",
		":2:11: ", "more than 8 addresses");
	refused("[outside]\nmtu = 1500\n", ":2:1: ", "unknown key");
	refused("[outside]\nrate = 1Mb/s\n", ":2:1: ", "unknown key");
	refused("[defaults]\nmtu = 1500\n", ":2:1: ", "unknown key");
	refused("[bridge a]\nrate = fast\n", ":2:8: ", "rate=fast");
	refused("[bridge 1]\n[bridge 2]\n[bridge 3]\n[bridge 4]\n[bridge 5]\n"
		"[bridge 6]\n[bridge 7]\n[bridge 8]\n[bridge 9]\n",
		":9:1: ", "more than 8 bridges");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_is_one_bridge_with_the_cable),
		cmocka_unit_test(a_small_mtu_leaves_ipv6_out),
		cmocka_unit_test(every_word),
		cmocka_unit_test(settings_are_written_for_xenplaned),
		cmocka_unit_test(refusals_name_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
