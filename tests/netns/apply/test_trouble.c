/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes wrong on the way: a link that vanishes, a number that is taken, a
 * full disk, and somebody else at work. All is as before, and it is said. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/rtnetlink.h>

#include "netconf/apply/journal.h"
#include "netconf/base/fd.h"
#include "tests/netns/apply/house.h"

static void assert_unchanged(const struct xn_model *before)
{
	struct xn_model now = look_around();

	assert_same_house(before, &now);
	xn_model_fini(&now);
}

/* Nothing was done, and nothing of it is left. */
static void refuse_as_stale(const struct xn_plan *plan, const char *words)
{
	struct xn_model before = look_around();
	bool undone = false;

	REFUSED(xn_apply(nl, plan, house.journal, &undone, &err), -ESTALE,
		words);
	assert_true(undone);
	assert_unchanged(&before);
	assert_no_journal();
	xn_model_fini(&before);
}

static void a_number_that_is_taken_is_noticed(void **state)
{
	struct xn_plan plan = plan_for(xn_direct_start);

	(void)state;
	/* Somebody's bridge gets the number that the plan has for its own. */
	(void)new_bridge("other1");
	refuse_as_stale(&plan, "add bridge xenbr0");
	xn_plan_fini(&plan);
}

static void what_somebody_else_changed_is_noticed(void **state)
{
	struct xn_plan plan;

	(void)state;
	(void)new_bridge("other1");
	plan = plan_for(xn_direct_start);
	ip_batch("addr del 203.0.113.1/24 dev eth0\n");
	refuse_as_stale(&plan, "203.0.113.");
	xn_plan_fini(&plan);
	plan = plan_for(xn_direct_start);
	GOOD(xn_link_set_master(nl, link_named("eth0").ifindex,
				link_named("other1").ifindex, &err));
	refuse_as_stale(&plan, "eth0: master");
	xn_plan_fini(&plan);
}

static void a_link_that_vanished_is_named(void **state)
{
	struct xn_plan plan = plan_for(xn_direct_start);

	(void)state;
	GOOD(xn_link_delete(nl, link_named("eth0").ifindex, &err));
	refuse_as_stale(&plan, "eth0");
	xn_plan_fini(&plan);
}

/* The NIC's frames are another's already. The bridge is there by then. */
static void a_busy_nic_is_given_up(void **state)
{
	struct xn_model before;
	struct xn_plan plan;
	bool undone = false;

	(void)state;
	ip_batch("link add link eth0 name mv0 type macvlan mode bridge\n");
	before = look_around();
	plan = plan_for(xn_direct_start);
	REFUSED(xn_apply(nl, &plan, house.journal, &undone, &err), -EBUSY,
		"change veth eth0: master");
	assert_true(undone);
	assert_unchanged(&before);
	assert_no_journal();
	xn_plan_fini(&plan);
	xn_model_fini(&before);
}

/* The message of moves is refused in its middle: what comes before and after
 * it in the message has been done by then. */
static void a_route_that_cannot_be_takes_all_back(void **state)
{
	struct xn_model before = look_around();
	struct xn_route route = {.family = AF_INET,
				 .prefix_length = 24,
				 .destination = {10, 77},
				 .has_gateway = true,
				 .gateway = {8, 8, 8, 8},
				 .table = RT_TABLE_MAIN,
				 .type = RTN_UNICAST,
				 .protocol = RTPROT_STATIC};
	struct xn_model wanted;
	struct xn_plan plan;
	bool undone = false;

	(void)state;
	GOOD(xn_direct_start(&before, &direct, &wanted, &err));
	route.ifindex = xn_model_link_named(&wanted, "xenbr0")->ifindex;
	assert_int_equal(xn_model_add(&wanted, XN_ROUTE, &route), 0);
	GOOD(xn_plan_make(&before, &wanted, &plan, &err));
	REFUSED(xn_apply(nl, &plan, house.journal, &undone, &err), -ENETUNREACH,
		"add route 10.77.0.0/24 via 8.8.8.8");
	assert_true(undone);
	assert_unchanged(&before);
	assert_no_journal();
	xn_plan_fini(&plan);
	xn_model_fini(&wanted);
	xn_model_fini(&before);
}

/* It vanishes in the middle: between the bridge and the moves. */
static void a_link_that_vanishes_takes_only_its_own_along(void **state)
{
	struct xn_plan plan = plan_for(xn_direct_start);
	struct xn_journal_place place;
	struct xn_journal *journal;
	enum xn_recovered recovered;
	struct xn_model now;

	(void)state;
	GOOD(xn_journal_here(xn_nl_namespace_cookie(nl), &place, &err));
	GOOD(xn_journal_create(house.journal, &plan, &place, &journal, &err));
	GOOD(xn_journal_begin(journal, XN_STEP_CREATE, &err));
	GOOD(xn_journal_begin(journal, XN_STEP_MOVE, &err));
	xn_journal_close(journal);
	(void)new_bridge("xenbr0");
	GOOD(xn_link_delete(nl, link_named("eth0").ifindex, &err));
	GOOD(xn_recover(nl, house.journal, &recovered, &err));
	assert_int_equal(recovered, XN_RECOVERED_UNDONE);
	now = look_around();
	/* The bridge of that name has not the MAC of the plan's: another's. */
	assert_non_null(xn_model_link_named(&now, "xenbr0"));
	assert_non_null(xn_model_link_named(&now, "other0"));
	assert_no_journal();
	xn_model_fini(&now);
	xn_plan_fini(&plan);
}

static void an_early_journal_is_recovered_first(void **state)
{
	struct xn_plan plan = plan_for(xn_direct_start);
	struct xn_model before = look_around();
	struct xn_journal_place place;
	struct xn_journal *journal;
	enum xn_recovered recovered;
	bool undone;

	(void)state;
	GOOD(xn_journal_here(xn_nl_namespace_cookie(nl), &place, &err));
	GOOD(xn_journal_create(house.journal, &plan, &place, &journal, &err));
	/* Its owner is still at work. */
	REFUSED(xn_recover(nl, house.journal, &recovered, &err), -EBUSY, "");
	xn_journal_close(journal);
	REFUSED(xn_apply(nl, &plan, house.journal, &undone, &err), -EEXIST,
		"an earlier one is there");
	assert_unchanged(&before);
	GOOD(xn_recover(nl, house.journal, &recovered, &err));
	assert_int_equal(recovered, XN_RECOVERED_UNDONE);
	GOOD(xn_apply(nl, &plan, house.journal, &undone, &err));
	GOOD(xn_recover(nl, house.journal, &recovered, &err));
	assert_int_equal(recovered, XN_RECOVERED_NOTHING);
	xn_model_fini(&before);
	xn_plan_fini(&plan);
}

static void a_journal_of_another_place_is_void(void **state)
{
	struct xn_plan plan = plan_for(xn_direct_start);
	struct xn_model before = look_around();
	struct xn_journal_place place;
	struct xn_journal *journal;
	enum xn_recovered recovered;

	(void)state;
	GOOD(xn_journal_here(xn_nl_namespace_cookie(nl) + 1, &place, &err));
	GOOD(xn_journal_create(house.journal, &plan, &place, &journal, &err));
	GOOD(xn_journal_begin(journal, XN_STEP_MOVE, &err));
	xn_journal_close(journal);
	GOOD(xn_recover(nl, house.journal, &recovered, &err));
	assert_int_equal(recovered, XN_RECOVERED_VOID);
	assert_no_journal();
	assert_unchanged(&before);
	xn_model_fini(&before);
	xn_plan_fini(&plan);
}

/* In the test's own mount namespace; goes with it. */
static void mount_disk(unsigned int bytes)
{
	char options[64];

	(void)snprintf(options, sizeof(options), "size=%u,mode=0700", bytes);
	assert_int_equal(mount("tmpfs", house.folder, "tmpfs", 0, options), 0);
}

static void fill_disk(unsigned int leave_bytes)
{
	char path[112];
	char block[4096] = {0};
	unsigned int size = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/fill", house.folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		size += sizeof(block);
	assert_int_equal(
		ftruncate(fd, size > leave_bytes ? size - leave_bytes : 0), 0);
	xn_close(&fd);
}

static void clear_disk(void)
{
	assert_int_equal(umount(house.folder), 0);
}

/* With ever more room, until the plan fits. Whenever it fails, nothing has
 * changed. */
static void a_full_disk_changes_nothing(void **state)
{
	struct xn_model before = look_around();
	unsigned int refused = 0;
	bool done = false;

	(void)state;
	for (unsigned int room = 0; room < (4U << 20) && !done; room += 4096) {
		struct xn_plan plan = plan_for(xn_direct_start);
		bool undone = false;
		int rc;

		mount_disk(1U << 20);
		fill_disk(room);
		rc = xn_apply(nl, &plan, house.journal, &undone, &err);
		done = rc == 0;
		if (!done) {
			assert_int_equal(rc, -ENOSPC);
			assert_true(undone);
			assert_unchanged(&before);
			assert_no_journal();
			refused++;
		}
		err.set = false;
		xn_plan_fini(&plan);
		clear_disk();
	}
	assert_true(done);
	assert_true(refused > 1);
	xn_model_fini(&before);
}

static unsigned int journal_bytes(const struct xn_plan *plan)
{
	struct xn_journal_place place;
	struct xn_journal *journal;
	struct stat status;

	GOOD(xn_journal_here(xn_nl_namespace_cookie(nl), &place, &err));
	GOOD(xn_journal_create(house.journal, plan, &place, &journal, &err));
	assert_int_equal(stat(house.journal, &status), 0);
	GOOD(xn_journal_remove(journal, &err));
	xn_journal_close(journal);
	return (unsigned int)status.st_size;
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The limit is reached at one mark after the other: what was done up to there
 * is undone, though nothing more can be written. */
static void a_disk_that_fills_on_the_way_takes_all_back(void **state)
{
	struct xn_model before = look_around();
	struct xn_plan plan = plan_for(xn_direct_start);
	unsigned int bytes = journal_bytes(&plan);
	unsigned int refused = 0;
	int rc = -EFBIG;

	(void)state;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	for (unsigned int room = 0; rc == -EFBIG; room += 20) {
		bool undone = false;

		limit_files(bytes + room);
		rc = xn_apply(nl, &plan, house.journal, &undone, &err);
		limit_files(RLIM_INFINITY);
		err.set = false;
		if (rc == 0)
			break;
		assert_int_equal(rc, -EFBIG);
		assert_true(undone);
		assert_unchanged(&before);
		assert_no_journal();
		refused++;
	}
	assert_int_equal(rc, 0);
	/* There are six steps, and so six marks. */
	assert_true(refused >= 6);
	xn_plan_fini(&plan);
	xn_model_fini(&before);
}

#define HOUSE(test) \
	cmocka_unit_test_setup_teardown(test, build_house, leave_house)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE(a_number_that_is_taken_is_noticed),
		HOUSE(what_somebody_else_changed_is_noticed),
		HOUSE(a_link_that_vanished_is_named),
		HOUSE(a_busy_nic_is_given_up),
		HOUSE(a_route_that_cannot_be_takes_all_back),
		HOUSE(a_link_that_vanishes_takes_only_its_own_along),
		HOUSE(an_early_journal_is_recovered_first),
		HOUSE(a_journal_of_another_place_is_void),
		HOUSE(a_full_disk_changes_nothing),
		HOUSE(a_disk_that_fills_on_the_way_takes_all_back),
	};

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("skipped: a mount namespace of its own needs root\n");
		return 77;
	}
	return NAMESPACE_GROUP(tests);
}
