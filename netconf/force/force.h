/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_FORCE_FORCE_H
#define XN_FORCE_FORCE_H
/*
 * What a configuration wants besides links, addresses and routes: NAT and
 * the kernel's traffic control, for the guests who are there. For `xenplane
 * apply` and what takes it back (netconf/safe), and for xenplaned, which makes
 * the same again when guests come and go.
 *
 * What was made is noted (texts.h), and only what is noted, or wanted, is
 * looked at: who never wanted NAT needs no nftables. One process at a time
 * makes something (files.h). Thread: the socket's, in its network namespace.
 */
#include <stddef.h>

#include "netconf/base/err.h"
#include "netconf/force/texts.h"
#include "netconf/plan/op.h"

#define XN_FORCE_WORDS_MAX 320u
#define XN_FORCE_WARNINGS_MAX 16u
#define XN_FORCE_WARNING_MAX 256u

struct xn_force_op {
	enum xn_force_part part;
	enum xn_cost cost;
	char words[XN_FORCE_WORDS_MAX];
};

/* Zero-initialise: none. Owns its array. */
struct xn_force_ops {
	size_t count, room;
	struct xn_force_op *op;
	/* What could not be helped. */
	size_t warning_count;
	char warning[XN_FORCE_WARNINGS_MAX][XN_FORCE_WARNING_MAX];
};
void xn_force_ops_fini(struct xn_force_ops *ops);

struct xn_force;

/* The socket stays the caller's. Caller owns *ret_force. What the kernel can
 * do is found out once. */
int xn_force_open(struct xn_nl *nl, struct xn_force **ret_force,
		  struct xn_err *err);
void xn_force_close(struct xn_force *force); /* accepts NULL */

/* What xn_force_make() would do with the links that are there now; does
 * nothing. Caller owns *ret_ops, set on success only. */
int xn_force_look(struct xn_force *force, const struct xn_planeconf *conf,
		  struct xn_force_ops *ret_ops, struct xn_err *err);
/* Makes it so, waits for others who do. *ret_ops (NULL: nobody wants it), the
 * caller's, has what was done. After a failure a part may be done, another
 * not: xn_force_back(). */
int xn_force_make(struct xn_force *force, const struct xn_planeconf *conf,
		  struct xn_force_ops *ret_ops, struct xn_err *err);
/* Makes what was noted before, for the guests who are there now. Goes on
 * after an error, and returns the first. */
int xn_force_back(struct xn_force *force, const struct xn_force_texts *before,
		  struct xn_err *err);

/* Notes what somebody else made (NULL: nothing any more; or nothing that
 * could be made again) of one part. The lock is held. */
int xn_force_note(struct xn_force *force, enum xn_force_part part,
		  const struct xn_planeconf *conf, struct xn_err *err);

/* Whether the configuration says anything of that part. Pure. */
bool xn_force_wants(const struct xn_planeconf *conf, enum xn_force_part part);

/* For xenplaned: makes what is noted for these vifs (known.h). Traffic control
 * also when nothing is noted, for vifs with a ceiling, or `had_qos`. -EBUSY
 * without words: another process makes something just now, or changes the
 * host's settings; it is to be called again. */
struct xn_force_refreshed {
	struct xn_force_ops ops;
	bool has_nat; /* it is in force */
	bool has_qos; /* for the next call */
};
int xn_force_refresh(struct xn_force *force, const json_t *vifs, bool had_qos,
		     struct xn_force_refreshed *ret, struct xn_err *err);
/* Ends the connections of addresses whose vif went. */
int xn_force_forget(struct xn_force *force, const struct xn_address *gone,
		    uint32_t count, uint32_t *ret_ended, struct xn_err *err);

/* Ends the connections that `judge` names (natd/flow.h). */
struct xnat_flow;
int xn_force_end(struct xn_force *force,
		 bool (*judge)(const void *arg, const struct xnat_flow *flow),
		 const void *arg, uint32_t *ret_ended, struct xn_err *err);

#endif
