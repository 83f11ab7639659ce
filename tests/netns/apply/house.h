/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_NETNS_APPLY_HOUSE_H
#define TESTS_NETNS_APPLY_HOUSE_H
/*
 * A host's network to be bridged: a namespace of its own with an eth0 that
 * has all that a model holds, another link that must not be touched, and
 * beyond eth0 a neighbour in a namespace of his own. Setting it up is the
 * one thing that is left to `ip`.
 */
#include "netconf/apply/apply.h"
#include "netconf/observe/observe.h"
#include "netconf/plan/direct.h"
#include "netconf/plan/plan.h"
#include "netconf/plan/style.h"
#include "tests/netns/nl/namespaces.h"

struct house {
	int neighbour_fd; /* his namespace */
	char folder[64];  /* for the journal; removed with the house */
	char journal[96];
};

extern struct house house;
extern const struct xn_direct direct; /* xenbr0 over eth0 */

/* cmocka's setup and teardown. `nl` and `err` are the house's. */
int build_house(void **state);
int leave_house(void **state);

/* Runs lines of `ip -batch` in the thread's namespace; they must succeed. */
void ip_batch(const char *lines);

typedef int wanted_fn(const struct xn_model *observed,
		      const struct xn_direct *direct,
		      struct xn_model *ret_wanted, struct xn_err *err);

/* The other styles; the new one's bridge is eth0. */
wanted_fn new_start, new_stop, old_start, old_stop;

struct front_doors {
	const char *name;
	wanted_fn *start, *stop;
};

#define STYLES 3
extern const struct front_doors styles[STYLES];

/* How many addresses, routes and neighbours are on the link. */
size_t count_on(const struct xn_model *model, int ifindex);
#define HOUSE_OBJECTS 29 /* on eth0 */

struct xn_model look_around(void);
/* What it takes to get from here to what the front door wants. */
struct xn_plan plan_for(wanted_fn *front_door);
/* Plans and applies; the number of operations. */
size_t do_all(wanted_fn *front_door);

/* The same objects, and each link's addresses in the same order. */
void assert_same_house(const struct xn_model *a, const struct xn_model *b);
bool is_same_house(const struct xn_model *a, const struct xn_model *b);
void assert_no_journal(void);

#endif
