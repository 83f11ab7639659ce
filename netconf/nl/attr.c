/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink attributes, read with bounds. Pure; trusts only the byte count
 * that it is given. */
#include "netconf/nl/attr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>

/* Room for every attribute of a bridge or port, with those to come. */
#define FIELD_TYPES_MAX 128

/* NLA_TYPE_MASK, NLA_ALIGN and NLA_HDRLEN without their signs. */
#define ATTR_TYPE_MASK 0x3fffU
#define ATTR_ALIGN(bytes) (((bytes) + 3U) & ~(size_t)3U)
#define ATTR_HEADER_BYTES sizeof(struct nlattr)

uint16_t xn_nl_type(const struct nlattr *attr)
{
	return attr->nla_type & ATTR_TYPE_MASK;
}

int xn_nl_attr_next(const void **at, size_t *left,
		    const struct nlattr **ret_attr)
{
	const struct nlattr *attr = *at;
	size_t step;

	if (*left == 0)
		return 0;
	if (*left < sizeof(*attr) || attr->nla_len < sizeof(*attr) ||
	    attr->nla_len > *left)
		return -EBADMSG;
	step = ATTR_ALIGN((size_t)attr->nla_len);
	if (step > *left)
		step = *left;
	*at = (const uint8_t *)*at + step;
	*left -= step;
	*ret_attr = attr;
	return 1;
}

int xn_nl_attrs(const void *payload, size_t bytes, const struct nlattr **table,
		size_t table_len)
{
	const struct nlattr *attr;
	int rc;

	while ((rc = xn_nl_attr_next(&payload, &bytes, &attr)) > 0) {
		uint16_t type = xn_nl_type(attr);

		if (type < table_len)
			table[type] = attr;
	}
	return rc;
}

int xn_nl_nested(const struct nlattr *nest, const struct nlattr **table,
		 size_t table_len)
{
	if (!nest)
		return 0;
	return xn_nl_attrs(xn_nl_data(nest), xn_nl_bytes(nest), table,
			   table_len);
}

const void *xn_nl_data(const struct nlattr *attr)
{
	return (const uint8_t *)attr + ATTR_HEADER_BYTES;
}

/* xn_nl_attrs() has seen that nla_len holds at least the header. */
size_t xn_nl_bytes(const struct nlattr *attr)
{
	return attr->nla_len - ATTR_HEADER_BYTES;
}

bool xn_nl_nonzero(const struct nlattr *attr)
{
	const uint8_t *byte = xn_nl_data(attr);

	for (size_t i = 0; i < xn_nl_bytes(attr); i++) {
		if (byte[i] != 0)
			return true;
	}
	return false;
}

int xn_nl_read_bytes(const struct nlattr *attr, void *value, size_t bytes)
{
	if (!attr)
		return 0;
	if (xn_nl_bytes(attr) != bytes)
		return -EBADMSG;
	memcpy(value, xn_nl_data(attr), bytes);
	return 0;
}

int xn_nl_read_u8(const struct nlattr *attr, uint8_t *value)
{
	return xn_nl_read_bytes(attr, value, sizeof(*value));
}

int xn_nl_read_u16(const struct nlattr *attr, uint16_t *value)
{
	return xn_nl_read_bytes(attr, value, sizeof(*value));
}

int xn_nl_read_u32(const struct nlattr *attr, uint32_t *value)
{
	return xn_nl_read_bytes(attr, value, sizeof(*value));
}

int xn_nl_read_u64(const struct nlattr *attr, uint64_t *value)
{
	return xn_nl_read_bytes(attr, value, sizeof(*value));
}

int xn_nl_read_ifindex(const struct nlattr *attr, int *value)
{
	uint32_t number = 0;

	if (!attr)
		return 0;
	if (xn_nl_read_u32(attr, &number) < 0 || number > INT_MAX)
		return -EBADMSG;
	*value = (int)number;
	return 0;
}

int xn_nl_read_mac(const struct nlattr *attr, struct xn_mac *value)
{
	return xn_nl_read_bytes(attr, value->octet, XN_MAC_BYTES);
}

int xn_nl_read_text(const struct nlattr *attr, char *text, size_t text_bytes)
{
	size_t length;

	if (!attr)
		return 0;
	length = strnlen(xn_nl_data(attr), xn_nl_bytes(attr));
	if (length >= text_bytes)
		return -EBADMSG;
	memcpy(text, xn_nl_data(attr), length);
	text[length] = '\0';
	return 0;
}

static int read_bool(const struct nlattr *attr, bool *value)
{
	uint8_t byte = 0;
	int rc = xn_nl_read_u8(attr, &byte);

	if (rc == 0)
		*value = byte != 0;
	return rc;
}

static int read_u16_be(const struct nlattr *attr, uint16_t *value)
{
	int rc = xn_nl_read_u16(attr, value);

	if (rc == 0)
		*value = ntohs(*value);
	return rc;
}

static int read_u32_first(const struct nlattr *attr, uint32_t *value)
{
	if (xn_nl_bytes(attr) < sizeof(*value))
		return -EBADMSG;
	memcpy(value, xn_nl_data(attr), sizeof(*value));
	return 0;
}

static int read_field(const struct nlattr *attr,
		      const struct xn_nl_field *field, void *object)
{
	void *member = (uint8_t *)object + field->offset;

	switch ((enum xn_nl_kind)field->kind) {
	case XN_NL_BOOL:
		return read_bool(attr, member);
	case XN_NL_U8:
		return xn_nl_read_u8(attr, member);
	case XN_NL_U16:
		return xn_nl_read_u16(attr, member);
	case XN_NL_U16_BE:
		return read_u16_be(attr, member);
	case XN_NL_U32:
		return xn_nl_read_u32(attr, member);
	case XN_NL_U32_FIRST:
		return read_u32_first(attr, member);
	case XN_NL_U64:
		return xn_nl_read_u64(attr, member);
	case XN_NL_IFINDEX:
		return xn_nl_read_ifindex(attr, member);
	case XN_NL_MAC:
		return xn_nl_read_mac(attr, member);
	case XN_NL_BYTES8:
		return xn_nl_read_bytes(attr, member, 8);
	case XN_NL_KNOWN:
		return 0;
	}
	return 0;
}

int xn_nl_read_fields(const struct nlattr *nest,
		      const struct xn_nl_fields *fields, void *object,
		      uint16_t *ret_unknown)
{
	const struct nlattr *table[FIELD_TYPES_MAX] = {0};
	int rc = xn_nl_nested(nest, table, FIELD_TYPES_MAX);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < fields->count; i++) {
		const struct xn_nl_field *field = &fields->field[i];

		if (!table[field->attr])
			continue;
		rc = read_field(table[field->attr], field, object);
		if (rc < 0)
			return rc;
		table[field->attr] = NULL;
	}
	*ret_unknown = 0;
	for (uint16_t type = FIELD_TYPES_MAX - 1; type > 0; type--) {
		if (table[type] && xn_nl_nonzero(table[type]))
			*ret_unknown = type;
	}
	return 0;
}
