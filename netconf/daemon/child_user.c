/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another user with some capabilities, see child_user.h. */
#include "netconf/daemon/child_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

int xn_child_user_find(const char *name, struct xn_child_user *user,
		       struct xn_err *err)
{
	struct passwd entry, *found = NULL;
	char words[4096]; /* what entry's texts are in; none is used */
	int error = getpwnam_r(name, &entry, words, sizeof(words), &found);

	if (!found)
		return xn_fail(err, error ? error : ENOENT,
			       "no user \"%s\" (the package dnsmasq-base makes "
			       "it)",
			       name);
	user->uid = entry.pw_uid;
	user->gid = entry.pw_gid;
	return 0;
}

static int set_capabilities(uint32_t capabilities)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = capabilities,
						  .permitted = capabilities,
						  .inheritable = capabilities}};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int raise_ambient(uint32_t capabilities)
{
	for (unsigned long i = 0; i < 32; i++)
		if (capabilities & 1u << i &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return -errno;
	return 0;
}

int xn_child_user_become(void *arg)
{
	const struct xn_child_user *user = arg;
	int rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return -errno;
	rc = set_capabilities(user->capabilities);
	return rc < 0 ? rc : raise_ambient(user->capabilities);
}
