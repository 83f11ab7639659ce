/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of a model. Pure. */
#include "netconf/model/plane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/model/fields.h"

#define FIRST_ROOM 16

void xn_model_fini(struct xn_model *model)
{
	for (int noun = 0; noun < XN_NOUNS; noun++) {
		free(model->table[noun].item);
		model->table[noun] = (struct xn_table){0};
	}
}

static int copy_table(const struct xn_table *from, size_t item_bytes,
		      struct xn_table *ret_copy)
{
	if (from->count == 0)
		return 0;
	ret_copy->item = calloc(from->count, item_bytes);
	if (!ret_copy->item)
		return -ENOMEM;
	memcpy(ret_copy->item, from->item, from->count * item_bytes);
	ret_copy->count = from->count;
	ret_copy->room = from->count;
	return 0;
}

int xn_model_copy(const struct xn_model *model, struct xn_model *ret_copy)
{
	struct xn_model copy = {0};

	for (int noun = 0; noun < XN_NOUNS; noun++) {
		if (copy_table(&model->table[noun], xn_noun[noun].bytes,
			       &copy.table[noun]) < 0) {
			xn_model_fini(&copy);
			return -ENOMEM;
		}
	}
	copy.removed_ifindex = model->removed_ifindex;
	*ret_copy = copy;
	return 0;
}

const void *xn_model_at(const struct xn_model *model, enum xn_noun noun,
			size_t place)
{
	const uint8_t *item = model->table[noun].item;

	return item + place * xn_noun[noun].bytes;
}

void *xn_model_edit(struct xn_model *model, enum xn_noun noun, size_t place)
{
	uint8_t *item = model->table[noun].item;

	return item + place * xn_noun[noun].bytes;
}

static int grow(struct xn_table *table, size_t item_bytes)
{
	size_t room = table->room ? table->room * 2 : FIRST_ROOM;
	void *item;

	if (table->count >= XN_MODEL_OBJECTS_MAX)
		return -E2BIG;
	item = reallocarray(table->item, room, item_bytes);
	if (!item)
		return -ENOMEM;
	table->item = item;
	table->room = room;
	return 0;
}

int xn_model_add(struct xn_model *model, enum xn_noun noun, const void *object)
{
	struct xn_table *table = &model->table[noun];
	int rc = 0;

	if (table->count == table->room)
		rc = grow(table, xn_noun[noun].bytes);
	if (rc < 0)
		return rc;
	table->count++;
	memcpy(xn_model_edit(model, noun, table->count - 1), object,
	       xn_noun[noun].bytes);
	return 0;
}

static void note_removed(struct xn_model *model, size_t place)
{
	const struct xn_model_link *link = xn_model_at(model, XN_LINK, place);

	if (link->ifindex > model->removed_ifindex)
		model->removed_ifindex = link->ifindex;
}

void xn_model_remove(struct xn_model *model, enum xn_noun noun, size_t place)
{
	struct xn_table *table = &model->table[noun];
	uint8_t *item = xn_model_edit(model, noun, place);
	size_t behind = table->count - place - 1;

	if (noun == XN_LINK)
		note_removed(model, place);
	if (behind > 0)
		memmove(item, item + xn_noun[noun].bytes,
			behind * xn_noun[noun].bytes);
	table->count--;
}

ssize_t xn_model_find(const struct xn_model *model, enum xn_noun noun,
		      const void *object, size_t hint)
{
	size_t count = model->table[noun].count;

	for (size_t i = 0; i < count; i++) {
		size_t place = (hint + i) % count;

		if (xn_same_key(noun, object, xn_model_at(model, noun, place)))
			return (ssize_t)place;
	}
	return -ENOENT;
}

struct xn_model_link *xn_model_link(const struct xn_model *model, int ifindex)
{
	struct xn_model_link *link = model->table[XN_LINK].item;

	for (size_t i = 0; i < model->table[XN_LINK].count; i++) {
		if (link[i].ifindex == ifindex)
			return &link[i];
	}
	return NULL;
}

struct xn_model_link *xn_model_link_named(const struct xn_model *model,
					  const char *name)
{
	struct xn_model_link *link = model->table[XN_LINK].item;

	for (size_t i = 0; i < model->table[XN_LINK].count; i++) {
		if (strcmp(link[i].name, name) == 0)
			return &link[i];
	}
	return NULL;
}

int xn_model_free_ifindex(const struct xn_model *model)
{
	const struct xn_model_link *link = model->table[XN_LINK].item;
	int highest = model->removed_ifindex;

	for (size_t i = 0; i < model->table[XN_LINK].count; i++) {
		if (link[i].ifindex > highest)
			highest = link[i].ifindex;
	}
	return highest + 1;
}
