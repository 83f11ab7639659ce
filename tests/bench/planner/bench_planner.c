/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the planner takes for a host with many vifs: the median of several
 * runs, for each case a line "NAME OPERATIONS ms". Single-threaded, without a
 * kernel. Exit status: 0 done, 1 a plan has not the operations that it should,
 * 2 usage.
 */
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "netconf/base/text.h"
#include "netconf/plan/direct.h"
#include "netconf/plan/plan.h"

#define RUNS_DEFAULT 9u
#define RUNS_MAX 99u
#define VIFS_MAX 4000u
#define NIC 2
#define BRIDGE 3
#define OTHER_BRIDGE 4
#define FIRST_VIF 100

static void add_link(struct xn_model *model, int ifindex, const char *kind,
		     const char *name, int master)
{
	struct xn_model_link link = {
		.ifindex = ifindex,
		.mac = {{2, 0, 0, 0, (uint8_t)(ifindex >> 8),
			 (uint8_t)ifindex}},
		.mtu = 1500,
		.up = true,
		.master = master,
		.has_ipv6 = true,
		.ethernet = true,
		.has_carrier = true,
	};

	(void)xn_text_copy(link.kind, sizeof(link.kind), kind);
	(void)xn_text_copy(link.name, sizeof(link.name), name);
	if (xn_model_add(model, XN_LINK, &link))
		exit(1);
}

static void make_host(struct xn_model *ret, uint32_t vifs)
{
	char name[IFNAMSIZ];

	*ret = (struct xn_model){0};
	add_link(ret, NIC, "", "eth0", 0);
	add_link(ret, BRIDGE, "bridge", "xenbr0", 0);
	add_link(ret, OTHER_BRIDGE, "bridge", "xenbr1", 0);
	for (uint32_t i = 0; i < vifs; i++) {
		(void)snprintf(name, sizeof(name), "vif%u.0", i + 1);
		add_link(ret, FIRST_VIF + (int)i, "tun", name, BRIDGE);
	}
}

/* ---- cases: what is wanted, of a copy of what is ---- */

static void nothing(struct xn_model *wanted)
{
	(void)wanted;
}

static struct xn_model_link *vif_at(struct xn_model *wanted, size_t place)
{
	struct xn_model_link *link = xn_model_edit(wanted, XN_LINK, place);

	return link->ifindex >= FIRST_VIF ? link : NULL;
}

static void another_bridge(struct xn_model *wanted)
{
	for (size_t i = 0; i < xn_model_count(wanted, XN_LINK); i++)
		if (vif_at(wanted, i))
			vif_at(wanted, i)->master = OTHER_BRIDGE;
}

static void another_mtu(struct xn_model *wanted)
{
	for (size_t i = 0; i < xn_model_count(wanted, XN_LINK); i++)
		if (vif_at(wanted, i))
			vif_at(wanted, i)->mtu = 9000;
}

/* network-bridge start, with all the vifs there. */
static void nic_on_a_bridge(struct xn_model *wanted)
{
	const struct xn_direct direct = {.bridge = "xenbr2", .netdev = "eth0"};
	struct xn_err err = {0};
	struct xn_model started;

	if (xn_direct_start(wanted, &direct, &started, &err)) {
		(void)fprintf(stderr, "%s\n", xn_err_text(&err));
		exit(1);
	}
	xn_model_fini(wanted);
	*wanted = started;
}

static const struct bench_case {
	const char *name;
	void (*want)(struct xn_model *wanted);
	bool each; /* an operation for each vif; else few, or none */
} cases[] = {
	{"unchanged", nothing, false},
	{"bridge", another_bridge, true},
	{"mtu", another_mtu, true},
	{"netdev", nic_on_a_bridge, false},
};

static double now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* From what is there to the plan. */
static double run(const struct bench_case *which, const struct xn_model *host,
		  size_t *ret_operations)
{
	struct xn_err err = {0};
	struct xn_model wanted;
	struct xn_plan plan = {0};
	double begin = now_ms();

	if (xn_model_copy(host, &wanted))
		exit(1);
	which->want(&wanted);
	if (xn_plan_make(host, &wanted, &plan, &err)) {
		(void)fprintf(stderr, "%s\n", xn_err_text(&err));
		exit(1);
	}
	begin = now_ms() - begin;
	*ret_operations = plan.count;
	xn_plan_fini(&plan);
	xn_model_fini(&wanted);
	return begin;
}

static int ascending(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

static void measure(const struct bench_case *which, const struct xn_model *host,
		    uint32_t vifs, uint32_t runs)
{
	double ms[RUNS_MAX];
	size_t operations = 0;

	for (uint32_t i = 0; i < runs; i++)
		ms[i] = run(which, host, &operations);
	if (which->each != (operations >= vifs) ||
	    (operations == 0) != (which->want == nothing)) {
		(void)fprintf(stderr, "%s: %zu operations\n", which->name,
			      operations);
		exit(1);
	}
	qsort(ms, runs, sizeof(ms[0]), ascending);
	printf("%s %zu %.3f ms\n", which->name, operations, ms[runs / 2]);
}

int main(int argc, char **argv)
{
	uint32_t vifs = 1000, runs = RUNS_DEFAULT;
	struct xn_model host;
	int option, rc = 0;

	while ((option = getopt(argc, argv, "n:")) != -1)
		rc |= option != 'n' ||
		      xn_parse_u32(optarg, 1, RUNS_MAX, &runs) < 0;
	if (optind < argc)
		rc |= xn_parse_u32(argv[optind++], 1, VIFS_MAX, &vifs) < 0;
	if (rc || optind < argc) {
		(void)fputs("usage: bench-planner [-n RUNS] [VIFS]\n", stderr);
		return 2;
	}
	make_host(&host, vifs);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		measure(&cases[i], &host, vifs, runs);
	xn_model_fini(&host);
	return 0;
}
