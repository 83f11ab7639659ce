/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which word was meant, and when none was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/parse/suggest.h"

static const char *const words[] = {"netdev", "mtu",	       "stp",
				    "ageing", "forward-delay", "on"};

static void meant(const char *word, const char *wanted)
{
	char hint[XN_SUGGEST_TEXT_MAX];

	(void)xn_suggest(word, words, sizeof(words) / sizeof(words[0]), hint);
	if (!wanted)
		assert_string_equal(hint, "");
	else if (!strstr(hint, wanted) || strlen(hint) < strlen(wanted) + 17)
		fail_msg("'%s': '%s' and not '%s'", word, hint, wanted);
}

static void near_words_are_found(void **state)
{
	(void)state;
	meant("netdv", "'netdev'");
	meant("nedtev", "'netdev'");
	meant("netdevs", "'netdev'");
	meant("mtv", "'mtu'");
	meant("tsp", "'stp'");
	meant("aging", "'ageing'");
	meant("forwarddelay", "'forward-delay'");
	meant("forward_dealy", "'forward-delay'");
	meant("onn", "'on'");
}

static void far_words_are_not(void **state)
{
	char endless[4 * XN_SUGGEST_WORD_MAX];

	(void)state;
	meant("speed", NULL);
	meant("", NULL);
	meant("x", NULL);
	meant("xxx", NULL);
	meant("fwd-dly", NULL);
	memset(endless, 'n', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	meant(endless, NULL);
	meant("forward-delay-forward-delay-fowa", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(near_words_are_found),
		cmocka_unit_test(far_words_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
