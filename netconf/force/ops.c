/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations in words, see force.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "netconf/force/parts.h"

#define ROOM_MIN 16u

void xn_force_ops_fini(struct xn_force_ops *ops)
{
	free(ops->op);
	*ops = (struct xn_force_ops){0};
}

int xn_force_ops_add(struct xn_force_ops *ops, enum xn_force_part part,
		     enum xn_cost cost, const char *words)
{
	struct xn_force_op *op;

	if (ops->count == ops->room) {
		size_t room = ops->room ? ops->room * 2 : ROOM_MIN;
		void *more = reallocarray(ops->op, room, sizeof(*ops->op));

		if (!more)
			return -ENOMEM;
		ops->op = more;
		ops->room = room;
	}
	op = &ops->op[ops->count++];
	op->part = part;
	op->cost = cost;
	(void)snprintf(op->words, sizeof(op->words), "%s", words);
	return 0;
}

void xn_force_ops_warn(struct xn_force_ops *ops, const char *words)
{
	if (ops->warning_count < XN_FORCE_WARNINGS_MAX)
		(void)snprintf(ops->warning[ops->warning_count++],
			       XN_FORCE_WARNING_MAX, "%s", words);
}
