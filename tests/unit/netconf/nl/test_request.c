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
#include "netconf/nl/wire.h"

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

/* An acknowledgement in exactly as much memory as it has. */
static uint8_t *acknowledgement(uint16_t flags, size_t repeated_bytes,
				const char *words, size_t *ret_bytes)
{
	size_t attr_bytes = sizeof(struct nlattr) + strlen(words) + 1;
	size_t before = NLMSG_HDRLEN + sizeof(struct nlmsgerr) + repeated_bytes;
	struct nlmsghdr header = {.nlmsg_type = NLMSG_ERROR,
				  .nlmsg_flags = flags,
				  .nlmsg_len = (uint32_t)(before + attr_bytes)};
	struct nlmsgerr error = {.error = -EINVAL};
	struct nlattr attr = {.nla_len = (uint16_t)attr_bytes,
			      .nla_type = NLMSGERR_ATTR_MSG};
	uint8_t *message = calloc(1, before + attr_bytes);

	assert_non_null(message);
	error.msg.nlmsg_len =
		(uint32_t)(sizeof(struct nlmsghdr) + repeated_bytes);
	memcpy(message, &header, sizeof(header));
	memcpy(message + NLMSG_HDRLEN, &error, sizeof(error));
	memcpy(message + before, &attr, sizeof(attr));
	memcpy(message + before + sizeof(attr), words, strlen(words));
	*ret_bytes = before + attr_bytes;
	return message;
}

static void the_kernels_words_are_found(void **state)
{
	static const char words[] = "mtu greater than device maximum";
	char text[64];
	uint8_t *message;
	size_t bytes;

	(void)state;
	/* Cut to the header, with the request repeated, without any. */
	message = acknowledgement(NLM_F_ACK_TLVS | NLM_F_CAPPED, 0, words,
				  &bytes);
	xn_nl_extack((const void *)message, bytes, text, sizeof(text));
	assert_string_equal(text, words);
	free(message);
	message = acknowledgement(NLM_F_ACK_TLVS, 40, words, &bytes);
	xn_nl_extack((const void *)message, bytes, text, sizeof(text));
	assert_string_equal(text, words);
	free(message);
	message = acknowledgement(NLM_F_CAPPED, 0, words, &bytes);
	xn_nl_extack((const void *)message, bytes, text, sizeof(text));
	assert_string_equal(text, "");
	free(message);
}

static void cut_or_lying_acknowledgements_have_no_words(void **state)
{
	char text[16];
	uint8_t *message;
	size_t bytes;

	(void)state;
	message = acknowledgement(NLM_F_ACK_TLVS, 40, "words", &bytes);
	for (size_t cut = NLMSG_HDRLEN; cut < bytes; cut++) {
		uint8_t *copy = malloc(cut);

		assert_non_null(copy);
		memcpy(copy, message, cut);
		xn_nl_extack((const void *)copy, cut, text, sizeof(text));
		assert_string_equal(text, "");
		free(copy);
	}
	for (uint32_t lie = 0; lie < 300; lie++) {
		uint32_t length = lie < 200 ? lie : UINT32_MAX - (lie - 200);

		memcpy(message + NLMSG_HDRLEN +
			       offsetof(struct nlmsgerr, msg.nlmsg_len),
		       &length, sizeof(length));
		xn_nl_extack((const void *)message, bytes, text, sizeof(text));
	}
	free(message);
	message =
		acknowledgement(NLM_F_ACK_TLVS, 0, "sixteen letters!", &bytes);
	xn_nl_extack((const void *)message, bytes, text, sizeof(text));
	assert_string_equal(text, "");
	free(message);
}

static void messages_of_a_datagram_are_stepped_through(void **state)
{
	struct nlmsghdr good[2] = {{.nlmsg_len = 16, .nlmsg_type = 20},
				   {.nlmsg_len = 16, .nlmsg_type = 21}};
	const uint8_t *at = (const uint8_t *)good;
	const struct nlmsghdr *header;
	size_t left = sizeof(good);
	size_t bytes;

	(void)state;
	assert_int_equal(xn_nl_next(&at, &left, &header, &bytes), 1);
	assert_int_equal(header->nlmsg_type, 20);
	assert_int_equal(bytes, 16);
	assert_int_equal(xn_nl_next(&at, &left, &header, &bytes), 1);
	assert_int_equal(header->nlmsg_type, 21);
	assert_int_equal(xn_nl_next(&at, &left, &header, &bytes), 0);
}

static void lengths_beyond_the_datagram_are_refused(void **state)
{
	static const uint32_t bad[] = {0, 15, 17, 33, UINT32_MAX};
	const struct nlmsghdr *header;
	struct nlmsghdr message = {0};
	size_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const uint8_t *at = (const uint8_t *)&message;
		size_t left = sizeof(message);

		message.nlmsg_len = bad[i];
		assert_int_equal(xn_nl_next(&at, &left, &header, &bytes),
				 -EBADMSG);
	}
	for (size_t cut = 1; cut < sizeof(message); cut++) {
		const uint8_t *at = (const uint8_t *)&message;
		size_t left = cut;

		message.nlmsg_len = 16;
		assert_int_equal(xn_nl_next(&at, &left, &header, &bytes),
				 -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_what_was_put),
		cmocka_unit_test(too_much_marks_the_request),
		cmocka_unit_test(nests_that_do_not_fit_are_marked),
		cmocka_unit_test(settings_go_by_their_fields),
		cmocka_unit_test(the_kernels_words_are_found),
		cmocka_unit_test(cut_or_lying_acknowledgements_have_no_words),
		cmocka_unit_test(messages_of_a_datagram_are_stepped_through),
		cmocka_unit_test(lengths_beyond_the_datagram_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
