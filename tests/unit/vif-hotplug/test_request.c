/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What argv and the environment ask for. Each refusal is one change away from
 * a request that is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "vif-hotplug/request.h"

#define WORDS_MAX 96

/* A caller's words: a command line and an environment. */
struct call {
	const char *argv[WORDS_MAX + 1];
	const char *env[WORDS_MAX + 1];
};

static int count(const char *const *words)
{
	int n = 0;

	while (words[n])
		n++;
	return n;
}

static struct xvh_request accepted(enum xvh_script script,
				   const struct call *call)
{
	struct xvh_request request;
	struct xn_err err = {.set = false};

	if (xvh_request_parse(script, count(call->argv), call->argv, call->env,
			      &request, &err) < 0)
		fail_msg("refused: %s", xn_err_text(&err));
	assert_false(err.set);
	return request;
}

static struct xvh_request refused(enum xvh_script script,
				  const struct call *call, const char *words)
{
	struct xvh_request request;
	struct xn_err err = {.set = false};

	assert_true(xvh_request_parse(script, count(call->argv), call->argv,
				      call->env, &request, &err) < 0);
	if (!strstr(xn_err_text(&err), words))
		fail_msg("'%s' does not say '%s'", xn_err_text(&err), words);
	return request;
}

/* As libxl calls it. */
static const struct call libxl = {
	{"vif-bridge", "online", "type_if=vif"},
	{"script=/etc/xen/scripts/vif-bridge", "XENBUS_TYPE=vif",
	 "XENBUS_PATH=backend/vif/7/1", "XENBUS_BASE_PATH=backend",
	 "netdev=", "vif=vif7.1", "PATH=/usr/bin"},
};

/* The same with another word in place of the one with that key, or added. */
static struct call with(const struct call *call, const char *word)
{
	struct call changed = *call;
	size_t length = strcspn(word, "=") + 1;
	int i = 0;

	while (changed.env[i] && strncmp(changed.env[i], word, length) != 0)
		i++;
	changed.env[i] = word;
	return changed;
}

static struct call without(const struct call *call, const char *key)
{
	struct call changed = *call;
	size_t length = strlen(key);
	int to = 0;

	for (int i = 0; call->env[i]; i++)
		if (strncmp(call->env[i], key, length) != 0 ||
		    call->env[i][length] != '=')
			changed.env[to++] = call->env[i];
	changed.env[to] = NULL;
	return changed;
}

static struct call command(const struct call *call, const char *word,
			   const char *type)
{
	struct call changed = *call;

	changed.argv[1] = word;
	changed.argv[2] = type;
	return changed;
}

static void what_libxl_says(void **state)
{
	(void)state;
	struct xvh_request r = accepted(XVH_BRIDGE, &libxl);

	assert_false(r.ignored);
	assert_true(r.up);
	assert_false(r.tap);
	assert_false(r.udev);
	assert_int_equal(r.domid, 7);
	assert_int_equal(r.devid, 1);
	assert_string_equal(r.path, "backend/vif/7/1");
	assert_string_equal(r.dev, "vif7.1");
	assert_string_equal(r.born, "vif7.1");
	assert_string_equal(r.netdev, "");
	assert_string_equal(r.bridge, "");
}

static void names_of_scripts(void **state)
{
	(void)state;
	enum xvh_script script = XVH_NAT;

	assert_int_equal(xvh_script_named("vif-bridge", &script), 0);
	assert_int_equal(script, XVH_BRIDGE);
	assert_int_equal(xvh_script_named("/etc/xen/vif-route", &script), 0);
	assert_int_equal(script, XVH_ROUTE);
	assert_int_equal(xvh_script_named("vif-hotplug", &script), -ENOENT);
	assert_int_equal(xvh_script_named("", &script), -ENOENT);
	assert_int_equal(xvh_script_named("vif-bridge/", &script), -ENOENT);
	assert_int_equal(script, XVH_ROUTE);
}

static void commands(void **state)
{
	(void)state;
	static const struct {
		const char *word, *type;
		bool ignored, up, tap;
	} cases[] = {
		{"online", "type_if=vif", false, true, false},
		{"offline", "type_if=vif", false, false, false},
		{"online", NULL, false, true, false}, /* Xen before 4.1 */
		{"online", "type_if=tap", true, true, true},
		{"offline", "type_if=tap", true, false, true},
		{"add", "type_if=vif", true, true, false},
		{"remove", NULL, true, false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct call call =
			command(&libxl, cases[i].word, cases[i].type);
		struct xvh_request r = accepted(XVH_BRIDGE, &call);

		assert_int_equal(r.ignored, cases[i].ignored);
		assert_int_equal(r.up, cases[i].up);
		assert_int_equal(r.tap, cases[i].tap);
	}

	struct call call = command(&libxl, "start", "type_if=vif");

	refused(XVH_BRIDGE, &call, "Invalid command: start");
	call = command(&libxl, NULL, NULL);
	refused(XVH_BRIDGE, &call, "Invalid command: ");
	call = command(&libxl, "online", "type_if=nic");
	refused(XVH_BRIDGE, &call, "unknown interface type nic");
}

/* The first word without '=' is the command, wherever it stands. */
static void settings_before_the_command(void **state)
{
	(void)state;
	struct call call = libxl;

	call.argv[1] = "bridge=xenbr5";
	call.argv[2] = "offline";
	call.argv[3] = "online";

	struct xvh_request r = accepted(XVH_BRIDGE, &call);

	assert_false(r.up);
	assert_string_equal(r.bridge, "xenbr5");
}

static void argv_outweighs_the_environment(void **state)
{
	(void)state;
	struct call call = with(&libxl, "bridge=xenbr1");

	assert_string_equal(accepted(XVH_BRIDGE, &call).bridge, "xenbr1");
	call.argv[3] = "bridge=xenbr2";
	assert_string_equal(accepted(XVH_BRIDGE, &call).bridge, "xenbr2");
	call.argv[4] = "bridge=xenbr3";
	assert_string_equal(accepted(XVH_BRIDGE, &call).bridge, "xenbr3");
	/* A key that only begins so is another. */
	call.argv[4] = "bridge2=xenbr4";
	assert_string_equal(accepted(XVH_BRIDGE, &call).bridge, "xenbr2");
}

static void netdev_is_gatewaydev(void **state)
{
	(void)state;
	struct call call = with(&libxl, "gatewaydev=eth1");

	assert_string_equal(accepted(XVH_ROUTE, &call).netdev, "eth1");
	call = with(&call, "netdev=eth2");
	assert_string_equal(accepted(XVH_ROUTE, &call).netdev, "eth2");
	call = with(&call, "netdev=eth/2");
	refused(XVH_ROUTE, &call, "netdev: \"eth/2\" is no name");
	call = with(&libxl, "gatewaydev=..");
	refused(XVH_ROUTE, &call, "gatewaydev: \"..\" is no name");
}

static void a_vif_that_is_not_named(void **state)
{
	(void)state;
	struct call call = without(&libxl, "vif");
	struct xvh_request r = refused(XVH_BRIDGE, &call, "vif is not set");

	/* The toolstack can be told. */
	assert_string_equal(r.path, "backend/vif/7/1");
	call = with(&libxl, "vif=");
	refused(XVH_BRIDGE, &call, "vif is not set");
	call = with(&libxl, "vif=web0"); /* udev's, of a renamed one */
	assert_string_equal(accepted(XVH_BRIDGE, &call).dev, "web0");
	assert_string_equal(accepted(XVH_BRIDGE, &call).born, "vif7.1");
	for (size_t i = 0; i < 5; i++) {
		static const char *const names[] = {"vif=a b", "vif=a/b",
						    "vif=../x", "vif=%d",
						    "vif=sixteen-letters-"};

		call = with(&libxl, names[i]);
		refused(XVH_BRIDGE, &call, "is no name of an interface");
	}
}

static void paths(void **state)
{
	(void)state;
	static const char *const good[] = {
		"XENBUS_PATH=backend/vif/7/1",
		"XENBUS_PATH=/local/domain/0/backend/vif/7/1",
		"XENBUS_PATH=/local/domain/5/backend/vif/7/1",
	};
	static const char *const bad[] = {
		"XENBUS_PATH=backend/vif/7",
		"XENBUS_PATH=backend/vif/7/",
		"XENBUS_PATH=backend/vif//1",
		"XENBUS_PATH=backend/vif/7/1/",
		"XENBUS_PATH=backend/vif/7/1/2",
		"XENBUS_PATH=backend/vif/07/1",
		"XENBUS_PATH=backend/vif/7/65536",
		"XENBUS_PATH=backend/vif/32752/1",
		"XENBUS_PATH=backend/vif/-1/1",
		"XENBUS_PATH=backend/vif/../1",
		"XENBUS_PATH=backend/vbd/7/1",
		"XENBUS_PATH=/backend/vif/7/1",
		"XENBUS_PATH=/local/domain/backend/vif/7/1",
		"XENBUS_PATH=/local/domain/x/backend/vif/7/1",
		"XENBUS_PATH=/vm/7",
		"XENBUS_PATH=backend/vif/1234567890123/1",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct call call = with(&libxl, good[i]);
		struct xvh_request r = accepted(XVH_BRIDGE, &call);

		assert_string_equal(r.path, good[i] + 12);
		assert_int_equal(r.domid, 7);
		assert_int_equal(r.devid, 1);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct call call = with(&libxl, bad[i]);
		struct xvh_request r =
			refused(XVH_BRIDGE, &call, "is no vif's folder");

		assert_string_equal(r.path, "");
	}

	struct call call = without(&libxl, "XENBUS_PATH");

	refused(XVH_BRIDGE, &call, "XENBUS_PATH is not set");
	call = with(&libxl, "XENBUS_TYPE=vbd");
	refused(XVH_BRIDGE, &call, "XENBUS_TYPE: \"vbd\"");
	call = without(&libxl, "XENBUS_TYPE");
	accepted(XVH_BRIDGE, &call);
}

static void emulated_nics(void **state)
{
	(void)state;
	struct call call = command(&libxl, "add", "type_if=tap");
	struct call bare;
	struct xvh_request r;

	refused(XVH_BRIDGE, &call, "INTERFACE is not set");
	call = with(&call, "INTERFACE=vif7.1-emu");
	r = accepted(XVH_BRIDGE, &call);
	assert_true(r.tap && r.up);
	assert_string_equal(r.dev, "vif7.1-emu");
	assert_string_equal(r.born, "vif7.1-emu");

	/* The name alone tells whose it is. */
	bare = without(&call, "XENBUS_PATH");
	r = accepted(XVH_BRIDGE, &bare);
	assert_string_equal(r.path, "backend/vif/7/1");
	assert_int_equal(r.domid, 7);
	bare = with(&bare, "INTERFACE=tap0");
	refused(XVH_BRIDGE, &bare, "is not vifD.N-emu");
	bare = with(&bare, "INTERFACE=vif-emu");
	refused(XVH_BRIDGE, &bare, "is not vifD.N-emu");
	bare = with(&bare, "INTERFACE=vif7.x-emu");
	refused(XVH_BRIDGE, &bare, "is not vifD.N-emu");

	call = with(&call, "INTERFACE=web0-emu"); /* udev's, renamed */
	assert_string_equal(accepted(XVH_BRIDGE, &call).born, "vif7.1-emu");
	call = with(&call, "INTERFACE=vif7.2-emu");
	refused(XVH_BRIDGE, &call, "is not of XENBUS_PATH");
}

static void names_that_cannot_be(void **state)
{
	(void)state;
	struct call call = with(&libxl, "XENBUS_PATH=backend/vif/32751/65535");

	assert_string_equal(accepted(XVH_BRIDGE, &call).born, "vif32751.65535");
	call = command(&call, "add", "type_if=tap");
	call = with(&call, "INTERFACE=tap0");
	refused(XVH_BRIDGE, &call, "its device's name is too long");
}

static void long_values(void **state)
{
	(void)state;
	static char word[XVH_VALUE_MAX + 16];
	static const char *const keys[] = {
		"XENBUS_PATH=", "XENBUS_TYPE=", "vif=", "bridge=",
		"netdev=",	"gatewaydev=",	"ip=",	"dhcp=",
		"type_if=",	"UDEV_CALL="};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		size_t key = strlen(keys[i]);
		struct call call = libxl;

		call.argv[2] = NULL;
		memset(word, 'x', sizeof(word) - 1);
		memcpy(word, keys[i], key);
		word[key + XVH_VALUE_MAX] = '\0';
		call = with(&call, word);
		refused(XVH_ROUTE, &call, "1024 bytes and more");
		call = without(&call, "ip");
	}
	/* What nobody asks for may be of any length. */
	memcpy(word, "xxxx=", 5);

	struct call call = with(&libxl, word);

	accepted(XVH_ROUTE, &call);
}

static void many_arguments(void **state)
{
	(void)state;
	struct call call = libxl;

	for (int i = 3; i < XVH_ARGUMENTS_MAX; i++)
		call.argv[i] = "a=b";
	accepted(XVH_BRIDGE, &call);
	call.argv[XVH_ARGUMENTS_MAX] = "a=b";
	refused(XVH_BRIDGE, &call, "more than 64 arguments");
}

static void addresses_are_for_routers(void **state)
{
	(void)state;
	struct call call = with(&libxl, "ip=10.0.0.2 fd00::2");

	assert_int_equal(accepted(XVH_ROUTE, &call).ip_count, 2);
	assert_int_equal(accepted(XVH_NAT, &call).ip_count, 2);
	call = with(&libxl, "ip=dhcp");
	refused(XVH_ROUTE, &call, "\"dhcp\" is no IP address");
	assert_int_equal(accepted(XVH_BRIDGE, &call).ip_count, 0);
}

static void flags(void **state)
{
	(void)state;
	struct call call = with(&libxl, "UDEV_CALL=1");

	assert_true(accepted(XVH_BRIDGE, &call).udev);
	assert_false(accepted(XVH_BRIDGE, &libxl).udev);
	assert_false(accepted(XVH_NAT, &libxl).dhcp);
	call = with(&libxl, "dhcp=no");
	assert_false(accepted(XVH_NAT, &call).dhcp);
	call = with(&libxl, "dhcp=yes");
	assert_true(accepted(XVH_NAT, &call).dhcp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libxl_says),
		cmocka_unit_test(names_of_scripts),
		cmocka_unit_test(commands),
		cmocka_unit_test(settings_before_the_command),
		cmocka_unit_test(argv_outweighs_the_environment),
		cmocka_unit_test(netdev_is_gatewaydev),
		cmocka_unit_test(a_vif_that_is_not_named),
		cmocka_unit_test(paths),
		cmocka_unit_test(emulated_nics),
		cmocka_unit_test(names_that_cannot_be),
		cmocka_unit_test(long_values),
		cmocka_unit_test(many_arguments),
		cmocka_unit_test(addresses_are_for_routers),
		cmocka_unit_test(flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
