/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_FORCE_KNOWN_H
#define XN_FORCE_KNOWN_H
/*
 * Who is there, as xenplaned knows it and writes it for others while it runs:
 *
 *	{"vifs": [{"name": "vif1.0", "domain": "web", "mac": MAC,
 *		"bridge": "xennat", "addresses": ["10.0.0.5"],
 *		"settings": {"rate": {"value": "10Mb/s"}, ...}}]}
 *
 * `name` is the link's, `domain` the toolstack's name of the guest; what is
 * not known is "". Any thread.
 */
#include <jansson.h>

#include "natd/guests.h"
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

/* *ret_vifs, a new reference, is NULL when no xenplaned runs here. */
int xn_force_known_read(const struct xn_nl *nl, json_t **ret_vifs,
			struct xn_err *err);
/* It counts as long as the caller, who runs, keeps *ret_fd. */
int xn_force_known_write(const struct xn_nl *nl, json_t *vifs, int *ret_fd,
			 struct xn_err *err);
int xn_force_known_remove(const struct xn_nl *nl, struct xn_err *err);

/* Adds them to the list, each by both names; it is complete then. `vifs`
 * NULL: adds nobody. -EBADMSG; -ENOMEM, -E2BIG. */
int xn_force_known_guests(const json_t *vifs, struct xnat_guests *guests,
			  struct xn_err *err);

#endif
