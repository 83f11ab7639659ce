/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_STATE_H
#define QOS_STATE_H
/*
 * Rates and shares as the kernel has them: ifb links, disciplines, classes,
 * filters and nftables' limits, each in a table. One struct serves for what of
 * ours is there and for what is wanted. Pure; any thread. A state owns its
 * tables.
 *
 * What is ours is told from an administrator's by what it is called: ifb links
 * are xqosINDEX, roots are HTB 5150: or 5151:, filters have the priority
 * 20816, chains are in a table of ours. 5151: stands on a link that was told
 * not to queue, and is told so again when it goes; 5150: where the kernel's
 * default was, which comes back.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/tc.h"
#include "qos/police.h"

#define XQ_MAJOR_DEFAULT 0x51500000u
#define XQ_MAJOR_NOQUEUE 0x51510000u
#define XQ_PRIORITY 0x5150u
#define XQ_IFB_PREFIX "xqos"
#define XQ_OBJECTS_MAX 65536u

/* Minor numbers of classes, and of the disciplines below them. */
#define XQ_CLASS_ALL 1u	   /* a vif's only class; an uplink's all */
#define XQ_CLASS_OTHERS 2u /* on an uplink: what is no vif's */
#define XQ_CLASS_FIRST 16u
#define XQ_CLASS_LAST 0x5fffu
#define XQ_LEAF_BASE 0x6000u /* major of the discipline of class minor 0 */

struct xq_ifb {
	int ifindex;
	char name[IFNAMSIZ];
	int of;	 /* whose incoming frames it takes: ifindex */
	bool up; /* else what is led there is lost */
};

enum xq_noun {
	XQ_IFB,	   /* struct xq_ifb */
	XQ_QDISC,  /* struct xn_tc_qdisc */
	XQ_CLASS,  /* struct xn_tc_class */
	XQ_FILTER, /* struct xn_tc_filter */
	XQ_POLICE, /* struct xq_police */
	XQ_NOUNS,
};

union xq_object {
	struct xq_ifb ifb;
	struct xn_tc_qdisc qdisc;
	struct xn_tc_class class;
	struct xn_tc_filter filter;
	struct xq_police police;
};

struct xq_table {
	void *item;
	size_t count, room;
};

/* Zero-initialise: empty. */
struct xq_state {
	struct xq_table table[XQ_NOUNS];
};

void xq_state_fini(struct xq_state *state);
/* A copy at the end. -ENOMEM; -E2BIG. */
int xq_state_add(struct xq_state *state, enum xq_noun noun, const void *object);
const void *xq_state_at(const struct xq_state *state, enum xq_noun noun,
			size_t place);
static inline size_t xq_state_count(const struct xq_state *state,
				    enum xq_noun noun)
{
	return state->table[noun].count;
}
/* The object that stands at the same place in the kernel; NULL: none. A
 * filter is another one when anything in it is other. */
const void *xq_state_find(const struct xq_state *state, enum xq_noun noun,
			  const void *object);

size_t xq_object_bytes(enum xq_noun noun);
int xq_object_ifindex(enum xq_noun noun, const void *object);
bool xq_same_place(enum xq_noun noun, const void *a, const void *b);
/* Nothing would have to be changed. Of the same place. */
bool xq_same_settings(enum xq_noun noun, const void *a, const void *b);
/* Changing one to the other takes a new object. Of the same place. */
bool xq_is_other_kind(enum xq_noun noun, const void *a, const void *b);

/* "xqos7" is 7's; 0: it is nobody's. */
int xq_ifb_of(const char *name);
static inline bool xq_is_own_root(const struct xn_tc_qdisc *qdisc)
{
	return qdisc->parent == XN_TC_ROOT &&
	       (qdisc->handle == XQ_MAJOR_DEFAULT ||
		qdisc->handle == XQ_MAJOR_NOQUEUE);
}

#endif
