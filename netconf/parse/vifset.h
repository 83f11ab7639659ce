/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_VIFSET_H
#define XN_PARSE_VIFSET_H
/*
 * What `xenplane vif set` may say of one vif: its settings (settings.h), and
 * where its twin is:
 *
 *	bridge	the name of a bridge
 *	mtu	bytes, 68 to 65517
 *
 * `default` takes each back. All of it together is one text, a pair in a line,
 * by which a daemon that starts again finds it in the store.
 * Pure; any thread.
 */
#include <net/if.h>

#include "netconf/parse/settings.h"

#define XN_VIF_MTU_MIN 68u /* RFC 791 */
#define XN_VIF_MTU_MAX 65517u
/* Room for any set as text; the store takes 4096 bytes. */
#define XN_VIFSET_TEXT_MAX (XN_SETTING_TEXT_MAX + 512u)

struct xn_vifset {
	struct xn_settings settings;
	char bridge[IFNAMSIZ]; /* "": not said */
	uint32_t mtu;	       /* 0: not said */
};

/* One "key=value". 0; or -EINVAL with the key and what is wanted in err, and
 * *set untouched. Whether there is such a bridge is not looked at. */
int xn_vifset_put_pair(struct xn_vifset *set, const char *pair,
		       struct xn_err *err);

bool xn_vifset_is_empty(const struct xn_vifset *set);
/* All that is said, "" when nothing is. */
const char *xn_vifset_format(const struct xn_vifset *set,
			     char ret_text[XN_VIFSET_TEXT_MAX]);
/* The reverse; *ret_set is written on success only. -EINVAL with err. */
int xn_vifset_parse(const char *text, struct xn_vifset *ret_set,
		    struct xn_err *err);

#endif
