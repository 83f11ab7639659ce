/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The growing array under the dumps. */
#include "netconf/nl/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 32

static int grow(struct xn_array *array)
{
	size_t room = array->room ? array->room * 2 : FIRST_ROOM;
	void *items;

	if (room > array->count_max)
		room = array->count_max;
	if (room == array->room)
		return -1;
	items = reallocarray(array->items, room, array->item_bytes);
	if (!items)
		return -1;
	array->items = items;
	array->room = room;
	return 0;
}

void *xn_array_add(struct xn_array *array)
{
	uint8_t *item;

	if (array->count == array->room && grow(array) < 0)
		return NULL;
	item = (uint8_t *)array->items + array->count * array->item_bytes;
	memset(item, 0, array->item_bytes);
	array->count++;
	return item;
}

int xn_array_put(struct xn_array *array, const void *item)
{
	void *place = xn_array_add(array);

	if (!place)
		return -ENOMEM;
	memcpy(place, item, array->item_bytes);
	return 0;
}

void xn_array_restart(void *array)
{
	((struct xn_array *)array)->count = 0;
}

void xn_array_fini(struct xn_array *array)
{
	free(array->items);
	array->items = NULL;
	array->count = 0;
	array->room = 0;
}
