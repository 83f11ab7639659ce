/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_SANDBOX_USER_H
#define XNB_SANDBOX_USER_H
/*
 * Whose the data process becomes. Only /etc/passwd is asked: a name service
 * would leave its sockets and libraries in the process.
 */
#include <sys/types.h>

#include "netconf/base/err.h"

#define XNB_SANDBOX_USER "xenplane-netback"
/* When there is no such user: an id that Debian and systemd both leave alone
 * (systemd's UIDS-GIDS.md: 65520 to 65533 are unused). */
#define XNB_SANDBOX_ID 65530u

struct xnb_sandbox_user {
	uid_t uid;
	gid_t gid;
};

/* `name`: a user of /etc/passwd, or a number (its group: that user's, else the
 * same number); NULL: XNB_SANDBOX_USER if there is one, else XNB_SANDBOX_ID.
 * -ENOENT: no such user; -EPERM: root's, by user or group; both with words. */
int xnb_sandbox_user_find(const char *name, struct xnb_sandbox_user *ret_user,
			  struct xn_err *err);

#endif
