/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconf/nl/ifindex.h"

#include <stdlib.h>
#include <string.h>

void xn_ifindexes_fini(struct xn_ifindexes *list)
{
	free(list->ifindex);
	list->ifindex = NULL;
	list->count = 0;
}

bool xn_ifindexes_have(const struct xn_ifindexes *list, int ifindex)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->ifindex[i] == ifindex)
			return true;
	return false;
}

bool xn_ifindexes_equal(const struct xn_ifindexes *a,
			const struct xn_ifindexes *b)
{
	return a->count == b->count &&
	       (a->count == 0 || memcmp(a->ifindex, b->ifindex,
					a->count * sizeof(*a->ifindex)) == 0);
}
