/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_FIELDS_H
#define XN_MODEL_FIELDS_H
/*
 * What the objects of a model are made of: one table per noun, by which they
 * are compared here, and written and read as JSON (json.h). Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/model/plane.h"

enum xn_field_kind {
	XN_FIELD_BOOL,
	XN_FIELD_U8,
	XN_FIELD_U16,
	XN_FIELD_U32,
	XN_FIELD_INT,
	XN_FIELD_NAME, /* char[IFNAMSIZ]: a link's name, or "" */
	XN_FIELD_WORD, /* the same size: printable, or "" */
	XN_FIELD_MAC,
	XN_FIELD_IP,	/* of the object's family; zero: none */
	XN_FIELD_FLAGS, /* IFA_F_*: equal when what lasts is */
	/* Seconds left. Two that end are equal, whenever: they count down. */
	XN_FIELD_LIFETIME, /* UINT32_MAX: never */
	XN_FIELD_EXPIRY,   /* 0: never */
	XN_FIELD_SETTINGS, /* equal when what both say is */
	XN_FIELD_CONF,	   /* struct xn_link_conf; the same */
	XN_FIELD_VALUES,   /* uint32_t[XN_ROUTE_METRICS] */
	XN_FIELD_HOPS,	   /* struct xn_hop[XN_HOPS_MAX], and their count */
};

enum xn_field_use {
	XN_USE_KEY,    /* which object it is */
	XN_USE_CHANGE, /* can be changed while the object stays */
	XN_USE_FIXED,  /* a difference takes a new object */
	XN_USE_NOTE,   /* not compared */
};

struct xn_field {
	const char *name; /* in JSON */
	uint8_t kind;
	uint8_t use;
	uint16_t offset;
};

struct xn_noun_fields {
	const char *word; /* "link", "address", ... */
	size_t bytes;
	size_t family_offset; /* of a uint8_t; SIZE_MAX: none */
	const struct xn_field *field;
	size_t count;
};

extern const struct xn_noun_fields xn_noun[XN_NOUNS];

/* IFA_F_*: what somebody decided. The kernel's findings are not among them. */
uint32_t xn_addr_lasting_flags(uint32_t flags);

bool xn_same_field(const struct xn_field *field, const void *a, const void *b);
bool xn_same_key(enum xn_noun noun, const void *a, const void *b);
/* In all fields of that use. */
bool xn_same_use(enum xn_noun noun, enum xn_field_use use, const void *a,
		 const void *b);
/* Copies one field. */
void xn_copy_field(const struct xn_field *field, void *to, const void *from);

#endif
