/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose the data process becomes. Debian's base-passwd has root and nobody. */
#include "netback/sandbox_user.h"

#include <errno.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOBODY 65534u
#define UNUSED "64998"

static void a_name_stands_in_passwd(void **state)
{
	struct xnb_sandbox_user user = {0};
	struct xn_err err = {.set = false};

	(void)state;
	assert_int_equal(xnb_sandbox_user_find("nobody", &user, &err), 0);
	assert_int_equal(user.uid, NOBODY);
	assert_int_equal(user.gid, NOBODY);
	assert_int_equal(xnb_sandbox_user_find("daemon", &user, &err), 0);
	assert_int_equal(user.uid, 1);
}

static void a_number_needs_no_name(void **state)
{
	struct xnb_sandbox_user user = {0};
	struct xn_err err = {.set = false};

	(void)state;
	assert_int_equal(xnb_sandbox_user_find(UNUSED, &user, &err), 0);
	assert_int_equal(user.uid, 64998);
	assert_int_equal(user.gid, 64998);
	/* sync's group is nogroup, not its number. */
	assert_int_equal(xnb_sandbox_user_find("4", &user, &err), 0);
	assert_int_equal(user.uid, 4);
	assert_int_equal(user.gid, NOBODY);
}

static void without_a_word_it_is_its_own(void **state)
{
	struct xnb_sandbox_user user = {0};
	struct xn_err err = {.set = false};
	const struct passwd *own = getpwnam(XNB_SANDBOX_USER);

	(void)state;
	assert_int_equal(xnb_sandbox_user_find(NULL, &user, &err), 0);
	assert_int_equal(user.uid, own ? own->pw_uid : XNB_SANDBOX_ID);
	assert_int_equal(user.gid, own ? own->pw_gid : XNB_SANDBOX_ID);
}

static void refuses(const char *name, int error, const char *words)
{
	struct xnb_sandbox_user user = {.uid = 7, .gid = 8};
	struct xn_err err = {.set = false};

	assert_int_equal(xnb_sandbox_user_find(name, &user, &err), -error);
	assert_non_null(strstr(xn_err_text(&err), words));
	assert_int_equal(user.uid, 7);
	assert_int_equal(user.gid, 8);
}

static void root_is_refused(void **state)
{
	(void)state;
	refuses("root", EPERM, "user root: the data process must not");
	refuses("0", EPERM, "must not be root's");
}

static void what_is_no_user_is_refused(void **state)
{
	(void)state;
	refuses("no-such-user", ENOENT, "user no-such-user: not in");
	refuses("", ENOENT, "not in");
	refuses("-1", ENOENT, "not in");
	refuses("4294967295", ENOENT, "not in"); /* -1: "leave as it is" */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_stands_in_passwd),
		cmocka_unit_test(a_number_needs_no_name),
		cmocka_unit_test(without_a_word_it_is_its_own),
		cmocka_unit_test(root_is_refused),
		cmocka_unit_test(what_is_no_user_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
