/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grant copies from domain 0's view, against guests whose kernels write
 * whatever they like into their tables. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xengnttab.h>

#include "lab.h"

#define SENDER 3u
#define RECEIVER 5u
#define UNTOUCHED 77

typedef xengnttab_grant_copy_segment_t segment;

struct pair {
	struct guest sender;
	struct guest receiver;
	xengnttab_handle *tab;
	uint32_t from;
	uint32_t to;
};

static struct pair the_pair;

static int set_up(void **state)
{
	struct pair *p = &the_pair;

	p->sender = guest_start(SENDER);
	p->receiver = guest_start(RECEIVER);
	p->tab = xengnttab_open(NULL, 0);
	assert_non_null(p->tab);
	assert_int_equal(guest_do(&p->sender, GUEST_SHARE, 0, 1), 0);
	assert_int_equal(guest_do(&p->receiver, GUEST_SHARE, 0, 1), 0);
	p->from = (uint32_t)guest_do(&p->sender, GUEST_REF, 1, 0);
	p->to = (uint32_t)guest_do(&p->receiver, GUEST_REF, 2, 0);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct pair *p = *state;

	guest_quit(&p->sender);
	guest_quit(&p->receiver);
	xengnttab_close(p->tab);
	lab_assert_dump("domain 0: processes 1\n");
	return 0;
}

static segment from_sender(const struct pair *p, void *to, uint16_t len)
{
	segment seg = {
		.flags = GNTCOPY_source_gref, .len = len, .status = UNTOUCHED};

	seg.source.foreign.domid = SENDER;
	seg.source.foreign.ref = p->from;
	seg.dest.virt = to;
	return seg;
}

static segment to_receiver(const struct pair *p, void *from, uint16_t len)
{
	segment seg = {
		.flags = GNTCOPY_dest_gref, .len = len, .status = UNTOUCHED};

	seg.dest.foreign.domid = RECEIVER;
	seg.dest.foreign.ref = p->to;
	seg.source.virt = from;
	return seg;
}

static segment across(const struct pair *p, uint16_t len)
{
	segment seg = {.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
		       .len = len,
		       .status = UNTOUCHED};

	seg.source.foreign.domid = SENDER;
	seg.source.foreign.ref = p->from;
	seg.dest.foreign.domid = RECEIVER;
	seg.dest.foreign.ref = p->to;
	return seg;
}

static int status_of(const struct pair *p, segment seg)
{
	assert_int_equal(xengnttab_grant_copy(p->tab, 1, &seg), 0);
	return seg.status;
}

static void copies_between_two_foreign_domains(void **state)
{
	struct pair *p = *state;
	segment seg = across(p, 4096);

	guest_do(&p->sender, GUEST_POKE, 4096 + 17, 42);
	guest_do(&p->sender, GUEST_POKE, 8191, 43);
	assert_int_equal(status_of(p, seg), 0);
	assert_int_equal(guest_do(&p->receiver, GUEST_PEEK, 8192 + 17, 0), 42);
	assert_int_equal(guest_do(&p->receiver, GUEST_PEEK, 12287, 0), 43);
	seg.source.foreign.offset = 17;
	seg.dest.foreign.offset = 100;
	seg.len = 1;
	assert_int_equal(status_of(p, seg), 0);
	assert_int_equal(guest_do(&p->receiver, GUEST_PEEK, 8192 + 100, 0), 42);
}

static void copies_to_and_from_private_memory(void **state)
{
	struct pair *p = *state;
	uint8_t local[256] = {0};

	guest_do(&p->sender, GUEST_POKE, 4096, 7);
	assert_int_equal(status_of(p, from_sender(p, local, 256)), 0);
	assert_int_equal(local[0], 7);
	local[3] = 9;
	assert_int_equal(status_of(p, to_receiver(p, local, 256)), 0);
	assert_int_equal(guest_do(&p->receiver, GUEST_PEEK, 8192 + 3, 0), 9);
}

static void a_copy_leaves_no_mark_in_the_entry(void **state)
{
	struct pair *p = *state;

	assert_int_equal(status_of(p, across(p, 64)), 0);
	assert_int_equal(guest_do(&p->sender, GUEST_FLAGS, p->from, 0),
			 GTF_permit_access);
	assert_int_equal(guest_do(&p->receiver, GUEST_FLAGS, p->to, 0),
			 GTF_permit_access);
}

static void refuses_what_the_flags_refuse(void **state)
{
	static const struct {
		uint16_t flags;
		int read;
		int write;
	} cases[] = {
		{GTF_permit_access, 0, 0},
		{GTF_invalid, -1, -1},
		{GTF_accept_transfer, -1, -1},
		{GTF_transitive, -1, -1},
		{GTF_permit_access | GTF_readonly, 0, -1},
		{GTF_permit_access | GTF_reading | GTF_writing, 0, 0},
		/* of no meaning in a v1 table but to a map */
		{GTF_permit_access | GTF_sub_page, 0, 0},
	};
	struct pair *p = *state;
	uint8_t local[64] = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		guest_do(&p->sender, GUEST_SET_FLAGS, p->from, cases[i].flags);
		guest_do(&p->receiver, GUEST_SET_FLAGS, p->to, cases[i].flags);
		assert_int_equal(status_of(p, from_sender(p, local, 64)),
				 cases[i].read);
		assert_int_equal(status_of(p, to_receiver(p, local, 64)),
				 cases[i].write);
	}
}

static void refuses_frames_that_the_domain_does_not_have(void **state)
{
	struct pair *p = *state;
	uint8_t local[64];

	guest_do(&p->sender, GUEST_SET_FRAME, p->from, 64 * 256 - 1);
	assert_int_equal(status_of(p, from_sender(p, local, 64)), 0);
	guest_do(&p->sender, GUEST_SET_FRAME, p->from, 64 * 256);
	assert_int_equal(status_of(p, from_sender(p, local, 64)), -9);
	guest_do(&p->sender, GUEST_SET_FRAME, p->from, UINT32_MAX);
	assert_int_equal(status_of(p, from_sender(p, local, 64)), -9);
}

static void refuses_references_beyond_the_table(void **state)
{
	struct pair *p = *state;
	uint8_t local[64];
	segment seg = from_sender(p, local, 64);

	seg.source.foreign.ref = 64 * 512 - 1;
	assert_int_equal(status_of(p, seg), -1);
	seg.source.foreign.ref = 64 * 512;
	assert_int_equal(status_of(p, seg), -3);
	seg.source.foreign.ref = UINT32_MAX;
	assert_int_equal(status_of(p, seg), -3);
}

static void refuses_grants_to_another_domain(void **state)
{
	struct pair *p = *state;
	uint8_t local[64];
	segment seg = from_sender(p, local, 64);

	assert_int_equal(guest_do(&p->sender, GUEST_SHARE, RECEIVER, 1), 0);
	seg.source.foreign.ref =
		(uint32_t)guest_do(&p->sender, GUEST_REF, 0, 0);
	assert_int_equal(status_of(p, seg), -1);
}

static void a_failing_source_leaves_the_destination_alone(void **state)
{
	struct pair *p = *state;

	guest_do(&p->receiver, GUEST_POKE, 8192, 5);
	guest_do(&p->sender, GUEST_POKE, 4096, 6);
	guest_do(&p->sender, GUEST_SET_FLAGS, p->from, 0);
	assert_int_equal(status_of(p, across(p, 64)), -1);
	assert_int_equal(guest_do(&p->receiver, GUEST_PEEK, 8192, 0), 5);
}

static void a_page_crossing_refuses_its_group_of_sixteen(void **state)
{
	struct pair *p = *state;
	uint8_t local[20][16];
	segment segs[20];

	memset(local, 0, sizeof(local));
	guest_do(&p->sender, GUEST_POKE, 4096, 1);
	for (unsigned int i = 0; i < 20; i++)
		segs[i] = from_sender(p, local[i], 16);
	segs[18].source.foreign.offset = 4081;
	errno = 0;
	assert_int_equal(xengnttab_grant_copy(p->tab, 20, segs), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(local[15][0], 1); /* an earlier group went through */
	assert_int_equal(local[16][0], 0); /* of this one nothing did, */
	assert_int_equal(segs[16].status, 0); /* whatever its status says */
	assert_int_equal(segs[18].status, UNTOUCHED);
	assert_int_equal(segs[19].status, UNTOUCHED);
	segs[18].source.foreign.offset = 4080;
	assert_int_equal(xengnttab_grant_copy(p->tab, 20, segs), 0);
	assert_int_equal(local[19][0], 1);
}

static void a_dead_domain_is_a_bad_domain(void **state)
{
	struct pair *p = *state;
	uint8_t local[64];

	guest_do(&p->sender, GUEST_POKE, 4096, 11);
	assert_int_equal(status_of(p, from_sender(p, local, 64)), 0);
	guest_kill(&p->sender);
	assert_int_equal(status_of(p, from_sender(p, local, 64)), -2);

	/* another one of that number: its own memory, not the dead one's */
	p->sender = guest_start(SENDER);
	assert_int_equal(status_of(p, from_sender(p, local, 64)), -1);
	assert_int_equal(guest_do(&p->sender, GUEST_SHARE, 0, 1), 0);
	assert_int_equal(guest_do(&p->sender, GUEST_REF, 1, 0), p->from);
	assert_int_equal(status_of(p, from_sender(p, local, 64)), 0);
	assert_int_equal(local[0], 0);
}

static void unsharing_revokes_and_clears(void **state)
{
	struct pair *p = *state;
	uint8_t local[64];

	guest_do(&p->sender, GUEST_POKE, 4096, 11);
	assert_int_equal(guest_do(&p->sender, GUEST_UNSHARE, 0, 0), 0);
	assert_int_equal(status_of(p, from_sender(p, local, 64)), -1);
	assert_int_equal(guest_do(&p->sender, GUEST_SHARE, 0, 1), 0);
	assert_int_equal(guest_do(&p->sender, GUEST_REF, 1, 0), p->from);
	assert_int_equal(status_of(p, from_sender(p, local, 64)), 0);
	assert_int_equal(local[0], 0);
}

/* ---- plain segments and others in one group ---- */

static void each_segment_of_a_mixed_group_has_its_own_status(void **state)
{
	struct pair *p = *state;
	uint8_t local[9][64];
	segment segs[9];

	memset(local, 0, sizeof(local));
	guest_do(&p->sender, GUEST_POKE, 4096, 3);
	for (unsigned int i = 0; i < 9; i++)
		segs[i] = from_sender(p, local[i], 64);
	segs[1].source.foreign.ref = 64 * 512;
	segs[2].source.foreign.domid = 999;
	segs[3].source.foreign.ref = p->from + 5000; /* not granted */
	segs[4].len = 0;
	segs[4].source.foreign.ref = UINT32_MAX;
	segs[6].source.foreign.domid = DOMID_IO; /* a reserved one */
	segs[7] = across(p, 64);
	assert_int_equal(xengnttab_grant_copy(p->tab, 9, segs), 0);
	assert_int_equal(segs[0].status, 0);
	assert_int_equal(segs[1].status, -3);
	assert_int_equal(segs[2].status, -2);
	assert_int_equal(segs[3].status, -1);
	assert_int_equal(segs[4].status, 0);
	assert_int_equal(segs[5].status, 0);
	assert_int_equal(segs[6].status, -2);
	assert_int_equal(segs[7].status, 0);
	assert_int_equal(segs[8].status, 0);
	for (unsigned int i = 0; i < 9; i++)
		assert_int_equal(local[i][0],
				 i == 0 || i == 5 || i == 8 ? 3 : 0);
	assert_int_equal(guest_do(&p->receiver, GUEST_PEEK, 8192, 0), 3);
}

/* The copies are made in the order of the segments, also around one that is
 * looked at by itself: what one writes, the next one reads. */
static void later_segments_see_what_earlier_ones_wrote(void **state)
{
	struct pair *p = *state;
	uint8_t first = 21, last = 0;
	segment segs[5];

	segs[0] = to_receiver(p, &first, 1);
	segs[1] = across(p, 1);
	segs[1].source = segs[0].dest;
	segs[1].dest.foreign.offset = 1;
	segs[2] = from_sender(p, &last, 1);
	segs[2].source.foreign.domid = 999;
	segs[3] = segs[1];
	segs[3].source.foreign.offset = 1;
	segs[3].dest.foreign.offset = 2;
	segs[4] = from_sender(p, &last, 1);
	segs[4].source = segs[3].dest;
	assert_int_equal(guest_do(&p->receiver, GUEST_POKE, 8192, 0), 0);
	assert_int_equal(xengnttab_grant_copy(p->tab, 5, segs), 0);
	assert_int_equal(segs[2].status, -2);
	assert_int_equal(last, 21);
}

static void a_page_crossing_behind_an_odd_segment_refuses_all(void **state)
{
	struct pair *p = *state;
	uint8_t local[4][16];
	segment segs[4];

	memset(local, 0, sizeof(local));
	guest_do(&p->sender, GUEST_POKE, 4096, 1);
	for (unsigned int i = 0; i < 4; i++)
		segs[i] = from_sender(p, local[i], 16);
	segs[1].source.foreign.domid = 999;
	segs[3].flags = 0; /* no grant at all */
	assert_int_equal(xengnttab_grant_copy(p->tab, 4, segs), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(local[0][0], 0);
	assert_int_equal(segs[0].status, 0);
	assert_int_equal(segs[1].status, 0);
	assert_int_equal(segs[2].status, 0);
	assert_int_equal(segs[3].status, UNTOUCHED);
}

/* The second one is the first to name its domain: its view is fetched in the
 * middle of the group, and the addresses found before must not be used after
 * that. */
static void a_domain_that_is_met_in_the_middle_of_a_group(void **state)
{
	struct pair *p = *state;
	uint8_t local[4][64];
	segment segs[4];

	memset(local, 0, sizeof(local));
	guest_do(&p->sender, GUEST_POKE, 4096, 5);
	assert_int_equal(status_of(p, from_sender(p, local[0], 64)), 0);
	/* Another domain of that number: the old view must go. */
	guest_kill(&p->receiver);
	p->receiver = guest_start(RECEIVER);
	assert_int_equal(guest_do(&p->receiver, GUEST_SHARE, 0, 1), 0);
	p->to = (uint32_t)guest_do(&p->receiver, GUEST_REF, 2, 0);
	memset(local, 0, sizeof(local));
	segs[0] = from_sender(p, local[0], 64);
	segs[1] = to_receiver(p, local[0], 64);
	segs[2] = from_sender(p, local[2], 64);
	segs[3] = across(p, 64);
	segs[3].dest.foreign.offset = 64;
	assert_int_equal(xengnttab_grant_copy(p->tab, 4, segs), 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(segs[i].status, 0);
	assert_int_equal(local[2][0], 5);
	assert_int_equal(guest_do(&p->receiver, GUEST_PEEK, 8192, 0), 5);
	assert_int_equal(guest_do(&p->receiver, GUEST_PEEK, 8192 + 64, 0), 5);
}

/* ---- bytes: pages that domain 0 grants to itself ---- */

static void fill(uint8_t *at, uint32_t bytes, uint32_t seed)
{
	for (uint32_t i = 0; i < bytes; i++) {
		seed = seed * 1664525u + 1013904223u;
		at[i] = (uint8_t)(seed >> 24);
	}
}

static void every_length_copies_its_bytes_and_no_other(void **state)
{
	xengntshr_handle *shr = xengntshr_open(NULL, 0);
	uint8_t right[4096];
	uint32_t refs[2];
	uint8_t *pages = xengntshr_share_pages(shr, 0, 2, refs, 1);
	struct pair *p = *state;

	assert_non_null(pages);
	for (uint32_t len = 0; len <= 4096; len += len < 300 ? 1 : 73) {
		uint32_t from = len % 7 * (4096 - len) / 7;
		uint32_t to = len % 5 * (4096 - len) / 5;
		segment seg = {
			.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
			.len = (uint16_t)len,
			.status = UNTOUCHED,
		};

		fill(pages, 4096, len);
		fill(pages + 4096, 4096, len + 1);
		memcpy(right, pages + 4096, sizeof(right));
		memcpy(right + to, pages + from, len);
		seg.source.foreign.ref = refs[0];
		seg.source.foreign.offset = (uint16_t)from;
		seg.source.foreign.domid = DOMID_SELF;
		seg.dest.foreign.ref = refs[1];
		seg.dest.foreign.offset = (uint16_t)to;
		assert_int_equal(status_of(p, seg), 0);
		assert_memory_equal(pages + 4096, right, sizeof(right));
	}
	assert_int_equal(xengntshr_unshare(shr, pages, 2), 0);
	xengntshr_close(shr);
}

static void overlapping_bytes_are_moved(void **state)
{
	xengntshr_handle *shr = xengntshr_open(NULL, 0);
	uint8_t right[4096];
	uint32_t ref;
	uint8_t *page = xengntshr_share_pages(shr, 0, 1, &ref, 1);
	struct pair *p = *state;

	assert_non_null(page);
	for (uint32_t len = 1; len <= 200; len++) {
		for (uint32_t to = 90; to <= 110; to += 5) {
			segment seg = {
				.flags =
					GNTCOPY_source_gref | GNTCOPY_dest_gref,
				.len = (uint16_t)len,
			};

			fill(page, 4096, len + to);
			memcpy(right, page, sizeof(right));
			memmove(right + to, right + 100, len);
			seg.source.foreign.ref = ref;
			seg.source.foreign.offset = 100;
			seg.dest.foreign.ref = ref;
			seg.dest.foreign.offset = (uint16_t)to;
			assert_int_equal(status_of(p, seg), 0);
			assert_memory_equal(page, right, sizeof(right));
		}
	}
	assert_int_equal(xengntshr_unshare(shr, page, 1), 0);
	xengntshr_close(shr);
}

/* ---- views that go away while other threads copy ---- */

struct copying {
	const struct pair *pair;
	uint16_t to; /* each thread has a part of the page */
	_Atomic bool *over;
	_Atomic uint32_t calls;
};

static void *copy_until_over(void *arg)
{
	struct copying *copying = arg;
	segment segs[20];

	do {
		for (unsigned int i = 0; i < 20; i++) {
			segs[i] = across(copying->pair, 2048);
			segs[i].dest.foreign.offset = copying->to;
		}
		assert_int_equal(
			xengnttab_grant_copy(copying->pair->tab, 20, segs), 0);
		atomic_fetch_add(&copying->calls, 1);
	} while (!atomic_load(copying->over));
	return NULL;
}

static void views_change_between_the_copies_of_other_threads(void **state)
{
	struct pair *p = *state;
	_Atomic bool over = false;
	struct copying copying[2] = {{p, 0, &over, 0}, {p, 2048, &over, 0}};
	pthread_t threads[2];

	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						copy_until_over, &copying[i]),
				 0);
	for (unsigned int round = 0; round < 10; round++) {
		uint32_t before = atomic_load(&copying[0].calls);

		guest_kill(&p->receiver);
		p->receiver = guest_start(RECEIVER);
		assert_int_equal(guest_do(&p->receiver, GUEST_SHARE, 0, 1), 0);
		while (atomic_load(&copying[0].calls) - before < 20)
			sched_yield();
	}
	atomic_store(&over, true);
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(status_of(p, across(p, 4096)), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copies_between_two_foreign_domains),
		TEST(copies_to_and_from_private_memory),
		TEST(a_copy_leaves_no_mark_in_the_entry),
		TEST(refuses_what_the_flags_refuse),
		TEST(refuses_frames_that_the_domain_does_not_have),
		TEST(refuses_references_beyond_the_table),
		TEST(refuses_grants_to_another_domain),
		TEST(a_failing_source_leaves_the_destination_alone),
		TEST(a_page_crossing_refuses_its_group_of_sixteen),
		TEST(a_dead_domain_is_a_bad_domain),
		TEST(unsharing_revokes_and_clears),
		TEST(each_segment_of_a_mixed_group_has_its_own_status),
		TEST(later_segments_see_what_earlier_ones_wrote),
		TEST(a_page_crossing_behind_an_odd_segment_refuses_all),
		TEST(a_domain_that_is_met_in_the_middle_of_a_group),
		TEST(every_length_copies_its_bytes_and_no_other),
		TEST(overlapping_bytes_are_moved),
		TEST(views_change_between_the_copies_of_other_threads),
	};

	return cmocka_run_group_tests(tests, lab_group_start, lab_group_stop);
}
