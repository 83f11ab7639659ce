/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See sandbox_user.h. Runs before anything is given up, on words from the
 * command line and /etc/passwd. */
#include "netback/sandbox_user.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/text.h"

#define PASSWD_LINE_MAX 4096

static bool is_wanted(const struct passwd *entry, const char *name,
		      const uint32_t *uid)
{
	return uid ? entry->pw_uid == *uid : strcmp(entry->pw_name, name) == 0;
}

/* By number if `uid` is not NULL. */
static bool look_up(const char *name, const uint32_t *uid,
		    struct xnb_sandbox_user *ret_user)
{
	FILE *file = fopen("/etc/passwd", "re");
	char line[PASSWD_LINE_MAX];
	struct passwd entry = {.pw_name = NULL};
	struct passwd *got;
	bool found = false;

	if (!file)
		return false;
	while (!found &&
	       fgetpwent_r(file, &entry, line, sizeof(line), &got) == 0) {
		found = is_wanted(&entry, name, uid);
		if (found)
			*ret_user = (struct xnb_sandbox_user){
				.uid = entry.pw_uid, .gid = entry.pw_gid};
	}
	(void)fclose(file);
	return found;
}

int xnb_sandbox_user_find(const char *name, struct xnb_sandbox_user *ret_user,
			  struct xn_err *err)
{
	struct xnb_sandbox_user user = {.uid = XNB_SANDBOX_ID,
					.gid = XNB_SANDBOX_ID};
	uint32_t number;

	if (!name) {
		(void)look_up(XNB_SANDBOX_USER, NULL, &user);
	} else if (xn_parse_u32(name, 0, UINT32_MAX - 1, &number) == 0) {
		user.uid = number;
		user.gid = number;
		(void)look_up(NULL, &number, &user);
	} else if (!look_up(name, NULL, &user)) {
		return xn_fail(err, ENOENT, "user %s: not in /etc/passwd",
			       name);
	}
	if (user.uid == 0 || user.gid == 0)
		return xn_fail(err, EPERM,
			       "user %s: the data process must not be root's",
			       name ? name : XNB_SANDBOX_USER);
	*ret_user = user;
	return 0;
}
