/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_ARRAY_H
#define XN_NL_ARRAY_H
/* A growing array of equal items, for dumps; bounded. For netconf/nl only.
 * Zero-initialise but for item_bytes and count_max. */
#include <stddef.h>

struct xn_array {
	void *items;
	size_t count, room;
	size_t item_bytes, count_max;
};

/* A new zeroed item, valid until the next one is added. NULL: out of memory,
 * or count_max is reached. */
void *xn_array_add(struct xn_array *array);
/* A copy of *item, of item_bytes. 0, or -ENOMEM as above. */
int xn_array_put(struct xn_array *array, const void *item);
/* Forgets the items, keeps the room; the signature is xn_nl_dump's. */
void xn_array_restart(void *array);
void xn_array_fini(struct xn_array *array);

#endif
