/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_IFINDEX_H
#define XN_NL_IFINDEX_H
/* A list of links, as a few dumps give it: unsorted, one link may come several
 * times. The owner frees its memory with xn_ifindexes_fini(). */
#include <stdbool.h>
#include <stddef.h>

struct xn_ifindexes {
	int *ifindex;
	size_t count;
};

void xn_ifindexes_fini(struct xn_ifindexes *list);
bool xn_ifindexes_have(const struct xn_ifindexes *list, int ifindex);
/* The same links in the same order. */
bool xn_ifindexes_equal(const struct xn_ifindexes *a,
			const struct xn_ifindexes *b);

#endif
