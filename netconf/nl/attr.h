/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_ATTR_H
#define XN_NL_ATTR_H
/*
 * Attributes of a netlink message, read with bounds. For netconf/nl only.
 *
 * Sizes are judged strictly: an attribute that the kernel's own headers give
 * a width has that width or the message is refused (-EBADMSG). Types beyond
 * the table are those of a newer kernel and are passed over. Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

#include "netconf/base/mac.h"

/* Fills table[type] for types below `table_len`; the table was zeroed by the
 * caller. `payload` is aligned to 4. -EBADMSG when the bytes do not divide
 * into attributes. */
int xn_nl_attrs(const void *payload, size_t bytes, const struct nlattr **table,
		size_t table_len);
/* The same for the attributes inside `nest`; NULL: there are none. */
int xn_nl_nested(const struct nlattr *nest, const struct nlattr **table,
		 size_t table_len);

/* Steps through attributes of which several have one type: 1 with the next
 * one, 0 at the end, -EBADMSG. `*at` is aligned to 4. */
int xn_nl_attr_next(const void **at, size_t *left,
		    const struct nlattr **ret_attr);

/* Without the flag for nests. */
uint16_t xn_nl_type(const struct nlattr *attr);
const void *xn_nl_data(const struct nlattr *attr);
size_t xn_nl_bytes(const struct nlattr *attr);
/* Any byte of the payload is not zero. */
bool xn_nl_nonzero(const struct nlattr *attr);

/* Single values: attr NULL leaves *value as it is and returns 0. */
int xn_nl_read_u8(const struct nlattr *attr, uint8_t *value);
int xn_nl_read_u16(const struct nlattr *attr, uint16_t *value);
int xn_nl_read_u32(const struct nlattr *attr, uint32_t *value);
int xn_nl_read_u64(const struct nlattr *attr, uint64_t *value);
/* An interface index: 0 or positive. */
int xn_nl_read_ifindex(const struct nlattr *attr, int *value);
int xn_nl_read_mac(const struct nlattr *attr, struct xn_mac *value);
/* Exactly `bytes`. */
int xn_nl_read_bytes(const struct nlattr *attr, void *value, size_t bytes);
/* A string with or without its terminating zero; too long is -EBADMSG. */
int xn_nl_read_text(const struct nlattr *attr, char *text, size_t text_bytes);

/* A set of attributes that land in the members of one struct. */
enum xn_nl_kind {
	XN_NL_BOOL, /* u8 on the wire, bool in the struct */
	XN_NL_U8,
	XN_NL_U16,
	XN_NL_U16_BE, /* network order on the wire */
	XN_NL_U32,
	XN_NL_U32_FIRST, /* the first word of a longer attribute */
	XN_NL_U64,
	XN_NL_IFINDEX, /* u32 on the wire, int in the struct */
	XN_NL_MAC,
	XN_NL_BYTES8, /* eight bytes as they come */
	XN_NL_KNOWN,  /* read by nobody; only not unknown */
};

struct xn_nl_field {
	uint16_t attr;
	uint8_t kind; /* enum xn_nl_kind */
	bool settable;
	size_t offset; /* of the member */
};

struct xn_nl_fields {
	const struct xn_nl_field *field;
	size_t count;
};

/* Reads all attributes in `nest` into `object`. *ret_unknown: the lowest type
 * that no field names and that is not all zero; 0: none. */
int xn_nl_read_fields(const struct nlattr *nest,
		      const struct xn_nl_fields *fields, void *object,
		      uint16_t *ret_unknown);

#endif
