/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "netconf/brctl/verbs.h"

static void every_verb_is_found_by_its_whole_name(void **state)
{
	(void)state;
	assert_int_equal(xn_brctl_verb_count, 16);
	for (size_t i = 0; i < xn_brctl_verb_count; i++) {
		const struct xn_brctl_verb *verb = &xn_brctl_verbs[i];

		assert_ptr_equal(xn_brctl_find_verb(verb->name), verb);
		assert_non_null(verb->run);
	}
}

static void other_words_are_no_verbs(void **state)
{
	static const char *const others[] = {"",	 "add",	 "addbr ",
					     "Addbr",	 "sho",	 "shows",
					     "setgcint", "help", "-h"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(xn_brctl_find_verb(others[i]));
}

static void help_names_the_words_that_are_needed(void **state)
{
	(void)state;
	for (size_t i = 0; i < xn_brctl_verb_count; i++) {
		const struct xn_brctl_verb *verb = &xn_brctl_verbs[i];
		int words = 0;

		/* [ <bridge> ] may be left out, {on|off} may not. */
		for (const char *at = verb->help; *at != '\t'; at++) {
			if (*at == '<' || *at == '{')
				words++;
			if (*at == '[')
				words--;
		}
		assert_int_equal(words, verb->words_min);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_is_found_by_its_whole_name),
		cmocka_unit_test(other_words_are_no_verbs),
		cmocka_unit_test(help_names_the_words_that_are_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
