/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of objects, and when two of them are the same, see state.h. */
#include "qos/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

#define ROOM_MIN 16u
/* The kernel keeps fq_codel's times in units of 1024 ns. */
#define TIME_SLACK_US 2u

size_t xq_object_bytes(enum xq_noun noun)
{
	switch (noun) {
	case XQ_IFB:
		return sizeof(struct xq_ifb);
	case XQ_QDISC:
		return sizeof(struct xn_tc_qdisc);
	case XQ_CLASS:
		return sizeof(struct xn_tc_class);
	case XQ_FILTER:
		return sizeof(struct xn_tc_filter);
	case XQ_POLICE:
		return sizeof(struct xq_police);
	case XQ_NOUNS:
		break;
	}
	return 0;
}

void xq_state_fini(struct xq_state *state)
{
	for (unsigned int i = 0; i < XQ_NOUNS; i++)
		free(state->table[i].item);
	*state = (struct xq_state){0};
}

int xq_state_add(struct xq_state *state, enum xq_noun noun, const void *object)
{
	struct xq_table *table = &state->table[noun];
	size_t bytes = xq_object_bytes(noun);

	if (table->count == XQ_OBJECTS_MAX)
		return -E2BIG;
	if (table->count == table->room) {
		size_t room = table->room ? table->room * 2 : ROOM_MIN;
		void *item = reallocarray(table->item, room, bytes);

		if (!item)
			return -ENOMEM;
		table->item = item;
		table->room = room;
	}
	memcpy((char *)table->item + table->count++ * bytes, object, bytes);
	return 0;
}

const void *xq_state_at(const struct xq_state *state, enum xq_noun noun,
			size_t place)
{
	return (const char *)state->table[noun].item +
	       place * xq_object_bytes(noun);
}

const void *xq_state_find(const struct xq_state *state, enum xq_noun noun,
			  const void *object)
{
	for (size_t i = 0; i < xq_state_count(state, noun); i++) {
		const void *found = xq_state_at(state, noun, i);

		if (xq_same_place(noun, found, object))
			return found;
	}
	return NULL;
}

int xq_object_ifindex(enum xq_noun noun, const void *object)
{
	switch (noun) {
	case XQ_IFB:
		return ((const struct xq_ifb *)object)->ifindex;
	case XQ_QDISC:
		return ((const struct xn_tc_qdisc *)object)->ifindex;
	case XQ_CLASS:
		return ((const struct xn_tc_class *)object)->ifindex;
	case XQ_FILTER:
		return ((const struct xn_tc_filter *)object)->ifindex;
	case XQ_POLICE:
		return ((const struct xq_police *)object)->ifindex;
	case XQ_NOUNS:
		break;
	}
	return 0;
}

static bool same_filter(const struct xn_tc_filter *a,
			const struct xn_tc_filter *b)
{
	if (a->ifindex != b->ifindex || a->parent != b->parent ||
	    a->priority != b->priority || a->known != b->known ||
	    a->divisor != b->divisor || a->table != b->table ||
	    a->link != b->link || a->hash_mask_be != b->hash_mask_be ||
	    a->hash_offset != b->hash_offset || a->key_count != b->key_count ||
	    a->class_handle != b->class_handle || a->redirect != b->redirect)
		return false;
	if (a->divisor && a->handle != b->handle)
		return false;
	for (uint8_t i = 0; i < a->key_count; i++)
		if (a->key[i].value_be != b->key[i].value_be ||
		    a->key[i].mask_be != b->key[i].mask_be ||
		    a->key[i].offset != b->key[i].offset)
			return false;
	return true;
}

bool xq_same_place(enum xq_noun noun, const void *a, const void *b)
{
	const struct xn_tc_qdisc *qdisc = a, *other_qdisc = b;
	const struct xn_tc_class *class = a, *other_class = b;
	const struct xq_ifb *ifb = a, *other_ifb = b;

	switch (noun) {
	case XQ_IFB:
		return ifb->of == other_ifb->of;
	case XQ_QDISC:
		return qdisc->ifindex == other_qdisc->ifindex &&
		       qdisc->parent == other_qdisc->parent;
	case XQ_CLASS:
		return class->ifindex == other_class->ifindex &&
		       class->handle == other_class->handle;
	case XQ_FILTER:
		return same_filter(a, b);
	case XQ_POLICE:
		return !strcmp(((const struct xq_police *)a)->name,
			       ((const struct xq_police *)b)->name);
	case XQ_NOUNS:
		break;
	}
	return false;
}

static bool is_near(uint32_t a_us, uint32_t b_us)
{
	return (a_us > b_us ? a_us - b_us : b_us - a_us) <= TIME_SLACK_US;
}

static bool same_qdisc(const struct xn_tc_qdisc *a, const struct xn_tc_qdisc *b)
{
	return !xq_is_other_kind(XQ_QDISC, a, b) &&
	       a->limit_bytes == b->limit_bytes &&
	       is_near(a->target_us, b->target_us) &&
	       is_near(a->interval_us, b->interval_us);
}

static bool same_class(const struct xn_tc_class *a, const struct xn_tc_class *b)
{
	return a->rate == b->rate && a->ceil == b->ceil &&
	       a->burst_ticks == b->burst_ticks &&
	       a->cburst_ticks == b->cburst_ticks &&
	       a->quantum_bytes == b->quantum_bytes;
}

static bool same_police(const struct xq_police *a, const struct xq_police *b)
{
	if (a->changed || a->rules_changed || b->changed || b->rules_changed ||
	    a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->limit[i].rate != b->limit[i].rate ||
		    a->limit[i].burst_bytes != b->limit[i].burst_bytes)
			return false;
	return true;
}

bool xq_same_settings(enum xq_noun noun, const void *a, const void *b)
{
	switch (noun) {
	case XQ_QDISC:
		return same_qdisc(a, b);
	case XQ_CLASS:
		return same_class(a, b);
	case XQ_IFB:
		return ((const struct xq_ifb *)a)->up ==
		       ((const struct xq_ifb *)b)->up;
	case XQ_POLICE:
		return same_police(a, b);
	case XQ_FILTER:
	case XQ_NOUNS:
		break;
	}
	return true;
}

bool xq_is_other_kind(enum xq_noun noun, const void *a, const void *b)
{
	const struct xn_tc_qdisc *qdisc = a, *other = b;
	const struct xn_tc_class *class = a, *other_class = b;

	if (noun == XQ_QDISC)
		return strcmp(qdisc->kind, other->kind) != 0 ||
		       qdisc->handle != other->handle ||
		       qdisc->default_class != other->default_class;
	return noun == XQ_CLASS && class->parent != other_class->parent;
}

int xq_ifb_of(const char *name)
{
	uint32_t ifindex;

	if (strncmp(name, XQ_IFB_PREFIX, strlen(XQ_IFB_PREFIX)) != 0 ||
	    xn_parse_u32(name + strlen(XQ_IFB_PREFIX), 1, INT32_MAX, &ifindex))
		return 0;
	return (int)ifindex;
}
