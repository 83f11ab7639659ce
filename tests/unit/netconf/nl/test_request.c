/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/request.h"

static void a_request_is_what_was_put(void **state)
{
	static const uint8_t want[] = {
		6,  0, 7, 0,	0x34, 0x12, 0, 0, /* u16 */
		12, 0, 8, 0x80,			  /* nest */
		7,  0, 9, 0,	'h',  'i',  0, 0, /* text in it */
	};
	struct xn_nl_request request;
	struct ifinfomsg *info;
	struct nlattr *nest;
	const void *payload;
	size_t bytes;

	(void)state;
	info = xn_nl_request_init(&request, RTM_NEWLINK, NLM_F_CREATE,
				  sizeof(*info));
	assert_int_equal(info->ifi_index, 0);
	xn_nl_put_u16(&request, 7, 0x1234);
	nest = xn_nl_nest(&request, 8);
	xn_nl_put_text(&request, 9, "hi");
	xn_nl_nest_end(&request, nest);
	assert_false(request.full);
	assert_int_equal(request.header->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(request.header->nlmsg_flags,
			 NLM_F_REQUEST | NLM_F_CREATE);
	payload = xn_nl_payload(request.header, request.header->nlmsg_len,
				sizeof(*info), &bytes);
	assert_int_equal(bytes, sizeof(want));
	assert_memory_equal(payload, want, sizeof(want));
}

static void too_much_marks_the_request(void **state)
{
	static const uint8_t block[1000];
	struct xn_nl_request request;

	(void)state;
	(void)xn_nl_request_init(&request, RTM_NEWLINK, 0, 16);
	for (int i = 0; i < 4; i++)
		xn_nl_put(&request, 1, block, sizeof(block));
	assert_false(request.full);
	xn_nl_put(&request, 1, block, sizeof(block));
	assert_true(request.full);
	assert_true(request.header->nlmsg_len <= XN_NL_REQUEST_BYTES);
	(void)xn_nl_request_init(&request, RTM_NEWLINK, 0, 16);
	for (int i = 0; i < 4; i++)
		xn_nl_put(&request, 1, block, sizeof(block) - 4);
	xn_nl_put(&request, 1, block, 40);
	assert_false(request.full);
	/* Harmless, but remembered. */
	assert_non_null(xn_nl_put_header(&request, 64));
	assert_true(request.full);
}

static void nests_that_do_not_fit_are_marked(void **state)
{
	struct xn_nl_request request;
	struct nlattr *nest = NULL;

	(void)state;
	(void)xn_nl_request_init(&request, RTM_NEWLINK, 0, 16);
	for (int i = 0; i < XN_NL_REQUEST_BYTES && !request.full; i++)
		nest = xn_nl_nest(&request, 1);
	assert_true(request.full);
	assert_null(nest);
	xn_nl_nest_end(&request, nest);
}

static const struct xn_nl_field field[] = {
	{1, XN_NL_BOOL, true, 0},   {2, XN_NL_U8, true, 0},
	{3, XN_NL_U16, true, 0},    {4, XN_NL_U32, true, 0},
	{5, XN_NL_U32, false, 0},   {6, XN_NL_KNOWN, true, 0},
	{7, XN_NL_U16_BE, true, 0},
};
static const struct xn_nl_fields fields = {field, 7};

static int put(uint16_t attr, uint32_t value, struct xn_err *err,
	       uint32_t *ret_bytes)
{
	struct xn_nl_setting setting = {attr, value};
	struct xn_nl_request request;
	int rc;

	(void)xn_nl_request_init(&request, RTM_NEWLINK, 0, 0);
	*err = (struct xn_err){0};
	rc = xn_nl_put_settings(&request, &fields, &setting, 1, err);
	*ret_bytes = request.header->nlmsg_len - NLMSG_HDRLEN;
	return rc;
}

static void settings_go_by_their_fields(void **state)
{
	struct xn_err err;
	uint32_t bytes;

	(void)state;
	assert_int_equal(put(1, 1, &err, &bytes), 0);
	assert_int_equal(put(2, 255, &err, &bytes), 0);
	assert_int_equal(put(3, 65535, &err, &bytes), 0);
	assert_int_equal(put(4, UINT32_MAX, &err, &bytes), 0);
	assert_int_equal(bytes, 8);
	assert_int_equal(put(1, 2, &err, &bytes), -ERANGE);
	assert_int_equal(put(2, 256, &err, &bytes), -ERANGE);
	assert_int_equal(put(3, 65536, &err, &bytes), -ERANGE);
	assert_string_equal(err.text, "attribute 3 cannot be 65536");
	assert_int_equal(bytes, 0);
	for (uint16_t attr = 5; attr <= 8; attr++)
		assert_int_equal(put(attr, 0, &err, &bytes), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_what_was_put),
		cmocka_unit_test(too_much_marks_the_request),
		cmocka_unit_test(nests_that_do_not_fit_are_marked),
		cmocka_unit_test(settings_go_by_their_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
