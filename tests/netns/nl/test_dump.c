/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps of a table that somebody changes meanwhile. A table of several
 * datagrams is changed while its first one is judged: the kernel sees that
 * when it fills the next. */
#include "tests/netns/nl/namespaces.h"

#include <stdio.h>
#include <linux/rtnetlink.h>

#include "netconf/base/fd.h"
#include "netconf/nl/request.h"

#define MANY 100

/* The dump under test and the one who interferes, in their own namespace. */
struct meddler {
	struct xn_nl *nl;
	int attempts;
	int attempts_to_spoil;
	int made;
	bool spoilt; /* this attempt */
	size_t links;
	int fail_with;
};

static void make_bridge(struct meddler *meddler)
{
	char name[IFNAMSIZ];

	(void)snprintf(name, sizeof(name), "br%d", meddler->made++);
	GOOD(xn_bridge_create(meddler->nl, name, NULL, 0, &err));
}

static void restart(void *arg)
{
	struct meddler *meddler = arg;

	meddler->attempts++;
	meddler->links = 0;
	meddler->spoilt = false;
}

static int answer(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct meddler *meddler = arg;

	(void)bytes;
	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	meddler->links++;
	if (!meddler->spoilt && meddler->attempts <= meddler->attempts_to_spoil)
		make_bridge(meddler);
	meddler->spoilt = true;
	return meddler->fail_with;
}

static struct meddler meddler;
static struct xn_nl *dumper;

static int open_tables(void **state)
{
	int netns_fd;

	if (open_nl(state) < 0)
		return -1;
	netns_fd = new_namespace();
	meddler = (struct meddler){0};
	GOOD(xn_nl_open_in(netns_fd, &meddler.nl, &err));
	GOOD(xn_nl_open_in(netns_fd, &dumper, &err));
	xn_close(&netns_fd);
	while (meddler.made < MANY)
		make_bridge(&meddler);
	return 0;
}

static int close_tables(void **state)
{
	xn_nl_close(meddler.nl);
	xn_nl_close(dumper);
	return close_nl(state);
}

static int dump_links(void)
{
	const struct xn_nl_dump dump = {
		.restart = restart, .answer = answer, .arg = &meddler};
	struct xn_nl_request request;

	xn_nl_request_init(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	return xn_nl_dump(dumper, &request, &dump, &err);
}

static void an_undisturbed_dump_runs_once(void **state)
{
	(void)state;
	GOOD(dump_links());
	assert_int_equal(meddler.attempts, 1);
	assert_int_equal(meddler.links, MANY + 1); /* and lo */
}

static void a_disturbed_dump_is_repeated(void **state)
{
	(void)state;
	meddler.attempts_to_spoil = 3;
	GOOD(dump_links());
	assert_int_equal(meddler.attempts, 4);
	assert_int_equal(meddler.links, MANY + 1 + 3);
}

static void a_dump_gives_up_on_a_restless_table(void **state)
{
	(void)state;
	meddler.attempts_to_spoil = 1000;
	REFUSED(dump_links(), -EAGAIN, "changed 10 times under a dump");
	assert_int_equal(meddler.attempts, XN_NL_DUMP_ATTEMPTS_MAX);
	/* The socket is good for the next one. */
	meddler.attempts_to_spoil = 0;
	GOOD(dump_links());
}

static void a_failed_dump_leaves_the_socket_usable(void **state)
{
	(void)state;
	meddler.fail_with = -ENOMEM;
	REFUSED(dump_links(), -ENOMEM, "the kernel's answer: Cannot allocate");
	/* One object was taken, the others passed over. */
	assert_int_equal(meddler.links, 1);
	meddler.fail_with = 0;
	GOOD(dump_links());
	assert_int_equal(meddler.links, MANY + 1);
}

#define NL(test) \
	cmocka_unit_test_setup_teardown(test, open_tables, close_tables)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(an_undisturbed_dump_runs_once),
		NL(a_disturbed_dump_is_repeated),
		NL(a_dump_gives_up_on_a_restless_table),
		NL(a_failed_dump_leaves_the_socket_usable),
	};

	return NAMESPACE_GROUP(tests);
}
