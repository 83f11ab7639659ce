/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_LIFELINE_H
#define XN_SAFE_LIFELINE_H
/*
 * What must not be cut: the NIC that the root file system comes over, and the
 * one that the SSH session comes over when no other link has a default route.
 * A plan that touches such a link is to be asked for twice.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/plan/plan.h"
#include "netconf/safe/session.h"

#define XN_LIFELINES_MAX 8

enum xn_lifeline_kind {
	XN_LIFELINE_ROOT, /* the root file system's server */
	XN_LIFELINE_SSH,  /* who is logged in */
};

struct xn_lifeline {
	enum xn_lifeline_kind kind;
	char words[64];	  /* "the root file system (nfs)" */
	bool has_address; /* else: whatever carries a default route */
	uint8_t family;
	uint8_t octet[16];
};

struct xn_lifelines {
	uint32_t count;
	struct xn_lifeline item[XN_LIFELINES_MAX];
};

/* Of this host and this session. `root`: "/" but in tests. */
int xn_lifelines_read(const char *root, const struct xn_session *session,
		      struct xn_lifelines *ret_lines, struct xn_err *err);

/* The link that a packet to the address leaves by, of the main table and the
 * links' own networks; 0: none. Pure. */
int xn_lifeline_link(const struct xn_model *model, uint8_t family,
		     const uint8_t octet[16]);
/* The lines that hang on a link which the plan takes down, enslaves, renames,
 * or takes addresses or routes from. Pure. */
void xn_lifelines_cut(const struct xn_lifelines *lines,
		      const struct xn_model *observed,
		      const struct xn_plan *plan, struct xn_lifelines *ret_cut);

#endif
