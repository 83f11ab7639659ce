/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_RECORD_NOTES_H
#define XN_SAFE_RECORD_NOTES_H
/* The part of a record that says what bridges and netdevs had before
 * (plan/ours.h). Pure but for memory. */
#include <jansson.h>

#include "netconf/base/err.h"
#include "netconf/plan/ours.h"

/* A new reference. NULL: out of memory. */
json_t *xn_notes_to_json(const struct xn_ours *ours);
json_t *xn_addr_notes_to_json(const struct xn_ours *ours);
json_t *xn_route_notes_to_json(const struct xn_ours *ours);
/* NULL: of a version that noted nothing. -EBADMSG: not what was written. */
int xn_notes_from_json(const json_t *json, struct xn_ours *ours,
		       struct xn_err *err);
int xn_addr_notes_from_json(const json_t *json, struct xn_ours *ours,
			    struct xn_err *err);
int xn_route_notes_from_json(const json_t *json, struct xn_ours *ours,
			     struct xn_err *err);

#endif
