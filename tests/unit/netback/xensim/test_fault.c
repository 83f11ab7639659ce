/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Injected faults: their words, and that each does what its name says. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "lab.h"
#include "netback/xensim/fault.h"

static int parse(const char *text, struct xsim_fault_spec *spec)
{
	return xsim_fault_parse(text, (uint32_t)strlen(text), spec);
}

static void reads_specifications(void **state)
{
	struct xsim_fault_spec spec;

	(void)state;
	assert_int_equal(parse("copy-status=-8,every=3,domid=7", &spec), 0);
	assert_int_equal(spec.kind, XSIM_FAULT_COPY_STATUS);
	assert_int_equal(spec.value, -8);
	assert_int_equal(spec.every, 3);
	assert_int_equal(spec.domid, 7);
	assert_int_equal(parse("copy-status=8", &spec), 0);
	assert_int_equal(spec.value, -8);
	assert_int_equal(spec.every, 1);
	assert_int_equal(spec.domid, XSIM_ANY_DOMID);
	assert_int_equal(parse("event-lost", &spec), 0);
	assert_int_equal(parse("event-doubled,every=2", &spec), 0);
	assert_int_equal(parse("delay-us=0", &spec), 0);
	assert_int_equal(parse("crash,domid=3", &spec), 0);
	assert_int_equal(spec.kind, XSIM_FAULT_CRASH);
	assert_int_equal(parse("map-limit=0", &spec), 0);
	assert_int_equal(parse("map-fail=12", &spec), 0);
	assert_int_equal(parse("copy-fail=14", &spec), 0);
	assert_int_equal(xsim_fault_parse("event-lost;rest", 10, &spec), 0);
}

static void refuses_other_words(void **state)
{
	static const char *const bad[] = {
		"",
		"copy",
		"copy-status",
		"copy-status=",
		"copy-status=x",
		"copy-status=0",
		"copy-status=-5000",
		"copy-status=-1x",
		"copy-status= -1",
		"copy-status=+1",
		"copy-status=99999999999999999999",
		"event-lost=1",
		"event-lost,",
		"event-lost,every",
		"event-lost,every=",
		"event-lost,every=0",
		"event-lost,every=-1",
		"event-lost,often=2",
		"event-lost,domid=32752",
		"map-limit=-1",
		"delay-us=-1",
		"crash=11",
	};
	struct xsim_fault_spec spec = {.value = 1234};
	char longest[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i], &spec), -EINVAL);
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(xsim_fault_parse(longest, sizeof(longest), &spec),
			 -EINVAL);
	assert_int_equal(spec.value, 1234);
}

static void knows_its_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < XSIM_FAULT_KINDS; i++) {
		enum xsim_fault_kind kind = (enum xsim_fault_kind)i;
		enum xsim_fault_kind found;

		assert_int_equal(
			xsim_fault_kind_parse(xsim_fault_name(kind), &found),
			0);
		assert_int_equal(found, kind);
	}
}

/* ---- through the tool, while this process runs ---- */

static int tool(const char *a, const char *b)
{
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		/* its complaints are not this test's */
		if (!freopen("/dev/null", "w", stderr))
			_exit(126);
		execl(TEST_FAULT, TEST_FAULT, the_lab.socket, a, b, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct bed {
	xengnttab_handle *tab;
	xengntshr_handle *shr;
	uint8_t *page;
	uint32_t ref;
	xenevtchn_handle *evt;
	uint32_t a;
	uint32_t b;
};

static int next_event(struct bed *bed)
{
	struct pollfd fd = {.fd = xenevtchn_fd(bed->evt), .events = POLLIN};

	return poll(&fd, 1, 0) == 1 ? xenevtchn_pending(bed->evt) : -1;
}

static int set_up(void **state)
{
	static struct bed bed;

	bed.tab = xengnttab_open(NULL, 0);
	bed.shr = xengntshr_open(NULL, 0);
	bed.page = xengntshr_share_pages(bed.shr, 0, 1, &bed.ref, 1);
	bed.evt = xenevtchn_open(NULL, 0);
	assert_non_null(bed.page);
	assert_non_null(bed.evt);
	bed.a = (uint32_t)xenevtchn_bind_unbound_port(bed.evt, 0);
	bed.b = (uint32_t)xenevtchn_bind_interdomain(bed.evt, 0, bed.a);
	assert_int_equal(next_event(&bed), bed.b);
	xenevtchn_unmask(bed.evt, bed.b);
	*state = &bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(tool("off", NULL), 0);
	xenevtchn_close(bed->evt);
	xengntshr_unshare(bed->shr, bed->page, 1);
	xengntshr_close(bed->shr);
	xengnttab_close(bed->tab);
	lab_assert_dump("domain 0: processes 1\n");
	return 0;
}

static int copy_status(struct bed *bed)
{
	uint8_t local[16];
	xengnttab_grant_copy_segment_t seg = {.flags = GNTCOPY_source_gref,
					      .len = sizeof(local)};

	seg.source.foreign.ref = bed->ref;
	seg.dest.virt = local;
	return xengnttab_grant_copy(bed->tab, 1, &seg) ? -errno : seg.status;
}

static void a_copy_status_every_third_time(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(tool("copy-status=-5,every=3", NULL), 0);
	for (int i = 1; i <= 9; i++)
		assert_int_equal(copy_status(bed), i % 3 ? 0 : -5);
	assert_int_equal(tool("off", "copy-status"), 0);
	for (int i = 1; i <= 9; i++)
		assert_int_equal(copy_status(bed), 0);
}

static void a_copy_status_of_one_domain(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(tool("copy-status=-5,domid=1", NULL), 0);
	assert_int_equal(copy_status(bed), 0);
	assert_int_equal(tool("copy-status=-5,domid=0", NULL), 0);
	assert_int_equal(copy_status(bed), -5);
}

static void a_whole_copy_call(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(tool("copy-fail=14", NULL), 0);
	assert_int_equal(copy_status(bed), -EFAULT);
}

static void a_map(void **state)
{
	struct bed *bed = *state;
	void *page;

	assert_int_equal(tool("map-fail=12,every=2", NULL), 0);
	page = xengnttab_map_grant_ref(bed->tab, 0, bed->ref, PROT_READ);
	assert_non_null(page);
	xengnttab_unmap(bed->tab, page, 1);
	assert_null(xengnttab_map_grant_ref(bed->tab, 0, bed->ref, PROT_READ));
	assert_int_equal(errno, ENOMEM);
}

static void a_lost_event(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(tool("event-lost,every=2", NULL), 0);
	for (int i = 1; i <= 6; i++) {
		assert_int_equal(xenevtchn_notify(bed->evt, bed->a), 0);
		assert_int_equal(next_event(bed), i % 2 ? (int)bed->b : -1);
		xenevtchn_unmask(bed->evt, bed->b);
	}
}

static void a_doubled_event(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(tool("event-doubled", NULL), 0);
	assert_int_equal(xenevtchn_notify(bed->evt, bed->a), 0);
	assert_int_equal(next_event(bed), bed->b);
	assert_int_equal(next_event(bed), bed->b);
	assert_int_equal(next_event(bed), -1);
}

static void a_delay(void **state)
{
	struct bed *bed = *state;
	struct timespec before;
	struct timespec after;

	assert_int_equal(tool("delay-us=20000", NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(copy_status(bed), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000000000LL +
			    after.tv_nsec - before.tv_nsec >=
		    20000000LL);
}

static void the_dump_names_what_is_armed(void **state)
{
	char *dump;

	(void)state;
	assert_int_equal(tool("copy-status=-5,every=3,domid=9", "event-lost"),
			 0);
	dump = lab_dump();
	assert_ptr_equal(strstr(dump, "fault copy-status=-5,every=3,domid=9\n"
				      "fault event-lost,every=1\n"),
			 dump);
	free(dump);
}

static void the_tool_refuses_nonsense(void **state)
{
	(void)state;
	assert_int_equal(tool("copy-status=nine", NULL), 2);
	assert_int_equal(tool("off", "nothing"), 2);
	assert_int_equal(tool("dump", "twice"), 2);
	assert_int_equal(tool(NULL, NULL), 2);
}

/* A process of its own: faults of the environment are read once. */
static void a_process_can_bring_its_own_faults(void **state)
{
	struct bed *bed = *state;
	int status = -1;
	pid_t child;

	child = fork();
	if (child == 0) {
		execl(TEST_SELF, TEST_SELF, "own-faults", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(copy_status(bed), 0);
	lab_sync();
}

static int own_faults(void)
{
	struct bed bed = {0};

	setenv("XENSIM_FAULTS", "copy-status=-7,every=2;map-fail=12", 1);
	bed.tab = xengnttab_open(NULL, 0);
	bed.shr = xengntshr_open(NULL, 0);
	bed.page = xengntshr_share_pages(bed.shr, 0, 1, &bed.ref, 1);
	if (!bed.page || copy_status(&bed) != 0 || copy_status(&bed) != -7)
		return 1;
	if (xengnttab_map_grant_ref(bed.tab, 0, bed.ref, PROT_READ) ||
	    errno != ENOMEM)
		return 2;
	xengntshr_close(bed.shr);
	xengnttab_close(bed.tab);
	return 0;
}

/* With crash,domid=D for itself it copies to a page of domain 0's or from it.
 */
static int own_crash(const char *domid, const char *direction)
{
	const struct rlimit no_core = {0, 0};
	uint8_t local[16] = {0};
	xengnttab_grant_copy_segment_t seg = {.len = sizeof(local)};
	struct bed bed = {0};
	char fault[40];
	int rc;

	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)snprintf(fault, sizeof(fault), "crash,domid=%s", domid);
	setenv("XENSIM_FAULTS", fault, 1);
	bed.tab = xengnttab_open(NULL, 0);
	bed.shr = xengntshr_open(NULL, 0);
	bed.page = xengntshr_share_pages(bed.shr, 0, 1, &bed.ref, 1);
	if (!bed.page)
		return 1;
	if (strcmp(direction, "from") == 0) {
		rc = copy_status(&bed);
	} else {
		seg.flags = GNTCOPY_dest_gref;
		seg.source.virt = local;
		seg.dest.foreign.ref = bed.ref;
		rc = xengnttab_grant_copy(bed.tab, 1, &seg) || seg.status;
	}
	xengntshr_close(bed.shr);
	xengnttab_close(bed.tab);
	return rc ? 2 : 0;
}

static int crash_status(const char *domid, const char *direction)
{
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		execl(TEST_SELF, TEST_SELF, "own-crash", domid, direction,
		      NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	lab_sync();
	return status;
}

static void a_copy_from_one_domain_kills_its_caller(void **state)
{
	int status = crash_status("0", "from");

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGILL);
	assert_int_equal(crash_status("0", "to"), 0);
	assert_int_equal(crash_status("1", "from"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_specifications),
		cmocka_unit_test(refuses_other_words),
		cmocka_unit_test(knows_its_names),
		TEST(a_copy_status_every_third_time),
		TEST(a_copy_status_of_one_domain),
		TEST(a_whole_copy_call),
		TEST(a_map),
		TEST(a_lost_event),
		TEST(a_doubled_event),
		TEST(a_delay),
		TEST(the_dump_names_what_is_armed),
		TEST(the_tool_refuses_nonsense),
		TEST(a_process_can_bring_its_own_faults),
		TEST(a_copy_from_one_domain_kills_its_caller),
	};

	if (argc > 1 && strcmp(argv[1], "own-faults") == 0)
		return own_faults();
	if (argc > 3 && strcmp(argv[1], "own-crash") == 0)
		return own_crash(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, lab_group_start, lab_group_stop);
}
