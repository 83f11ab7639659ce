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

#include "netconf/nl/answer.h"

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

/* The messages of one datagram, put one after the other. */
struct datagram {
	_Alignas(8) uint8_t bytes[512];
	size_t used;
};

static void put_message(struct datagram *datagram, uint16_t type,
			uint16_t flags, uint32_t sequence, int value)
{
	struct nlmsghdr header = {
		.nlmsg_len = NLMSG_HDRLEN + sizeof(value),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = sequence,
	};

	memcpy(datagram->bytes + datagram->used, &header, sizeof(header));
	memcpy(datagram->bytes + datagram->used + NLMSG_HDRLEN, &value,
	       sizeof(value));
	datagram->used += header.nlmsg_len;
}

/* Sums up the values; negative ones fail. */
static int add_up(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	int value;

	assert_int_equal(bytes, NLMSG_HDRLEN + sizeof(value));
	memcpy(&value, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(value));
	if (value < 0)
		return value;
	*(int *)arg += value;
	return 0;
}

static int sum;
static struct xn_err err;

static struct xn_nl_answers answers_to(uint32_t sequence)
{
	sum = 0;
	err = (struct xn_err){0};
	return (struct xn_nl_answers){.sequence = sequence,
				      .answer = add_up,
				      .arg = &sum,
				      .err = &err};
}

static void a_dump_ends_with_done(void **state)
{
	struct xn_nl_answers answers = answers_to(7);
	struct datagram first = {0};
	struct datagram last = {0};

	(void)state;
	put_message(&first, RTM_NEWLINK, NLM_F_MULTI, 7, 1);
	put_message(&first, RTM_NEWLINK, NLM_F_MULTI, 7, 20);
	assert_int_equal(xn_nl_judge(&answers, first.bytes, first.used), 0);
	assert_false(answers.finished);
	put_message(&last, RTM_NEWLINK, NLM_F_MULTI, 7, 300);
	put_message(&last, NLMSG_DONE, NLM_F_MULTI, 7, 0);
	assert_int_equal(xn_nl_judge(&answers, last.bytes, last.used), 0);
	assert_true(answers.finished);
	assert_false(answers.interrupted);
	assert_int_equal(answers.result, 0);
	assert_int_equal(sum, 321);
}

static void left_over_answers_do_not_count(void **state)
{
	struct xn_nl_answers answers = answers_to(7);
	struct datagram datagram = {0};

	(void)state;
	put_message(&datagram, RTM_NEWLINK, 0, 6, 1000);
	put_message(&datagram, NLMSG_ERROR, 0, 6, -EPERM);
	put_message(&datagram, RTM_NEWLINK, 0, 7, 1);
	put_message(&datagram, NLMSG_ERROR, 0, 7, 0);
	assert_int_equal(xn_nl_judge(&answers, datagram.bytes, datagram.used),
			 0);
	assert_true(answers.finished);
	assert_int_equal(answers.result, 0);
	assert_int_equal(sum, 1);
}

static void a_table_that_changed_is_noted(void **state)
{
	struct xn_nl_answers answers = answers_to(7);
	struct datagram datagram = {0};

	(void)state;
	put_message(&datagram, RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR, 7,
		    1);
	put_message(&datagram, NLMSG_DONE, NLM_F_MULTI, 7, 0);
	assert_int_equal(xn_nl_judge(&answers, datagram.bytes, datagram.used),
			 0);
	assert_true(answers.finished);
	assert_true(answers.interrupted);
	answers = answers_to(8);
	datagram.used = 0;
	put_message(&datagram, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, 8, 0);
	assert_int_equal(xn_nl_judge(&answers, datagram.bytes, datagram.used),
			 0);
	assert_true(answers.interrupted);
}

static void a_refusal_is_the_result(void **state)
{
	struct xn_nl_answers answers = answers_to(7);
	struct datagram datagram = {0};

	(void)state;
	put_message(&datagram, NLMSG_ERROR, 0, 7, -EEXIST);
	assert_int_equal(xn_nl_judge(&answers, datagram.bytes, datagram.used),
			 0);
	assert_true(answers.finished);
	assert_int_equal(answers.result, -EEXIST);
	assert_string_equal(err.text, "File exists");
	answers = answers_to(7);
	datagram.used = 0;
	put_message(&datagram, NLMSG_ERROR, 0, 7, -1000000);
	assert_int_equal(xn_nl_judge(&answers, datagram.bytes, datagram.used),
			 0);
	assert_int_equal(answers.result, -EBADMSG);
	assert_string_equal(err.text, "error code -1000000");
}

static void a_bad_object_fails_the_call_but_not_the_reading(void **state)
{
	struct xn_nl_answers answers = answers_to(7);
	struct datagram datagram = {0};

	(void)state;
	put_message(&datagram, RTM_NEWLINK, NLM_F_MULTI, 7, -ENOMEM);
	put_message(&datagram, RTM_NEWLINK, NLM_F_MULTI, 7, 5);
	assert_int_equal(xn_nl_judge(&answers, datagram.bytes, datagram.used),
			 0);
	assert_false(answers.finished);
	datagram.used = 0;
	put_message(&datagram, NLMSG_DONE, NLM_F_MULTI, 7, 0);
	assert_int_equal(xn_nl_judge(&answers, datagram.bytes, datagram.used),
			 0);
	assert_true(answers.finished);
	assert_int_equal(answers.result, -ENOMEM);
	assert_int_equal(sum, 0);
}

static void what_is_cut_is_refused(void **state)
{
	struct nlmsghdr bare = {.nlmsg_len = NLMSG_HDRLEN,
				.nlmsg_type = NLMSG_ERROR,
				.nlmsg_seq = 7};
	struct xn_nl_answers answers = answers_to(7);
	struct datagram datagram = {0};

	(void)state;
	put_message(&datagram, RTM_NEWLINK, 0, 7, 1);
	assert_int_equal(
		xn_nl_judge(&answers, datagram.bytes, datagram.used - 1),
		-EBADMSG);
	assert_false(answers.finished);
	assert_string_equal(err.text, "the kernel's answer does not add up");
	answers = answers_to(7);
	assert_int_equal(
		xn_nl_judge(&answers, (const uint8_t *)&bare, sizeof(bare)), 0);
	assert_true(answers.finished);
	assert_int_equal(answers.result, -EBADMSG);
}

static void control_messages_are_no_objects(void **state)
{
	struct xn_nl_answers answers = answers_to(7);
	struct datagram datagram = {0};

	(void)state;
	put_message(&datagram, NLMSG_NOOP, 0, 7, 1);
	put_message(&datagram, RTM_NEWLINK, 0, 7, 2);
	assert_int_equal(xn_nl_judge(&answers, datagram.bytes, datagram.used),
			 0);
	assert_int_equal(sum, 2);
	answers.answer = NULL;
	assert_int_equal(xn_nl_judge(&answers, datagram.bytes, datagram.used),
			 0);
	assert_int_equal(sum, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernels_words_are_found),
		cmocka_unit_test(cut_or_lying_acknowledgements_have_no_words),
		cmocka_unit_test(messages_of_a_datagram_are_stepped_through),
		cmocka_unit_test(lengths_beyond_the_datagram_are_refused),
		cmocka_unit_test(a_dump_ends_with_done),
		cmocka_unit_test(left_over_answers_do_not_count),
		cmocka_unit_test(a_table_that_changed_is_noted),
		cmocka_unit_test(a_refusal_is_the_result),
		cmocka_unit_test(
			a_bad_object_fails_the_call_but_not_the_reading),
		cmocka_unit_test(what_is_cut_is_refused),
		cmocka_unit_test(control_messages_are_no_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
