/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_HOLDER_JUDGE_H
#define XN_HOLDER_JUDGE_H
/* Whether those who look after a link (holder.h) go on when all that is on it
 * goes to another one. */
#include <stdbool.h>

#include "netconf/base/err.h"

struct xn_holder_way {
	const char *from; /* the link's name now */
	int from_ifindex;
	bool goes; /* that link there is no more then */
	const char *to;
};

/* 0: nobody is known who would not. -EPERM: `err` has who, and why, and then
 * `again`: how to ask for it all the same. `root`: as in holder.h. */
int xn_holder_judge(const char *root, const struct xn_holder_way *way,
		    const char *again, struct xn_err *err);

#endif
