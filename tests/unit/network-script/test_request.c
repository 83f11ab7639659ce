/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words to a request: commands, settings, and what is none of these. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "network-script/request.h"

static struct xn_err err;

#define WORDS_MAX 8

/* As many as there are. */
static int parse(struct xns_request *ret, const char *const words[WORDS_MAX])
{
	int count = 0;

	while (count < WORDS_MAX && words[count])
		count++;
	err.set = false;
	return xns_request_parse(count, words, ret, &err);
}

#define PARSE(ret, ...) parse(ret, (const char *const[WORDS_MAX]){__VA_ARGS__})

static void the_first_word_without_a_sign_is_the_command(void **state)
{
	struct xns_request request;

	(void)state;
	assert_int_equal(PARSE(&request, "start"), 0);
	assert_int_equal(request.command, XNS_START);
	assert_int_equal(PARSE(&request, "vifnum=0", "bridge=xenbr0", "stop"),
			 0);
	assert_int_equal(request.command, XNS_STOP);
	assert_int_equal(PARSE(&request, "status", "start", "netdev=eth1"), 0);
	assert_int_equal(request.command, XNS_STATUS);
	assert_string_equal(request.netdev, "eth1");
	assert_int_equal(PARSE(&request, "Start"), 0);
	assert_int_equal(request.command, XNS_UNKNOWN);
	assert_string_equal(request.word, "Start");
	assert_int_equal(PARSE(&request, "bridge=xenbr0"), 0);
	assert_int_equal(request.command, XNS_UNKNOWN);
	assert_string_equal(request.word, "");
}

static void settings_are_read(void **state)
{
	struct xns_request request;

	(void)state;
	assert_int_equal(PARSE(&request, "start", "vifnum=7", "bridge=br7",
			       "netdev=enp3s0", "antispoof=yes", "style=new",
			       "force=yes"),
			 0);
	assert_true(request.has_vifnum);
	assert_int_equal(request.vifnum, 7);
	assert_string_equal(request.bridge, "br7");
	assert_string_equal(request.netdev, "enp3s0");
	assert_true(request.antispoof);
	assert_int_equal(request.style, XN_STYLE_NEW);
	assert_true(request.force);
	assert_false(request.nothing);
	assert_null(request.unknown);
}

static void what_is_not_said_is_open(void **state)
{
	struct xns_request request;

	(void)state;
	assert_int_equal(PARSE(&request, "start", "vifnum=", "bridge=",
			       "netdev=", "style=", "antispoof="),
			 0);
	assert_false(request.has_vifnum);
	assert_string_equal(request.bridge, "");
	assert_string_equal(request.netdev, "");
	assert_int_equal(request.style, XN_STYLES);
	assert_false(request.antispoof);
	assert_false(request.force);
}

static void the_last_of_two_counts(void **state)
{
	struct xns_request request;

	(void)state;
	assert_int_equal(PARSE(&request, "start", "bridge=null",
			       "bridge=xenbr1", "antispoof=yes",
			       "antispoof=no"),
			 0);
	assert_false(request.nothing);
	assert_string_equal(request.bridge, "xenbr1");
	assert_false(request.antispoof);
	assert_int_equal(PARSE(&request, "start", "bridge=null"), 0);
	assert_true(request.nothing);
}

static void unknown_settings_are_told(void **state)
{
	struct xns_request request;

	(void)state;
	assert_int_equal(PARSE(&request, "start", "bridg=xenbr1", "x=y"), 0);
	assert_string_equal(request.unknown, "bridg=xenbr1");
	assert_int_equal(PARSE(&request, "start", "=x"), 0);
	assert_string_equal(request.unknown, "=x");
}

static void bad_values_are_refused_by_name(void **state)
{
	static const char *const bad[] = {
		"vifnum=x",	   "vifnum=-1",
		"vifnum=10000",	   "vifnum=0x1",
		"bridge=a/b",	   "bridge=..",
		"bridge=xen br",   "netdev=0123456789abcdef",
		"netdev=eth%d",	   "style=newest",
		"antispoof=maybe", "force=1",
	};
	struct xns_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(PARSE(&request, "start", bad[i]), -EINVAL);
		assert_non_null(strstr(xn_err_text(&err), bad[i]));
		/* The command is known all the same. */
		assert_int_equal(request.command, XNS_START);
	}
	assert_int_equal(PARSE(&request, "start", "vifnum=9999"), 0);
	assert_int_equal(PARSE(&request, "start", "netdev=0123456789abcde"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_word_without_a_sign_is_the_command),
		cmocka_unit_test(settings_are_read),
		cmocka_unit_test(what_is_not_said_is_open),
		cmocka_unit_test(the_last_of_two_counts),
		cmocka_unit_test(unknown_settings_are_told),
		cmocka_unit_test(bad_values_are_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
