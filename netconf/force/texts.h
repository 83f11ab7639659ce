/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_FORCE_TEXTS_H
#define XN_FORCE_TEXTS_H
/*
 * Of which configuration each part in force was made: whoever makes NAT or
 * traffic control notes it, so that others (xenplaned, when guests come and
 * go; a rollback) make the same again. Thread: the socket's.
 */
#include <jansson.h>

#include "netconf/base/err.h"
#include "netconf/model/planeconf.h"
#include "netconf/nl/socket.h"

/* In the order in which they are made. */
enum xn_force_part {
	XN_FORCE_NAT,
	XN_FORCE_QOS,
	XN_FORCE_PARTS,
};
const char *xn_force_part_name(enum xn_force_part part); /* "nat" */

/* planeconf_write.h's; NULL: nothing of that part is in force. Owns them. */
struct xn_force_texts {
	char *text[XN_FORCE_PARTS];
};
void xn_force_texts_fini(struct xn_force_texts *texts);

/* Nothing when nothing was noted. Caller owns what *ret_texts holds. */
int xn_force_texts_read(const struct xn_nl *nl,
			struct xn_force_texts *ret_texts, struct xn_err *err);
/* Of nothing at all the file goes. */
int xn_force_texts_write(const struct xn_nl *nl,
			 const struct xn_force_texts *texts,
			 struct xn_err *err);
/* Takes the text (NULL: nothing) for one part. */
void xn_force_texts_put(struct xn_force_texts *texts, enum xn_force_part part,
			char *take_text);

/* {"nat": TEXT, "qos": TEXT}: what is there. A new reference; NULL: out of
 * memory. */
json_t *xn_force_texts_to_json(const struct xn_force_texts *texts);
/* NULL: nothing. -EBADMSG with the key. */
int xn_force_texts_from_json(const json_t *json,
			     struct xn_force_texts *ret_texts,
			     struct xn_err *err);

/* NULL is read as a configuration of nothing. Caller owns
 * *ret_conf (xn_planeconf_destroy()). */
int xn_force_text_read(const char *text, struct xn_planeconf **ret_conf,
		       struct xn_err *err);

#endif
