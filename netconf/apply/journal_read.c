/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's text to a plan. Pure; trusts nothing in it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/apply/journal.h"
#include "netconf/base/text.h"

#define CRC_DIGITS 8
/* No mark's line is longer, and no two together are as short. */
#define MARK_BYTES_MAX 40U
#define CRC_POLYNOMIAL 0xedb88320U

struct reader {
	char *at;
	size_t left;
	uint32_t crc;
	struct xn_err *err;
};

uint32_t xn_journal_crc(uint32_t crc, const char *text, size_t bytes)
{
	crc = ~crc;
	for (size_t i = 0; i < bytes; i++) {
		crc ^= (uint8_t)text[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
	}
	return ~crc;
}

static bool crc_is(const char *digits, uint32_t crc)
{
	char expected[CRC_DIGITS + 1];

	(void)snprintf(expected, sizeof(expected), "%08" PRIx32, crc);
	return memcmp(digits, expected, CRC_DIGITS) == 0;
}

/* 1: *ret_json is the next line's; 0: the text ends here, or a torn line
 * does; -EBADMSG: a bad line, and more behind it. */
static int next_line(struct reader *reader, json_t **ret_json)
{
	char *end = memchr(reader->at, '\n', reader->left);
	size_t length;
	uint32_t crc;
	json_t *json;
	bool is_last;

	if (!end)
		return reader->left <= MARK_BYTES_MAX ? 0 : -EBADMSG;
	length = (size_t)(end - reader->at);
	is_last = length + 1 == reader->left && length < MARK_BYTES_MAX;
	if (length <= CRC_DIGITS + 1)
		return is_last ? 0 : -EBADMSG;
	crc = xn_journal_crc(reader->crc, reader->at + CRC_DIGITS + 1,
			     length - CRC_DIGITS - 1);
	if (reader->at[CRC_DIGITS] != ' ' || !crc_is(reader->at, crc))
		return is_last ? 0 : -EBADMSG;
	json = json_loadb(reader->at + CRC_DIGITS + 1, length - CRC_DIGITS - 1,
			  JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		return -EBADMSG;
	reader->at += length + 1;
	reader->left -= length + 1;
	reader->crc = crc;
	*ret_json = json;
	return 1;
}

static int read_u64(const json_t *json, const char *key, uint64_t max,
		    uint64_t *ret_value)
{
	return xn_parse_u64(json_string_value(json_object_get(json, key)), 0,
			    max, ret_value);
}

static int read_header(struct reader *reader,
		       struct xn_journal_content *content, uint64_t *ret_count)
{
	json_t *json = NULL;
	const char *boot;
	int rc = next_line(reader, &json);

	if (rc <= 0)
		return xn_fail(reader->err, EBADMSG, "journal: no header");
	boot = json_string_value(json_object_get(json, "boot"));
	if (json_integer_value(json_object_get(json, "version")) !=
	    XN_JOURNAL_VERSION)
		rc = xn_fail(reader->err, EPROTONOSUPPORT,
			     "journal: of another version");
	else if (!boot ||
		 xn_text_copy(content->place.boot_id,
			      sizeof(content->place.boot_id), boot) < 0 ||
		 read_u64(json, "namespace", UINT64_MAX,
			  &content->place.namespace_cookie) < 0 ||
		 read_u64(json, "boottime_s", INT64_MAX,
			  &content->place.boottime_s) < 0 ||
		 read_u64(json, "operations", XN_PLAN_OPS_MAX, ret_count) < 0)
		rc = xn_fail(reader->err, EBADMSG, "journal: bad header");
	else
		rc = 0;
	json_decref(json);
	return rc;
}

static int read_ops(struct reader *reader, uint64_t count, struct xn_plan *plan)
{
	for (uint64_t i = 0; i < count; i++) {
		json_t *json = NULL;
		struct xn_op op;
		int rc = next_line(reader, &json);

		if (rc <= 0)
			return xn_fail(reader->err, EBADMSG,
				       "journal: operation %" PRIu64
				       " is missing or damaged",
				       i);
		rc = xn_op_from_json(json, &op, reader->err);
		json_decref(json);
		if (rc == 0)
			rc = xn_plan_add(plan, &op);
		if (rc < 0)
			return xn_fail(reader->err,
				       rc == -EINVAL ? EBADMSG : -rc,
				       "journal: %s", strerror(-rc));
	}
	return 0;
}

static int read_marks(struct reader *reader, uint32_t *steps_begun)
{
	json_t *json = NULL;
	int rc;

	while ((rc = next_line(reader, &json)) > 0) {
		const char *word =
			json_string_value(json_object_get(json, "begun"));
		int step = XN_STEPS;

		for (int i = 0; word && i < XN_STEPS; i++) {
			if (strcmp(word, xn_step_word((enum xn_step)i)) == 0)
				step = i;
		}
		json_decref(json);
		if (step == XN_STEPS)
			return xn_fail(reader->err, EBADMSG,
				       "journal: an unknown mark");
		*steps_begun |= 1U << step;
	}
	if (rc < 0)
		return xn_fail(reader->err, EBADMSG, "journal: a damaged mark");
	return 0;
}

int xn_journal_parse(char *text, size_t bytes,
		     struct xn_journal_content *ret_content, size_t *ret_good,
		     uint32_t *ret_crc, struct xn_err *err)
{
	struct reader reader = {.at = text, .left = bytes, .err = err};
	struct xn_journal_content content = {0};
	uint64_t count = 0;
	int rc = read_header(&reader, &content, &count);

	if (rc == 0)
		rc = read_ops(&reader, count, &content.plan);
	if (rc == 0)
		rc = read_marks(&reader, &content.steps_begun);
	if (rc < 0) {
		xn_plan_fini(&content.plan);
		/* A bad operation is -EINVAL where it was found. */
		return rc == -EINVAL ? -EBADMSG : rc;
	}
	*ret_good = bytes - reader.left;
	*ret_crc = reader.crc;
	*ret_content = content;
	return 0;
}
