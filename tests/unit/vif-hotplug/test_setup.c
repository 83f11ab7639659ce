/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vif-setup: which script an event is for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "vif-hotplug/setup.h"

static struct xvh_setup setup;

static int parse(const char *script, struct xn_err *err)
{
	static char pair[2 * XVH_VALUE_MAX];
	const char *argv[] = {"vif-setup", "online", "type_if=vif", NULL};
	const char *env[] = {"vif=vif1.0", script ? pair : NULL, NULL};

	if (script)
		(void)snprintf(pair, sizeof(pair), "script=%s", script);
	return xvh_setup_parse(3, argv, env, &setup, err);
}

static void good(const char *script)
{
	struct xn_err err = {.set = false};

	if (parse(script, &err) < 0)
		fail_msg("%s: %s", script, xn_err_text(&err));
}

static void refused(const char *script, const char *words)
{
	struct xn_err err = {.set = false};

	assert_true(parse(script, &err) < 0);
	if (!strstr(xn_err_text(&err), words))
		fail_msg("'%s' does not say '%s'", xn_err_text(&err), words);
}

static void ours(void **state)
{
	(void)state;
	good(NULL);
	assert_true(setup.ours);
	assert_int_equal(setup.script, XVH_BRIDGE);
	assert_int_equal(setup.argc, 3);
	assert_string_equal(setup.argv[1], "online");
	good(" ");
	assert_int_equal(setup.script, XVH_BRIDGE);
	good("vif-nat");
	assert_true(setup.ours);
	assert_int_equal(setup.script, XVH_NAT);
}

static void words_behind_the_name(void **state)
{
	(void)state;
	good(" vif-route  netdev=eth1\tip=10.0.0.1 ");
	assert_int_equal(setup.script, XVH_ROUTE);
	assert_int_equal(setup.argc, 5);
	assert_string_equal(setup.argv[0], "vif-route");
	assert_string_equal(setup.argv[1], "netdev=eth1");
	assert_string_equal(setup.argv[2], "ip=10.0.0.1");
	assert_string_equal(setup.argv[3], "online");
	assert_string_equal(setup.argv[4], "type_if=vif");
	assert_null(setup.argv[5]);
}

static void anothers(void **state)
{
	(void)state;
	good("/etc/xen/scripts/vif-bridge bridge=xenbr1");
	assert_false(setup.ours);
	assert_string_equal(setup.program, "/etc/xen/scripts/vif-bridge");
	assert_string_equal(setup.argv[0], "/etc/xen/scripts/vif-bridge");
	assert_string_equal(setup.argv[1], "bridge=xenbr1");
	good("vif-openvswitch");
	assert_false(setup.ours);
	assert_string_equal(setup.program, "/etc/xen/scripts/vif-openvswitch");
	/* No shell looks at it. */
	good("/bin/x;reboot $(y)");
	assert_string_equal(setup.program, "/bin/x;reboot");
	assert_string_equal(setup.argv[1], "$(y)");
}

static void what_cannot_be(void **state)
{
	(void)state;
	static char text[XVH_VALUE_MAX + 8];

	refused("vif-setup", "would name itself");
	refused("/usr/libexec/xenplane/vif-setup", "would name itself");
	refused("scripts/vif-bridge", "is no absolute path");
	refused("../vif-bridge", "is no absolute path");
	memset(text, 'x', XVH_VALUE_MAX);
	refused(text, "1024 bytes and more");
	text[XVH_VALUE_MAX - 1] = '\0';
	refused(text, "too long");
	for (int i = 0; i < 128; i += 2)
		memcpy(text + i, "x ", 3);
	refused(text, "more than 64 arguments");
	text[2 * 60] = '\0';
	good(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours),
		cmocka_unit_test(words_behind_the_name),
		cmocka_unit_test(anothers),
		cmocka_unit_test(what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
