/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `vif set` says, from pairs, to text and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "netconf/parse/vifset.h"

static void put(struct xn_vifset *set, const char *pair)
{
	struct xn_err err = {0};

	if (xn_vifset_put_pair(set, pair, &err))
		fail_msg("%s: %s", pair, xn_err_text(&err));
}

static void refused(const char *pair, const char *words)
{
	struct xn_vifset set = {.bridge = "xenbr0", .mtu = 1500}, before = set;
	struct xn_err err = {0};

	assert_int_equal(xn_vifset_put_pair(&set, pair, &err), -EINVAL);
	assert_memory_equal(&set, &before, sizeof(set));
	if (!strstr(xn_err_text(&err), words))
		fail_msg("'%s' is not in '%s'", words, xn_err_text(&err));
}

static void nothing_said_is_no_text(void **state)
{
	struct xn_vifset set = {.mtu = 0};
	char text[XN_VIFSET_TEXT_MAX];

	(void)state;
	assert_true(xn_vifset_is_empty(&set));
	assert_string_equal(xn_vifset_format(&set, text), "");
	put(&set, "mtu=1400");
	assert_false(xn_vifset_is_empty(&set));
	put(&set, "mtu=default");
	put(&set, "bridge=xenbr0");
	assert_false(xn_vifset_is_empty(&set));
	put(&set, "bridge=default");
	put(&set, "rate=default");
	assert_true(xn_vifset_is_empty(&set));
}

static void all_of_it_reads_back(void **state)
{
	static const char *const pairs[] = {
		"bridge=xenbr0;mtu",
		"mtu=65517",
		"fastpath=off",
		"offload=off",
		"antispoof=on",
		"isolated=on",
		"carrier=off",
		"bpdu=drop",
		"storm=1000000000",
		"rate=10Mb/s@20ms",
		"burst=1048575B",
		"ceiling=12345679Kb/s",
		"guarantee=12345671b/s",
		"weight=100",
		"rate-in=1234567Kb/s@9999us",
		"burst-in=1048577B",
		"ceiling-in=off",
		"guarantee-in=1Mb/s",
		"weight-in=1",
		"police=on",
		"ip=fd00::/64 10.0.0.1",
		"acl=a-list.of_31-characters.in.all-",
		"repair=on"};
	struct xn_vifset set = {.mtu = 0}, back = {.mtu = 0};
	char text[XN_VIFSET_TEXT_MAX], again[XN_VIFSET_TEXT_MAX];
	struct xn_err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		put(&set, pairs[i]);
	assert_int_equal(set.settings.said, (1u << XN_SETTING_COUNT) - 1);
	assert_int_equal(
		xn_vifset_parse(xn_vifset_format(&set, text), &back, &err), 0);
	assert_string_equal(back.bridge, "xenbr0;mtu");
	assert_int_equal(back.mtu, 65517);
	assert_true(xn_settings_equal(&set.settings, &back.settings));
	assert_string_equal(xn_vifset_format(&back, again), text);
}

/* The most and longest addresses there can be. */
static void the_longest_one_fits(void **state)
{
	struct xn_vifset set = {.mtu = 0}, back;
	static const char *const others[] = {
		"mtu=65517",
		"fastpath=off",
		"offload=off",
		"antispoof=off",
		"isolated=off",
		"carrier=off",
		"bpdu=drop",
		"repair=off",
		"acl=a-list.of_31-characters.in.all-",
		"storm=1000000000",
		"rate=99999999999b/s@999999us",
		"burst=100000000007B",
		"ceiling=99999999999b/s",
		"guarantee=99999999999b/s",
		"weight=100",
		"rate-in=99999999999b/s@999999us",
		"burst-in=100000000007B",
		"ceiling-in=99999999999b/s",
		"guarantee-in=99999999999b/s",
		"weight-in=100",
		"police=off"};
	char pair[XN_SETTING_TEXT_MAX] = "ip=", text[XN_VIFSET_TEXT_MAX];
	struct xn_err err = {0};

	(void)state;
	for (unsigned int i = 0; i < XN_SETTINGS_ADDRESSES_MAX; i++)
		(void)strcat(pair, "2001:1db8:1111:1111:1111:1111:1111:1110/"
				   "127 ");
	put(&set, pair);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		put(&set, others[i]);
	put(&set, "bridge=a-long-name-for");
	assert_true(strlen(xn_vifset_format(&set, text)) > 1200);
	assert_int_equal(xn_vifset_parse(text, &back, &err), 0);
	assert_int_equal(back.settings.address_count,
			 XN_SETTINGS_ADDRESSES_MAX);
	assert_string_equal(back.bridge, "a-long-name-for");
	assert_true(xn_settings_equal(&set.settings, &back.settings));
}

static void wrong_words_are_refused(void **state)
{
	(void)state;
	refused("bridge=", "name of a bridge");
	refused("bridge=a b", "name of a bridge");
	refused("bridge=a\nmtu=68", "name of a bridge");
	refused("bridge=a/b", "name of a bridge");
	refused("bridge=..", "name of a bridge");
	refused("bridge=0123456789abcdef", "name of a bridge");
	refused("mtu=67", "68 to 65517");
	refused("mtu=65518", "68 to 65517");
	refused("mtu=", "68 to 65517");
	refused("mtu=1500 ", "68 to 65517");
	refused("mtu", "KEY=VALUE");
	refused("bridges=x", "unknown key 'bridges' (did you mean 'bridge'?)");
	refused("rat=1Mb/s", "unknown key 'rat' (did you mean 'rate'?)");
	refused("colour=red", "unknown key 'colour'");
	refused("rate=fast", "rate=fast");
}

static void a_wrong_text_changes_nothing(void **state)
{
	struct xn_vifset set = {.mtu = 7};
	char text[XN_VIFSET_TEXT_MAX + 8];
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_vifset_parse("mtu=1400\nspeed=1", &set, &err),
			 -EINVAL);
	assert_int_equal(set.mtu, 7);
	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err.set = false;
	assert_int_equal(xn_vifset_parse(text, &set, &err), -EINVAL);
	assert_int_equal(set.mtu, 7);
	assert_int_equal(xn_vifset_parse("\n\nmtu=1400\n", &set, &err), 0);
	assert_int_equal(set.mtu, 1400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_no_text),
		cmocka_unit_test(all_of_it_reads_back),
		cmocka_unit_test(the_longest_one_fits),
		cmocka_unit_test(wrong_words_are_refused),
		cmocka_unit_test(a_wrong_text_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
