/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store says, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "vif-hotplug/request.h"

/* A store of few keys. A value NULL: as `error` says. */
struct keys {
	const char *pair[8][2];
	int error;
};

static int read_key(void *arg, const char *key, char *ret_text,
		    size_t text_bytes)
{
	const struct keys *keys = arg;

	ret_text[0] = '\0';
	for (size_t i = 0; i < 8 && keys->pair[i][0]; i++) {
		const char *value = keys->pair[i][1];

		if (strcmp(keys->pair[i][0], key) != 0)
			continue;
		if (!value)
			return keys->error;
		if (strlen(value) >= text_bytes)
			return -E2BIG;
		strcpy(ret_text, value);
		return (int)strlen(value);
	}
	return -ENOENT;
}

static struct xvh_request request_of(enum xvh_script script, bool tap)
{
	const char *argv[] = {"vif",
			      tap ? "add" : "online",
			      tap ? "type_if=tap" : "type_if=vif",
			      "bridge=xenbr9",
			      "ip=10.9.9.9",
			      NULL};
	const char *env[] = {"XENBUS_PATH=backend/vif/7/1", "vif=vif7.1",
			     "netdev=eth9", "INTERFACE=vif7.1-emu", NULL};
	struct xvh_request request;
	struct xn_err err = {.set = false};

	assert_int_equal(
		xvh_request_parse(script, 5, argv, env, &request, &err), 0);
	return request;
}

static struct xvh_request completed(enum xvh_script script, bool tap,
				    struct keys *keys)
{
	struct xvh_request request = request_of(script, tap);
	struct xn_err err = {.set = false};

	if (xvh_request_complete(&request, read_key, keys, &err) < 0)
		fail_msg("refused: %s", xn_err_text(&err));
	return request;
}

static struct xvh_request refused(enum xvh_script script, bool tap,
				  struct keys *keys, const char *words)
{
	struct xvh_request request = request_of(script, tap);
	struct xn_err err = {.set = false};

	assert_true(xvh_request_complete(&request, read_key, keys, &err) < 0);
	if (!strstr(xn_err_text(&err), words))
		fail_msg("'%s' does not say '%s'", xn_err_text(&err), words);
	return request;
}

static void an_empty_store_changes_nothing(void **state)
{
	(void)state;
	struct keys none = {0};
	struct xvh_request r = completed(XVH_ROUTE, false, &none);

	assert_string_equal(r.bridge, "xenbr9");
	assert_string_equal(r.netdev, "eth9");
	assert_string_equal(r.vifname, "");
	assert_int_equal(r.mtu, 0);
	assert_int_equal(r.handle, 1);
	assert_int_equal(r.ip_count, 1);
}

static void the_store_has_the_last_word(void **state)
{
	(void)state;
	struct keys keys = {{{"bridge", "xenbr1"},
			     {"gatewaydev", "eth1"},
			     {"ip", "10.0.0.2 fd00::2/128"},
			     {"mtu", "9000"},
			     {"vifname", "web0"},
			     {"handle", "3"},
			     {"frontend-id", "7"}},
			    0};
	struct xvh_request r = completed(XVH_ROUTE, false, &keys);

	assert_string_equal(r.bridge, "xenbr1");
	assert_string_equal(r.netdev, "eth1");
	assert_string_equal(r.vifname, "web0");
	assert_int_equal(r.mtu, 9000);
	assert_int_equal(r.handle, 3);
	assert_int_equal(r.ip_count, 2);
	assert_int_equal(r.ip[1].family, AF_INET6);
}

static void an_empty_value_says_nothing(void **state)
{
	(void)state;
	struct keys keys = {{{"bridge", ""},
			     {"gatewaydev", ""},
			     {"ip", ""},
			     {"mtu", ""},
			     {"vifname", ""},
			     {"handle", ""}},
			    0};
	struct xvh_request r = completed(XVH_ROUTE, false, &keys);

	assert_string_equal(r.bridge, "xenbr9");
	assert_int_equal(r.ip_count, 1);
	assert_int_equal(r.handle, 1);
}

static void the_tap_is_called_after_the_vif(void **state)
{
	(void)state;
	struct keys keys = {{{"vifname", "web0"}}, 0};

	assert_string_equal(completed(XVH_BRIDGE, true, &keys).vifname,
			    "web0-emu");
	keys.pair[0][1] = "elevenbytes";
	assert_string_equal(completed(XVH_BRIDGE, true, &keys).vifname,
			    "elevenbytes-emu");
	keys.pair[0][1] = "twelve_bytes";
	assert_string_equal(completed(XVH_BRIDGE, false, &keys).vifname,
			    "twelve_bytes");
	refused(XVH_BRIDGE, true, &keys, "too long for an interface");
	/* Its own name is no new one. */
	keys.pair[0][1] = "vif7.1";
	assert_string_equal(completed(XVH_BRIDGE, false, &keys).vifname, "");
}

static void refusals(void **state)
{
	(void)state;
	static const struct {
		const char *key, *good, *bad, *words;
	} cases[] = {
		{"bridge", "xenbr1", "xen br1", "bridge: \"xen br1\""},
		{"vifname", "web0", "a/b", "vifname: \"a/b\""},
		{"vifname", "fifteen-letters", "sixteen--letters",
		 "vifname: \"sixteen--letters\""},
		{"gatewaydev", "eth1", ".", "gatewaydev: \".\""},
		{"mtu", "68", "67", "mtu: \"67\""},
		{"mtu", "65535", "65536", "mtu: \"65536\""},
		{"mtu", "0", "1500x", "mtu: \"1500x\""},
		{"mtu", "1500", "-1", "mtu: \"-1\""},
		{"handle", "0", "x", "handle: \"x\""},
		{"frontend-id", "7", "8", "frontend-id: \"8\""},
		{"frontend-id", "7", "7 ", "frontend-id: \"7 \""},
		{"ip", "10.0.0.1", "10.0.0.256", "\"10.0.0.256\" is no IP"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct keys keys = {{{cases[i].key, cases[i].good}}, 0};

		completed(XVH_ROUTE, false, &keys);
		keys.pair[0][1] = cases[i].bad;
		refused(XVH_ROUTE, false, &keys, cases[i].words);
	}
}

static void unreadable_values(void **state)
{
	(void)state;
	static const struct {
		int error;
		const char *words;
	} cases[] = {
		{-E2BIG, "backend/vif/7/1/bridge: the value is too long"},
		{-EILSEQ, "the value is no text"},
		{-EACCES, "Permission denied"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct keys keys = {{{"bridge", NULL}}, cases[i].error};

		refused(XVH_BRIDGE, false, &keys, cases[i].words);
	}
}

/* A vif that goes is found by what is right in its folder. */
static void a_wrong_key_does_not_hide_the_others(void **state)
{
	(void)state;
	struct keys keys = {{{"bridge", "a/b"},
			     {"vifname", "web0"},
			     {"frontend-id", "9"},
			     {"ip", "10.0.0.2"}},
			    0};
	struct xvh_request r = refused(XVH_ROUTE, false, &keys, "frontend-id");

	assert_string_equal(r.vifname, "web0");
	assert_int_equal(r.ip_count, 1);
	assert_string_equal(r.bridge, "xenbr9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_store_changes_nothing),
		cmocka_unit_test(the_store_has_the_last_word),
		cmocka_unit_test(an_empty_value_says_nothing),
		cmocka_unit_test(the_tap_is_called_after_the_vif),
		cmocka_unit_test(refusals),
		cmocka_unit_test(unreadable_values),
		cmocka_unit_test(a_wrong_key_does_not_hide_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
