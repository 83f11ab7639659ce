/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal: read back as it was written, and refused when it was not. It
 * is cut at every length and changed at every byte; each time in an
 * allocation of its exact size. Where the checksum would do all the work, it
 * is made right again, so that the checks behind it are seen to hold.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/rtnetlink.h>

#include "netconf/apply/journal.h"
#include "netconf/base/fd.h"
#include "netconf/model/fields.h"

#define ROUNDS 6000

static struct xn_err err;
static char folder[64];
static char path[96];
static const struct xn_journal_place place = {
	.boot_id = "boot", .namespace_cookie = 77, .boottime_s = 1234};

static uint32_t next_random(uint32_t below)
{
	static uint32_t x = 2463534242U;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % below;
}

static void add_op(struct xn_plan *plan, enum xn_verb verb, enum xn_noun noun,
		   const void *object)
{
	struct xn_op op;

	memset(&op, 0, sizeof(op));
	op.verb = (uint8_t)verb;
	op.noun = (uint8_t)noun;
	op.cost = XN_COST_LIVE;
	op.step = XN_STEP_MOVE;
	op.field = 9; /* master */
	(void)strcpy(op.link, "eth0");
	if (verb != XN_ADD)
		memcpy(&op.before, object, xn_noun[noun].bytes);
	memcpy(&op.after, object, xn_noun[noun].bytes);
	assert_int_equal(xn_plan_add(plan, &op), 0);
}

/* One operation makes both. */
static void add_pair(struct xn_plan *plan)
{
	struct xn_model_link ends[2] = {
		{.ifindex = 7, .name = "veth0", .kind = "veth", .peer = 8},
		{.ifindex = 8, .name = "vif0.0", .kind = "veth", .peer = 7}};

	add_op(plan, XN_ADD, XN_LINK, &ends[0]);
	plan->op[plan->count - 1].before.link = ends[1];
}

/* Every noun and every kind of field. */
static struct xn_plan full_plan(void)
{
	struct xn_model_link link = {
		.ifindex = 2,
		.name = "eth0",
		.kind = "bridge",
		.mtu = 1500,
		.up = true,
		.accept_ra = -1,
		.ipv4 = {.count = 3, .value = {1, -1, INT32_MAX}},
		.bridge = {.count = 2, .setting = {{1, 2}, {5, 6}}}};
	struct xn_addr addr = {.ifindex = 2,
			       .family = AF_INET,
			       .prefix_length = 24,
			       .address = {192, 0, 2, 1},
			       .has_broadcast = true,
			       .broadcast = {192, 0, 2, 255},
			       .label = "eth0:1",
			       .flags = 0x80,
			       .valid_s = UINT32_MAX,
			       .preferred_s = 7};
	struct xn_route route = {
		.family = AF_INET6,
		.prefix_length = 64,
		.destination = {0xfd},
		.table = 4711,
		.expires_s = 9,
		.value = {[RTAX_MTU] = 1300},
		.hop_count = 2,
		.hop = {{.ifindex = 2,
			 .weight = 1,
			 .has_gateway = true,
			 .gateway = {0xfd, 1}},
			{.ifindex = 3, .weight = 256, .onlink = true}}};
	struct xn_rule rule = {.family = AF_INET,
			       .priority = 1000,
			       .in = "eth0",
			       .source_port = {1, 65535},
			       .l3mdev = true};
	struct xn_neigh neigh = {.ifindex = 2,
				 .family = AF_INET6,
				 .address = {0xfe, 0x80},
				 .mac = {{0, 22, 62, 1, 2, 3}}};
	struct xn_plan plan = {0};

	add_op(&plan, XN_ADD, XN_LINK, &link);
	add_op(&plan, XN_CHANGE, XN_LINK, &link);
	add_op(&plan, XN_DELETE, XN_ADDR, &addr);
	add_op(&plan, XN_ADD, XN_ROUTE, &route);
	add_op(&plan, XN_DELETE, XN_RULE, &rule);
	add_op(&plan, XN_CHANGE, XN_NEIGH, &neigh);
	add_pair(&plan);
	return plan;
}

static int make_folder(void **state)
{
	(void)state;
	err.set = false;
	(void)strcpy(folder, "/tmp/xn-journal-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/journal", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void write_journal(void)
{
	struct xn_plan plan = full_plan();
	struct xn_journal *journal;

	assert_int_equal(xn_journal_create(path, &plan, &place, &journal, &err),
			 0);
	assert_int_equal(xn_journal_begin(journal, XN_STEP_CREATE, &err), 0);
	assert_int_equal(xn_journal_begin(journal, XN_STEP_MOVE, &err), 0);
	xn_journal_close(journal);
	xn_plan_fini(&plan);
}

static char *read_journal(size_t *ret_bytes)
{
	char *text = malloc(1 << 16);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	assert_non_null(text);
	assert_true(fd >= 0);
	got = read(fd, text, 1 << 16);
	assert_true(got > 0 && got < 1 << 16);
	xn_close(&fd);
	*ret_bytes = (size_t)got;
	return text;
}

static int parse(const char *text, size_t bytes,
		 struct xn_journal_content *ret_content)
{
	char *exact = malloc(bytes ? bytes : 1);
	uint32_t crc;
	size_t good;
	int rc;

	assert_non_null(exact);
	memcpy(exact, text, bytes);
	err.set = false;
	rc = xn_journal_parse(exact, bytes, ret_content, &good, &crc, &err);
	free(exact);
	return rc;
}

static void it_is_read_as_it_was_written(void **state)
{
	struct xn_plan plan = full_plan();
	struct xn_journal_content content;
	struct xn_journal *journal;

	(void)state;
	write_journal();
	assert_int_equal(xn_journal_open(path, &journal, &content, &err), 0);
	assert_string_equal(content.place.boot_id, "boot");
	assert_int_equal(content.place.namespace_cookie, 77);
	assert_int_equal(content.place.boottime_s, 1234);
	assert_int_equal(content.steps_begun,
			 1U << XN_STEP_CREATE | 1U << XN_STEP_MOVE);
	assert_int_equal(content.plan.count, plan.count);
	for (size_t i = 0; i < plan.count; i++) {
		json_t *a = xn_op_to_json(&plan.op[i]);
		json_t *b = xn_op_to_json(&content.plan.op[i]);

		assert_true(json_equal(a, b));
		json_decref(a);
		json_decref(b);
	}
	xn_plan_fini(&content.plan);
	assert_int_equal(xn_journal_remove(journal, &err), 0);
	xn_journal_close(journal);
	assert_int_equal(access(path, F_OK), -1);
	xn_plan_fini(&plan);
}

/* Only the marks may be torn: then what was begun before them stands. */
static void a_cut_one_is_refused_or_has_fewer_marks(void **state)
{
	struct xn_journal_content content;
	unsigned int fewer = 0;
	size_t bytes;
	char *text;

	(void)state;
	write_journal();
	text = read_journal(&bytes);
	for (size_t length = 0; length < bytes; length++) {
		int rc = parse(text, length, &content);

		if (rc < 0) {
			assert_int_equal(rc, -EBADMSG);
			assert_int_equal(fewer, 0);
			continue;
		}
		assert_int_equal(content.plan.count, 7);
		assert_false(content.steps_begun & (1U << XN_STEP_MOVE));
		xn_plan_fini(&content.plan);
		fewer++;
	}
	assert_true(fewer > 0);
	assert_int_equal(parse(text, bytes, &content), 0);
	xn_plan_fini(&content.plan);
	free(text);
}

static void a_changed_byte_is_noticed(void **state)
{
	struct xn_journal_content content;
	size_t last_line;
	size_t bytes;
	char *text;

	(void)state;
	write_journal();
	text = read_journal(&bytes);
	for (last_line = bytes - 1; text[last_line - 1] != '\n';)
		last_line--;
	for (size_t at = 0; at < bytes; at++) {
		int rc;

		text[at] ^= 1;
		rc = parse(text, bytes, &content);
		text[at] ^= 1;
		/* A bad last line is a torn one: that step was not begun. */
		if (at < last_line)
			assert_int_equal(rc, -EBADMSG);
		if (rc == 0) {
			assert_false(content.steps_begun &
				     (1U << XN_STEP_MOVE));
			xn_plan_fini(&content.plan);
		}
	}
	free(text);
}

/* Sums that fit again behind each line. */
static void mend(char *text, size_t bytes)
{
	uint32_t crc = 0;
	char *end;

	for (char *at = text; at < text + bytes; at = end + 1) {
		char digits[16];

		end = memchr(at, '\n', bytes - (size_t)(at - text));
		if (!end || end - at < 9)
			return;
		crc = xn_journal_crc(crc, at + 9, (size_t)(end - at) - 9);
		(void)snprintf(digits, sizeof(digits), "%08" PRIx32, crc);
		memcpy(at, digits, 8);
	}
}

/* Whatever is in it, what comes out is an operation that could be. */
static void a_forged_one_does_no_harm(void **state)
{
	struct xn_journal_content content;
	unsigned int taken = 0;
	unsigned int refused = 0;
	size_t bytes;
	char *text;

	(void)state;
	write_journal();
	text = read_journal(&bytes);
	for (int round = 0; round < ROUNDS; round++) {
		char *forged = malloc(bytes);

		assert_non_null(forged);
		memcpy(forged, text, bytes);
		for (uint32_t n = 1 + next_random(2); n > 0; n--) {
			size_t at = next_random((uint32_t)bytes);

			if (forged[at] != '\n')
				forged[at] = (char)('0' + next_random(75));
		}
		mend(forged, bytes);
		if (parse(forged, bytes, &content) == 0) {
			for (size_t i = 0; i < content.plan.count; i++) {
				struct xn_model model = {0};
				char words[256];

				xn_op_words(&content.plan.op[i], words,
					    sizeof(words));
				(void)xn_op_undo(&content.plan.op[i], &model);
				xn_model_fini(&model);
			}
			xn_plan_fini(&content.plan);
			taken++;
		} else {
			refused++;
		}
		free(forged);
	}
	assert_true(taken > 0 && refused > 0);
	free(text);
}

static void what_others_can_write_is_not_believed(void **state)
{
	struct xn_journal_content content;
	struct xn_journal *journal;

	(void)state;
	assert_int_equal(xn_journal_open(path, &journal, &content, &err),
			 -ENOENT);
	write_journal();
	assert_int_equal(chmod(path, 0622), 0);
	err.set = false;
	assert_int_equal(xn_journal_open(path, &journal, &content, &err),
			 -EPERM);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(xn_journal_open(path, &journal, &content, &err), 0);
	xn_plan_fini(&content.plan);
	xn_journal_close(journal);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(xn_journal_open(path, &journal, &content, &err),
			 -ELOOP);
}

static void two_do_not_work_at_once(void **state)
{
	struct xn_plan plan = full_plan();
	struct xn_journal_content content;
	struct xn_journal *first;
	struct xn_journal *second;

	(void)state;
	assert_int_equal(xn_journal_create(path, &plan, &place, &first, &err),
			 0);
	assert_int_equal(xn_journal_create(path, &plan, &place, &second, &err),
			 -EEXIST);
	assert_int_equal(xn_journal_open(path, &second, &content, &err),
			 -EBUSY);
	xn_journal_close(first);
	assert_int_equal(xn_journal_open(path, &second, &content, &err), 0);
	xn_plan_fini(&content.plan);
	xn_journal_close(second);
	xn_plan_fini(&plan);
}

static void another_version_is_another_programs(void **state)
{
	struct xn_journal_content content;
	size_t bytes;
	char *text;
	char *version;

	(void)state;
	write_journal();
	text = read_journal(&bytes);
	version = strstr(text, "\"version\":1");
	assert_non_null(version);
	version[strlen("\"version\":")] = '2';
	mend(text, bytes);
	assert_int_equal(parse(text, bytes, &content), -EPROTONOSUPPORT);
	free(text);
}

#define JOURNAL(test) \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOURNAL(it_is_read_as_it_was_written),
		JOURNAL(a_cut_one_is_refused_or_has_fewer_marks),
		JOURNAL(a_changed_byte_is_noticed),
		JOURNAL(a_forged_one_does_no_harm),
		JOURNAL(what_others_can_write_is_not_believed),
		JOURNAL(two_do_not_work_at_once),
		JOURNAL(another_version_is_another_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
