/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_TC_H
#define XN_NL_TC_H
/*
 * Traffic control: queueing disciplines, classes of HTB, u32 filters; reading
 * all, making those that qos/ uses. Handles are the kernel's: major << 16 |
 * minor. Rates are bytes a second. What a filter or discipline holds beyond
 * these structs marks it as not known, so that it is nobody's by mistake.
 *
 * Threads and errors: socket.h. Tables are the caller's (free() the items).
 * Sources: linux/pkt_sched.h, linux/pkt_cls.h; the kernel's net/sched.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

#define XN_TC_KIND_MAX 16 /* IFNAMSIZ, as the kernel's */
#define XN_TC_ROOT 0xffffffffu
#define XN_TC_CLSACT 0xfffffff1u  /* parent of clsact, and of ingress */
#define XN_TC_INGRESS 0xfffffff2u /* filters' parent on clsact */
#define XN_TC_EGRESS 0xfffffff3u
#define XN_TC_KEYS_MAX 2u

struct xn_tc_qdisc {
	int ifindex;
	uint32_t handle, parent;
	char kind[XN_TC_KIND_MAX]; /* the next ones are of the kind named */
	uint32_t default_class;	   /* htb: minor */
	uint32_t limit_bytes;	   /* bfifo */
	uint32_t target_us, interval_us; /* fq_codel; read back within 2 us */
};

struct xn_tc_counters {
	uint64_t bytes, packets;
	uint32_t drops, backlog_bytes;
};

struct xn_tc_class {
	int ifindex;
	uint32_t handle, parent;
	uint32_t leaf; /* the handle of its own discipline; observed only */
	bool htb;      /* else nothing below counts */
	uint64_t rate, ceil;
	/* How long a full bucket lasts, in the kernel's ticks of 64 ns. */
	uint32_t burst_ticks, cburst_ticks;
	uint32_t quantum_bytes;
	struct xn_tc_counters counters; /* observed only */
};

/* A u32 key: the word at `offset` from the network header. Values are as in
 * the frame. */
struct xn_tc_key {
	uint32_t value_be, mask_be;
	int32_t offset;
};

/* One of: a table (divisor), a step into one (link), a match with keys that
 * names a class, or one that redirects to another link. */
struct xn_tc_filter {
	int ifindex;
	uint32_t parent, handle;
	uint16_t priority;
	bool known;
	uint32_t divisor; /* of a table */
	uint32_t table;	  /* table and bucket that it is in; 0: the first */
	uint32_t link;	  /* the table to go on in */
	uint32_t hash_mask_be;
	int16_t hash_offset;
	uint8_t key_count;
	struct xn_tc_key key[XN_TC_KEYS_MAX];
	uint32_t class_handle;
	int redirect; /* ifindex; 0: none */
};

struct xn_tc_qdiscs {
	struct xn_tc_qdisc *item;
	size_t count;
};
struct xn_tc_classes {
	struct xn_tc_class *item;
	size_t count;
};
struct xn_tc_filters {
	struct xn_tc_filter *item;
	size_t count;
};

/* Of all links, the kernel's own (handle 0) among them. */
int xn_tc_qdisc_dump(struct xn_nl *nl, struct xn_tc_qdiscs *ret_qdiscs,
		     struct xn_err *err);
/* `parent`: XN_TC_INGRESS, XN_TC_EGRESS or a discipline's handle. */
int xn_tc_class_dump(struct xn_nl *nl, int ifindex,
		     struct xn_tc_classes *ret_classes, struct xn_err *err);
int xn_tc_filter_dump(struct xn_nl *nl, int ifindex, uint32_t parent,
		      struct xn_tc_filters *ret_filters, struct xn_err *err);

/* -EEXIST: another one is at its place; -ENOENT: the kernel has no such kind,
 * or no such parent. */
int xn_tc_qdisc_add(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		    struct xn_err *err);
/* In the place of whatever is there. */
int xn_tc_qdisc_replace(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
			struct xn_err *err);
/* Its settings; those of bfifo and fq_codel take effect while frames wait. */
int xn_tc_qdisc_change(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		       struct xn_err *err);
/* With all that is below it. The kernel puts its default in a root's place. */
int xn_tc_qdisc_delete(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		       struct xn_err *err);

int xn_tc_class_add(struct xn_nl *nl, const struct xn_tc_class *class,
		    struct xn_err *err);
int xn_tc_class_change(struct xn_nl *nl, const struct xn_tc_class *class,
		       struct xn_err *err);
/* What waits in it is dropped. */
int xn_tc_class_delete(struct xn_nl *nl, const struct xn_tc_class *class,
		       struct xn_err *err);

/* A table gets the handle that it has, anything else one of the kernel's. */
int xn_tc_filter_add(struct xn_nl *nl, const struct xn_tc_filter *filter,
		     struct xn_err *err);
/* By its handle; 0: all of its priority. */
int xn_tc_filter_delete(struct xn_nl *nl, const struct xn_tc_filter *filter,
			struct xn_err *err);

#endif
