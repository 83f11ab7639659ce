/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_NETNS_NL_NAMESPACES_H
#define TESTS_NETNS_NL_NAMESPACES_H
/*
 * What the tests of netconf/nl share: a network namespace of their own, and
 * waiting for an announcement. Everything made inside goes with the process.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "netconf/nl/link.h"
#include "netconf/nl/monitor.h"
#include "netconf/nl/socket.h"

/* Runs the group inside a new network namespace; 77 (skipped) when that is
 * not allowed. */
#define NAMESPACE_GROUP(tests) \
	(enter_namespace() ? cmocka_run_group_tests(tests, NULL, NULL) : 77)

/* Says why when it is false. */
bool enter_namespace(void);

/* A further namespace; the thread stays where it is. Closed by the caller. */
int new_namespace(void);

/* Setup and teardown: `nl` and `err` for one test, and no link but lo left
 * from the one before. */
extern struct xn_nl *nl;
extern struct xn_err err;
int open_nl(void **state);
int close_nl(void **state);

/* The call must succeed; else the test fails with its text. */
#define GOOD(call)                                                    \
	do {                                                          \
		if ((call) < 0)                                       \
			fail_msg("%s: %s", #call, xn_err_text(&err)); \
	} while (0)
/* The call must fail so, and the text must contain the words. */
#define REFUSED(call, error, words) assert_refused((call), error, words, #call)
void assert_refused(int rc, int error, const char *words, const char *call);

struct xn_link link_named(const char *name);
struct xn_link link_at(int ifindex);
/* Creates one that is up; its index. */
int new_bridge(const char *name);
int new_tap(const char *name, int *ret_fd);

/* Reads announcements until *flag; fails the test after a minute. */
void wait_for(struct xn_nl_monitor *monitor,
	      const struct xn_nl_handlers *handlers, const bool *flag);

#endif
