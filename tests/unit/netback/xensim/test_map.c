/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mapping guests' grants: pins, limits, and what a death leaves behind. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "lab.h"
#include "netback/xensim/fault.h"
#include "netback/xensim/proc.h"

#define GUEST 3u
#define BOTH (PROT_READ | PROT_WRITE)

static struct guest guest;
static xengnttab_handle *tab;
static uint32_t refs[LAB_PAGES];

static void share(void)
{
	assert_int_equal(guest_do(&guest, GUEST_SHARE, 0, 1), 0);
	for (uint32_t i = 0; i < LAB_PAGES; i++)
		refs[i] = (uint32_t)guest_do(&guest, GUEST_REF, i, 0);
}

static int set_up(void **state)
{
	(void)state;
	guest = guest_start(GUEST);
	tab = xengnttab_open(NULL, 0);
	assert_non_null(tab);
	share();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (guest.pid)
		guest_quit(&guest);
	guest.pid = 0;
	xengnttab_close(tab);
	lab_assert_dump("domain 0: processes 1\n");
	return 0;
}

static int64_t flags_of(uint32_t ref)
{
	return guest_do(&guest, GUEST_FLAGS, ref, 0);
}

static void assert_refused(uint32_t domid, uint32_t ref, int prot)
{
	errno = 0;
	assert_null(xengnttab_map_grant_ref(tab, domid, ref, prot));
	assert_int_equal(errno, EINVAL);
}

static void marks_entries_while_they_are_mapped(void **state)
{
	uint8_t *first;
	uint8_t *second;

	(void)state;
	first = xengnttab_map_grant_ref(tab, GUEST, refs[0], PROT_READ);
	assert_non_null(first);
	assert_int_equal(flags_of(refs[0]), GTF_permit_access | GTF_reading);
	second = xengnttab_map_grant_ref(tab, GUEST, refs[0], BOTH);
	assert_non_null(second);
	assert_int_equal(flags_of(refs[0]),
			 GTF_permit_access | GTF_reading | GTF_writing);
	second[4] = 44;
	assert_int_equal(first[4], 44);
	assert_int_equal(guest_do(&guest, GUEST_PEEK, 4, 0), 44);
	assert_int_equal(xengnttab_unmap(tab, second, 1), 0);
	assert_int_equal(flags_of(refs[0]), GTF_permit_access | GTF_reading);
	assert_int_equal(xengnttab_unmap(tab, first, 1), 0);
	assert_int_equal(flags_of(refs[0]), GTF_permit_access);
}

static void refuses_what_the_entry_refuses(void **state)
{
	void *page;

	(void)state;
	guest_do(&guest, GUEST_SET_FLAGS, refs[0], GTF_invalid);
	assert_refused(GUEST, refs[0], PROT_READ);
	guest_do(&guest, GUEST_SET_FLAGS, refs[0], GTF_transitive);
	assert_refused(GUEST, refs[0], PROT_READ);
	guest_do(&guest, GUEST_SET_FLAGS, refs[0],
		 GTF_permit_access | GTF_sub_page);
	assert_refused(GUEST, refs[0], PROT_READ);
	guest_do(&guest, GUEST_SET_FLAGS, refs[0],
		 GTF_permit_access | GTF_readonly);
	assert_refused(GUEST, refs[0], BOTH);
	page = xengnttab_map_grant_ref(tab, GUEST, refs[0], PROT_READ);
	assert_non_null(page);
	assert_int_equal(xengnttab_unmap(tab, page, 1), 0);
	guest_do(&guest, GUEST_SET_FRAME, refs[1], 64 * 256);
	assert_refused(GUEST, refs[1], PROT_READ);
	assert_refused(GUEST, 64 * 512, PROT_READ);
	assert_refused(GUEST, UINT32_MAX, PROT_READ);
	assert_refused(GUEST + 1, refs[2], PROT_READ);
	assert_refused(0x7ff0, refs[2], PROT_READ);
}

static void a_partial_failure_leaves_nothing_pinned(void **state)
{
	uint32_t some[3] = {refs[0], refs[1], 9999};

	(void)state;
	assert_null(xengnttab_map_domain_grant_refs(tab, 3, GUEST, some, BOTH));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(flags_of(refs[0]), GTF_permit_access);
	assert_int_equal(flags_of(refs[1]), GTF_permit_access);
}

static void maps_pages_of_several_domains_side_by_side(void **state)
{
	struct guest other = guest_start(GUEST + 4);
	uint32_t domids[2] = {GUEST + 4, GUEST};
	uint32_t both[2];
	uint8_t *pages;

	(void)state;
	assert_int_equal(guest_do(&other, GUEST_SHARE, 0, 1), 0);
	guest_do(&other, GUEST_POKE, 0, 70);
	guest_do(&guest, GUEST_POKE, 3 * 4096, 30);
	both[0] = (uint32_t)guest_do(&other, GUEST_REF, 0, 0);
	both[1] = refs[3];
	pages = xengnttab_map_grant_refs(tab, 2, domids, both, PROT_READ);
	assert_non_null(pages);
	assert_int_equal(pages[0], 70);
	assert_int_equal(pages[4096], 30);
	assert_int_equal(xengnttab_unmap(tab, pages, 2), 0);
	guest_quit(&other);
}

static void the_most_pages_of_one_call(void **state)
{
	static uint32_t many[XSIM_BATCH_MAX + 1];
	void *pages;

	(void)state;
	for (uint32_t i = 0; i <= XSIM_BATCH_MAX; i++)
		many[i] = refs[i % LAB_PAGES];
	pages = xengnttab_map_domain_grant_refs(tab, XSIM_BATCH_MAX, GUEST,
						many, PROT_READ);
	assert_non_null(pages);
	assert_int_equal(xengnttab_unmap(tab, pages, XSIM_BATCH_MAX), 0);
	assert_null(xengnttab_map_domain_grant_refs(tab, XSIM_BATCH_MAX + 1,
						    GUEST, many, PROT_READ));
	assert_int_equal(errno, EINVAL);
	assert_null(xengnttab_map_domain_grant_refs(tab, 0, GUEST, many,
						    PROT_READ));
	assert_int_equal(errno, EINVAL);
}

static void arm(const char *text)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_FAULT, 0);
	struct xsim_fault_spec spec;

	assert_int_equal(xsim_fault_parse(text, (uint32_t)strlen(text), &spec),
			 0);
	call.req.id = (uint32_t)spec.kind;
	call.req.flags = XSIM_FAULT_ARM;
	call.req.value = spec.value;
	call.req.every = spec.every;
	call.req.domid = spec.domid;
	assert_int_equal(xsim_call(&call), 0);
}

static void disarm(enum xsim_fault_kind kind)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_FAULT, (uint32_t)kind);

	assert_int_equal(xsim_call(&call), 0);
}

static void honours_a_limit_on_maps(void **state)
{
	void *two;
	void *one;

	(void)state;
	arm("map-limit=3");
	two = xengnttab_map_domain_grant_refs(tab, 2, GUEST, refs, PROT_READ);
	assert_non_null(two);
	assert_null(xengnttab_map_domain_grant_refs(tab, 2, GUEST, refs,
						    PROT_READ));
	assert_int_equal(errno, EINVAL);
	one = xengnttab_map_grant_ref(tab, GUEST, refs[0], PROT_READ);
	assert_non_null(one);
	assert_refused(GUEST, refs[1], PROT_READ);
	assert_int_equal(xengnttab_unmap(tab, two, 2), 0);
	two = xengnttab_map_domain_grant_refs(tab, 2, GUEST, refs, PROT_READ);
	assert_non_null(two);
	disarm(XSIM_FAULT_MAP_LIMIT);
	assert_int_equal(xengnttab_unmap(tab, two, 2), 0);
	assert_int_equal(xengnttab_unmap(tab, one, 1), 0);
}

static void unsharing_waits_for_the_unmap(void **state)
{
	uint8_t *page = xengnttab_map_grant_ref(tab, GUEST, refs[0], BOTH);

	(void)state;
	assert_non_null(page);
	guest_do(&guest, GUEST_POKE, 1, 21);
	assert_int_equal(guest_do(&guest, GUEST_UNSHARE, 0, 0), 0);
	assert_int_equal(page[1], 21);
	/* the frame is not given to the next one, the other three are */
	assert_int_equal(guest_do(&guest, GUEST_SHARE, 0, 1), 0);
	assert_int_equal(guest_do(&guest, GUEST_REF, 0, 0), refs[1]);
	assert_int_equal(page[1], 21);
	assert_int_equal(guest_do(&guest, GUEST_UNSHARE, 0, 0), 0);
	assert_int_equal(flags_of(refs[0]),
			 GTF_permit_access | GTF_reading | GTF_writing);
	assert_int_equal(xengnttab_unmap(tab, page, 1), 0);
	assert_int_equal(flags_of(refs[0]), 0);
	assert_int_equal(guest_do(&guest, GUEST_SHARE, 0, 1), 0);
	assert_int_equal(guest_do(&guest, GUEST_REF, 0, 0), refs[0]);
	assert_int_equal(guest_do(&guest, GUEST_PEEK, 1, 0), 0);
}

static void pages_of_a_dead_domain_stay_until_unmapped(void **state)
{
	uint8_t *page = xengnttab_map_grant_ref(tab, GUEST, refs[0], BOTH);

	(void)state;
	assert_non_null(page);
	guest_do(&guest, GUEST_POKE, 7, 77);
	guest_kill(&guest);
	guest.pid = 0;
	assert_int_equal(page[7], 77);
	page[7] = 78;
	assert_refused(GUEST, refs[0], PROT_READ);
	lab_assert_dump("domain 0: processes 1, maps 1 pages\n");
	assert_int_equal(xengnttab_unmap(tab, page, 1), 0);
	lab_assert_dump("domain 0: processes 1\n");
}

static void a_reborn_domain_does_not_inherit_pins(void **state)
{
	uint8_t *page = xengnttab_map_grant_ref(tab, GUEST, refs[0], BOTH);

	(void)state;
	assert_non_null(page);
	guest_kill(&guest);
	guest = guest_start(GUEST);
	share();
	assert_int_equal(flags_of(refs[0]), GTF_permit_access);
	assert_int_equal(xengnttab_unmap(tab, page, 1), 0);
	assert_int_equal(flags_of(refs[0]), GTF_permit_access);
}

static void map_and_die(void *arg)
{
	xengnttab_handle *mine = xengnttab_open(NULL, 0);

	(void)arg;
	if (mine)
		xengnttab_map_domain_grant_refs(mine, LAB_PAGES, GUEST, refs,
						BOTH);
}

static void a_killed_mapper_releases_its_maps(void **state)
{
	(void)state;
	in_killed_child(map_and_die, NULL);
	for (uint32_t i = 0; i < LAB_PAGES; i++)
		assert_int_equal(flags_of(refs[i]), GTF_permit_access);
}

static void a_guest_can_map_what_domain_0_grants(void **state)
{
	xengntshr_handle *shr = xengntshr_open(NULL, 0);
	uint32_t ref;
	uint8_t *page;

	(void)state;
	page = xengntshr_share_pages(shr, GUEST, 1, &ref, 1);
	assert_non_null(page);
	page[3] = 33;
	assert_int_equal(guest_do(&guest, GUEST_MAP, 0, ref), 0);
	assert_int_equal(guest_do(&guest, GUEST_MAP_PEEK, 3, 0), 33);
	assert_int_equal(guest_do(&guest, GUEST_UNMAP, 0, 0), 0);
	assert_int_equal(xengntshr_unshare(shr, page, 1), 0);
	assert_int_equal(guest_do(&guest, GUEST_MAP, 0, ref), -EINVAL);
	assert_int_equal(xengntshr_unshare(shr, page, 1), -1);
	xengntshr_close(shr);
}

/* ---- notifications ---- */

struct notified {
	xenevtchn_handle *evt;
	int port;    /* ours */
	int64_t far; /* the guest's */
};

static struct notified bind_channel(void)
{
	struct notified n = {.evt = xenevtchn_open(NULL, 0)};

	n.far = guest_do(&guest, GUEST_UNBOUND, 0, 0);
	assert_true(n.far > 0);
	n.port = xenevtchn_bind_interdomain(n.evt, GUEST, (uint32_t)n.far);
	assert_true(n.port > 0);
	return n;
}

static void an_unmap_clears_the_byte_and_rings(void **state)
{
	struct notified n = bind_channel();
	uint8_t *page;

	(void)state;
	guest_do(&guest, GUEST_POKE, 10, 1);
	guest_do(&guest, GUEST_POKE, 11, 1);
	page = xengnttab_map_grant_ref_notify(tab, GUEST, refs[0], BOTH, 10,
					      (uint32_t)n.port);
	assert_non_null(page);
	assert_int_equal(guest_do(&guest, GUEST_EVENT, 0, 0), -ETIMEDOUT);
	assert_int_equal(xengnttab_unmap(tab, page, 1), 0);
	assert_int_equal(guest_do(&guest, GUEST_EVENT, LAB_WAIT_MS, 0), n.far);
	assert_int_equal(guest_do(&guest, GUEST_PEEK, 10, 0), 0);
	assert_int_equal(guest_do(&guest, GUEST_PEEK, 11, 0), 1);
	xenevtchn_close(n.evt);
}

static void map_with_notify(void *arg)
{
	xengnttab_handle *mine = xengnttab_open(NULL, 0);
	const struct notified *n = arg;

	if (mine)
		xengnttab_map_grant_ref_notify(mine, GUEST, refs[0], BOTH, 10,
					       (uint32_t)n->port);
}

static void a_death_clears_the_byte_and_rings(void **state)
{
	struct notified n = bind_channel();

	(void)state;
	guest_do(&guest, GUEST_POKE, 10, 1);
	in_killed_child(map_with_notify, &n);
	assert_int_equal(guest_do(&guest, GUEST_EVENT, LAB_WAIT_MS, 0), n.far);
	assert_int_equal(guest_do(&guest, GUEST_PEEK, 10, 0), 0);
	xenevtchn_close(n.evt);
}

static void a_share_notifies_when_it_ends(void **state)
{
	struct notified n = bind_channel();
	xengntshr_handle *shr = xengntshr_open(NULL, 0);
	uint32_t ref;
	void *page;

	(void)state;
	page = xengntshr_share_page_notify(shr, GUEST, &ref, 1, 5,
					   (uint32_t)n.port);
	assert_non_null(page);
	assert_int_equal(guest_do(&guest, GUEST_MAP, 0, ref), 0);
	((uint8_t *)page)[5] = 1;
	assert_int_equal(xengntshr_unshare(shr, page, 1), 0);
	assert_int_equal(guest_do(&guest, GUEST_EVENT, LAB_WAIT_MS, 0), n.far);
	assert_int_equal(guest_do(&guest, GUEST_MAP_PEEK, 5, 0), 0);
	assert_int_equal(guest_do(&guest, GUEST_UNMAP, 0, 0), 0);
	xengntshr_close(shr);
	xenevtchn_close(n.evt);
}

static void notifications_that_cannot_be_are_refused(void **state)
{
	(void)state;
	assert_null(xengnttab_map_grant_ref_notify(tab, GUEST, refs[0],
						   PROT_READ, 10, UINT32_MAX));
	assert_int_equal(errno, EINVAL);
	assert_null(xengnttab_map_grant_ref_notify(tab, GUEST, refs[0], BOTH,
						   UINT32_MAX, 4000));
	assert_int_equal(errno, EINVAL);
	assert_null(xengnttab_map_grant_ref_notify(tab, GUEST, refs[0], BOTH,
						   UINT32_MAX, 400000));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(flags_of(refs[0]), GTF_permit_access);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(marks_entries_while_they_are_mapped),
		TEST(refuses_what_the_entry_refuses),
		TEST(a_partial_failure_leaves_nothing_pinned),
		TEST(maps_pages_of_several_domains_side_by_side),
		TEST(the_most_pages_of_one_call),
		TEST(honours_a_limit_on_maps),
		TEST(unsharing_waits_for_the_unmap),
		TEST(pages_of_a_dead_domain_stay_until_unmapped),
		TEST(a_reborn_domain_does_not_inherit_pins),
		TEST(a_killed_mapper_releases_its_maps),
		TEST(a_guest_can_map_what_domain_0_grants),
		TEST(an_unmap_clears_the_byte_and_rings),
		TEST(a_death_clears_the_byte_and_rings),
		TEST(a_share_notifies_when_it_ends),
		TEST(notifications_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, lab_group_start, lab_group_stop);
}
