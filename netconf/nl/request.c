/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building requests in bounded memory, and reading what frames an answer. */
#include "netconf/nl/request.h"

#include <errno.h>
#include <string.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>

void *xn_nl_request_init(struct xn_nl_request *request, uint16_t type,
			 uint16_t flags, size_t extra_bytes)
{
	request->full = false;
	request->header = mnl_nlmsg_put_header(request->buffer);
	request->header->nlmsg_type = type;
	request->header->nlmsg_flags = flags | NLM_F_REQUEST;
	return mnl_nlmsg_put_extra_header(request->header, extra_bytes);
}

void xn_nl_request_netfilter(struct xn_nl_request *request, uint16_t subsystem,
			     uint16_t message, uint8_t family)
{
	struct nfgenmsg *info = xn_nl_request_init(
		request, (uint16_t)(subsystem << 8 | message), 0,
		sizeof(*info));

	info->nfgen_family = family;
	info->version = NFNETLINK_V0;
}

void xn_nl_put(struct xn_nl_request *request, uint16_t type, const void *data,
	       size_t bytes)
{
	if (!mnl_attr_put_check(request->header, XN_NL_REQUEST_BYTES, type,
				bytes, data))
		request->full = true;
}

void xn_nl_put_u8(struct xn_nl_request *request, uint16_t type, uint8_t value)
{
	xn_nl_put(request, type, &value, sizeof(value));
}

void xn_nl_put_u16(struct xn_nl_request *request, uint16_t type, uint16_t value)
{
	xn_nl_put(request, type, &value, sizeof(value));
}

void xn_nl_put_u32(struct xn_nl_request *request, uint16_t type, uint32_t value)
{
	xn_nl_put(request, type, &value, sizeof(value));
}

void xn_nl_put_text(struct xn_nl_request *request, uint16_t type,
		    const char *text)
{
	xn_nl_put(request, type, text, strlen(text) + 1);
}

struct nlattr *xn_nl_nest(struct xn_nl_request *request, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start_check(
		request->header, XN_NL_REQUEST_BYTES, type);

	if (!nest)
		request->full = true;
	return nest;
}

void xn_nl_nest_end(struct xn_nl_request *request, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(request->header, nest);
}

void *xn_nl_put_header(struct xn_nl_request *request, size_t bytes)
{
	size_t used = NLMSG_ALIGN(request->header->nlmsg_len);

	if (bytes > XN_NL_REQUEST_BYTES - used) {
		request->full = true;
		/* Somewhere harmless to write: the request is not sent. */
		used = NLMSG_HDRLEN;
		return request->buffer + used;
	}
	return mnl_nlmsg_put_extra_header(request->header, bytes);
}

static int put_setting(struct xn_nl_request *request,
		       const struct xn_nl_field *field, uint32_t value)
{
	switch ((enum xn_nl_kind)field->kind) {
	case XN_NL_BOOL:
		if (value > 1)
			return -ERANGE;
		xn_nl_put_u8(request, field->attr, (uint8_t)value);
		return 0;
	case XN_NL_U8:
		if (value > UINT8_MAX)
			return -ERANGE;
		xn_nl_put_u8(request, field->attr, (uint8_t)value);
		return 0;
	case XN_NL_U16:
		if (value > UINT16_MAX)
			return -ERANGE;
		xn_nl_put_u16(request, field->attr, (uint16_t)value);
		return 0;
	case XN_NL_U32:
		xn_nl_put_u32(request, field->attr, value);
		return 0;
	case XN_NL_U16_BE:
	case XN_NL_U32_FIRST:
	case XN_NL_U64:
	case XN_NL_IFINDEX:
	case XN_NL_MAC:
	case XN_NL_BYTES8:
	case XN_NL_KNOWN:
		return -EINVAL;
	}
	return -EINVAL;
}

static const struct xn_nl_field *
find_settable(const struct xn_nl_fields *fields, uint16_t attr)
{
	for (size_t i = 0; i < fields->count; i++) {
		if (fields->field[i].attr == attr && fields->field[i].settable)
			return &fields->field[i];
	}
	return NULL;
}

int xn_nl_put_settings(struct xn_nl_request *request,
		       const struct xn_nl_fields *fields,
		       const struct xn_nl_setting *settings, size_t count,
		       struct xn_err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct xn_nl_field *field =
			find_settable(fields, settings[i].attr);
		int rc;

		if (!field)
			return xn_fail(err, EINVAL,
				       "attribute %u cannot be set",
				       settings[i].attr);
		rc = put_setting(request, field, settings[i].value);
		if (rc < 0)
			return xn_fail(err, -rc, "attribute %u cannot be %u",
				       settings[i].attr, settings[i].value);
	}
	return 0;
}
