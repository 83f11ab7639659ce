/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane.conf's styles: each, from each to each, and back to nothing, as a
 * kernel of its own kind (kernel.h) does it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netconf/parse/planeconf.h"
#include "netconf/plan/host.h"
#include "netconf/plan/plan.h"
#include "tests/unit/netconf/plan/kernel.h"
#include "tests/unit/netconf/plan/links.h"

#define NIC 2
#define PLAIN "[bridge xenbr0]\nnetdev = eth0\n"
#define OLD PLAIN "style = old\n"
#define NEW "[bridge eth0]\nnetdev = eth0\nstyle = new\n"
#define GUEST 90

static struct xn_err err;
static struct xn_host_wanted wanted;
static struct xn_ours ours;

static void add_link(struct xn_model *model, int ifindex, const char *name,
		     const char *kind)
{
	struct xn_model_link link = a_link(ifindex, name, kind);

	assert_int_equal(xn_model_add(model, XN_LINK, &link), 0);
}

/* eth0 with an address and the default route. */
static struct xn_model host_of_one(void)
{
	struct xn_model model = {0};

	err.set = false;
	ours.count = 0;
	add_link(&model, 1, "lo", "");
	add_link(&model, NIC, "eth0", "");
	give_way_out(&model, NIC);
	return model;
}

static int want(const struct xn_model *model, const char *text)
{
	static struct xn_report report;
	struct xn_planeconf *conf;
	struct xn_host host = {.observed = model, .ours = &ours, .mac_seed = 7};
	int rc;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("f", text, &conf, &report) < 0)
		fail_msg("%s", xn_report_first(&report));
	host.conf = conf;
	err.set = false;
	rc = xn_host_want(&host, &wanted, &err);
	xn_planeconf_destroy(conf);
	return rc;
}

static void refused(const struct xn_model *model, const char *text, int error,
		    const char *says)
{
	assert_int_equal(want(model, text), error);
	if (!strstr(xn_err_text(&err), says))
		fail_msg("%s", xn_err_text(&err));
}

static size_t steps(const struct xn_model *from, const struct xn_model *to)
{
	struct xn_plan plan;
	size_t count;

	if (xn_plan_make(from, to, &plan, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	count = plan.count;
	xn_plan_fini(&plan);
	return count;
}

/* The kernel says of a pair's ends that each is on the other. */
static void tell_lower(struct xn_model *host)
{
	for (size_t i = 0; i < xn_model_count(host, XN_LINK); i++) {
		struct xn_model_link *link = xn_model_edit(host, XN_LINK, i);

		if (link->peer)
			link->lower = link->peer;
	}
}

/* The host is as the text says then, and asking again changes nothing. */
static void apply(struct xn_model *host, const char *text)
{
	struct xn_plan plan;

	if (want(host, text) < 0 ||
	    xn_plan_make(host, &wanted.model, &plan, &err) < 0)
		fail_msg("%s: %s", text, xn_err_text(&err));
	kernel_do_all(host, &plan, plan.count);
	assert_int_equal(steps(host, &wanted.model), 0);
	xn_plan_fini(&plan);
	xn_model_fini(&wanted.model);
	ours = wanted.ours;
	tell_lower(host);
	if (want(host, text) < 0)
		fail_msg("%s", xn_err_text(&err));
	assert_int_equal(steps(host, &wanted.model), 0);
	assert_int_equal(wanted.ours.count, ours.count);
	for (uint32_t i = 0; i < ours.count; i++) {
		assert_true(wanted.ours.item[i].made == ours.item[i].made);
		assert_string_equal(wanted.ours.item[i].bridge,
				    ours.item[i].bridge);
	}
	xn_model_fini(&wanted.model);
}

static const struct xn_model_link *link_named(const struct xn_model *host,
					      const char *name)
{
	const struct xn_model_link *link = xn_model_link_named(host, name);

	if (!link)
		fail_msg("no link %s", name);
	return link;
}

/* Of the only address, and of the only route. */
static void assert_host_is_on(const struct xn_model *host, const char *name)
{
	const struct xn_addr *addr = xn_model_at(host, XN_ADDR, 0);
	const struct xn_route *route = xn_model_at(host, XN_ROUTE, 0);
	const struct xn_model_link *link = link_named(host, name);

	assert_int_equal(xn_model_count(host, XN_ADDR), 1);
	assert_int_equal(xn_model_count(host, XN_ROUTE), 1);
	assert_int_equal(addr->ifindex, link->ifindex);
	assert_int_equal(route->ifindex, link->ifindex);
	assert_true(link->up);
	assert_false(link->noarp);
	assert_false(link->nomulticast);
	assert_int_equal(link->mac.octet[5], NIC);
	assert_int_equal(link->addr_gen_mode, 0);
}

static void is_plain(const struct xn_model *host)
{
	assert_host_is_on(host, "xenbr0");
	assert_string_equal(link_named(host, "xenbr0")->kind, "bridge");
	assert_int_equal(link_named(host, "eth0")->ifindex, NIC);
	assert_int_equal(link_named(host, "eth0")->master,
			 link_named(host, "xenbr0")->ifindex);
	assert_null(xn_model_link_named(host, "vif0.0"));
}

static void is_old(const struct xn_model *host)
{
	int bridge = link_named(host, "xenbr0")->ifindex;

	assert_host_is_on(host, "eth0");
	assert_string_equal(link_named(host, "eth0")->kind, "veth");
	assert_int_equal(link_named(host, "peth0")->ifindex, NIC);
	assert_int_equal(link_named(host, "peth0")->master, bridge);
	assert_int_equal(link_named(host, "vif0.0")->master, bridge);
	assert_int_equal(link_named(host, "eth0")->peer,
			 link_named(host, "vif0.0")->ifindex);
	assert_true(link_named(host, "xenbr0")->noarp);
	assert_int_equal(link_named(host, "xenbr0")->mac.octet[0] & 2, 2);
}

static void is_new(const struct xn_model *host)
{
	assert_host_is_on(host, "eth0");
	assert_string_equal(link_named(host, "eth0")->kind, "bridge");
	assert_int_equal(link_named(host, "peth0")->ifindex, NIC);
	assert_int_equal(link_named(host, "peth0")->master,
			 link_named(host, "eth0")->ifindex);
	assert_null(xn_model_link_named(host, "xenbr0"));
	assert_null(xn_model_link_named(host, "vif0.0"));
}

static void is_nothing(const struct xn_model *host)
{
	struct xn_model fresh = host_of_one();

	assert_int_equal(steps(host, &fresh), 0);
	xn_model_fini(&fresh);
}

static const struct {
	const char *text;
	void (*check)(const struct xn_model *host);
} styles[] = {
	{"", is_nothing}, {PLAIN, is_plain}, {OLD, is_old}, {NEW, is_new}};

#define STYLES (sizeof(styles) / sizeof(styles[0]))

static void each_style_becomes_each(void **state)
{
	(void)state;
	for (size_t from = 0; from < STYLES; from++) {
		for (size_t to = 0; to < STYLES; to++) {
			struct xn_model host = host_of_one();

			apply(&host, styles[from].text);
			styles[from].check(&host);
			apply(&host, styles[to].text);
			styles[to].check(&host);
			apply(&host, styles[from].text);
			styles[from].check(&host);
			apply(&host, "");
			is_nothing(&host);
			xn_model_fini(&host);
		}
	}
}

/* With those that are on it; the host is on another link then. */
static void a_change_of_style_keeps_the_bridge(void **state)
{
	struct xn_model host = host_of_one();
	int bridge;

	(void)state;
	apply(&host, PLAIN);
	bridge = link_named(&host, "xenbr0")->ifindex;
	add_link(&host, GUEST, "vif1.0", "tun");
	xn_model_link(&host, GUEST)->master = bridge;
	apply(&host, OLD);
	is_old(&host);
	assert_int_equal(link_named(&host, "xenbr0")->ifindex, bridge);
	assert_int_equal(xn_model_link(&host, GUEST)->master, bridge);
	apply(&host, PLAIN);
	is_plain(&host);
	assert_int_equal(xn_model_link(&host, GUEST)->master, bridge);
	/* Nor does a bridge without a NIC keep what the old style needs. */
	apply(&host, OLD);
	apply(&host, "[bridge xenbr0]\naddress = 10.0.0.1/24\n");
	assert_int_equal(link_named(&host, "xenbr0")->ifindex, bridge);
	assert_false(link_named(&host, "xenbr0")->noarp);
	assert_int_equal(link_named(&host, "eth0")->ifindex, NIC);
	xn_model_fini(&host);
}

static void our_own_ports_are_no_guests(void **state)
{
	struct xn_model host;

	(void)state;
	for (size_t i = 1; i < STYLES; i++) {
		host = host_of_one();
		apply(&host, styles[i].text);
		assert_int_equal(want(&host, ""), 0);
		assert_int_equal(wanted.left_count, 0);
		xn_model_fini(&wanted.model);
		/* A positive control: a guest is one. */
		add_link(&host, GUEST, "vif1.0", "tun");
		xn_model_link(&host, GUEST)->master =
			xn_model_link(&host, ours.item[0].ifindex)->ifindex;
		assert_int_equal(want(&host, ""), 0);
		assert_int_equal(wanted.left_count, 1);
		assert_string_equal(wanted.left[0].port, "vif1.0");
		assert_int_equal(steps(&host, &wanted.model), 0);
		xn_model_fini(&wanted.model);
		xn_model_fini(&host);
	}
}

/* The bridge cannot be taken apart, and another wants its NIC. */
static void a_guest_is_in_the_way_of_another_name(void **state)
{
	struct xn_model host = host_of_one();

	(void)state;
	apply(&host, OLD);
	add_link(&host, GUEST, "vif1.0", "tun");
	xn_model_link(&host, GUEST)->master =
		link_named(&host, "xenbr0")->ifindex;
	refused(&host, NEW, -EBUSY,
		"f:1:1: [bridge eth0]: netdev=eth0: bridge xenbr0 has it, and "
		"vif1.0 is on that bridge");
	xn_model_fini(&host);
	host = host_of_one();
	apply(&host, NEW);
	refused(&host, "\n[bridge eth0]\naddress = 10.0.0.1/24\n", -EEXIST,
		"f:2:1: [bridge eth0]: the NIC gets its name eth0 back");
	xn_model_fini(&host);
}

static void a_link_on_the_pair_is_in_the_way(void **state)
{
	struct xn_model host = host_of_one();

	(void)state;
	apply(&host, OLD);
	add_link(&host, GUEST, "eth0.5", "vlan");
	xn_model_link(&host, GUEST)->lower = link_named(&host, "eth0")->ifindex;
	assert_int_equal(want(&host, ""), 0);
	assert_int_equal(wanted.left_count, 1);
	assert_string_equal(wanted.left[0].port, "eth0.5");
	xn_model_fini(&wanted.model);
	refused(&host, PLAIN, -EBUSY,
		"f:1:1: [bridge xenbr0]: link eth0.5 is on eth0, which has to "
		"go");
	xn_model_fini(&host);
}

static void what_is_said_goes_to_the_right_link(void **state)
{
	struct xn_model host = host_of_one();
	const struct xn_addr *addr;

	(void)state;
	apply(&host, OLD "vifnum = 3\nmtu = 1400\naddress = 10.0.0.1/24 auto6\n"
			 "gateway = 10.0.0.9\nnetdev-cost = 7\n");
	addr = xn_model_at(&host, XN_ADDR, 0);
	assert_int_equal(xn_model_count(&host, XN_ADDR), 1);
	assert_int_equal(addr->address[0], 10);
	assert_host_is_on(&host, "eth0");
	assert_int_equal(link_named(&host, "eth0")->accept_ra, 2);
	assert_int_equal(link_named(&host, "xenbr0")->accept_ra, 0);
	assert_int_equal(link_named(&host, "eth0")->mtu, 1400);
	assert_int_equal(link_named(&host, "vif0.3")->mtu, 1400);
	assert_int_equal(link_named(&host, "peth0")->mtu, 1400);
	assert_int_equal(link_named(&host, "xenbr0")->mtu, 1400);
	assert_int_equal(link_named(&host, "peth0")->port.setting[0].attr,
			 IFLA_BRPORT_COST);
	/* Another number is another pair. */
	apply(&host, OLD "vifnum = 4\n");
	assert_null(xn_model_link_named(&host, "vif0.3"));
	assert_int_equal(link_named(&host, "vif0.4")->master,
			 link_named(&host, "xenbr0")->ifindex);
	assert_host_is_on(&host, "eth0");
	/* Not said, it is as it is. */
	apply(&host, OLD);
	assert_non_null(xn_model_link_named(&host, "vif0.4"));
	xn_model_fini(&host);

	host = host_of_one();
	apply(&host, NEW "mtu = 1400\nmac = 02:00:00:00:00:02\n"
			 "address = 10.0.0.1/24\ngateway = 10.0.0.9\n");
	assert_host_is_on(&host, "eth0");
	assert_int_equal(link_named(&host, "eth0")->mac.octet[0], 2);
	assert_int_equal(link_named(&host, "peth0")->mac.octet[0], 0);
	assert_int_equal(link_named(&host, "eth0")->mtu, 1400);
	assert_int_equal(link_named(&host, "peth0")->mtu, 1400);
	xn_model_fini(&host);
}

/* network-bridge has been there before. */
static void what_is_there_is_taken_as_it_is(void **state)
{
	struct xn_model host;

	(void)state;
	for (size_t i = 1; i < STYLES; i++) {
		host = host_of_one();
		apply(&host, styles[i].text);
		ours.count = 0;
		apply(&host, styles[i].text);
		assert_int_equal(ours.count, 1);
		assert_false(ours.item[0].made);
		apply(&host, "");
		assert_int_equal(link_named(&host, "eth0")->ifindex, NIC);
		assert_host_is_on(&host, "eth0");
		xn_model_fini(&host);
	}
}

/* All that is left of it is the file's to take away. */
static void a_nic_that_vanishes_leaves_nothing(void **state)
{
	(void)state;
	for (size_t i = 1; i < STYLES; i++) {
		struct xn_model host = host_of_one();
		struct xn_model_link nic = {.ifindex = NIC};

		apply(&host, styles[i].text);
		xn_model_remove(&host, XN_LINK,
				(size_t)xn_model_find(&host, XN_LINK, &nic, 0));
		assert_true(want(&host, styles[i].text) < 0);
		apply(&host, "");
		assert_int_equal(xn_model_count(&host, XN_LINK), 1);
		assert_int_equal(xn_model_count(&host, XN_ADDR), 0);
		xn_model_fini(&host);
	}
}

static void a_number_is_the_nics_unless_said(void **state)
{
	struct xn_model host = host_of_one();

	(void)state;
	(void)strcpy(xn_model_link(&host, NIC)->name, "eth7");
	apply(&host, "[bridge xenbr0]\nnetdev = eth7\nstyle = old\n");
	assert_non_null(xn_model_link_named(&host, "vif0.7"));
	xn_model_fini(&host);
	host = host_of_one();
	(void)strcpy(xn_model_link(&host, NIC)->name, "enp3s0");
	apply(&host, "[bridge xenbr0]\nnetdev = enp3s0\nstyle = old\n");
	assert_non_null(xn_model_link_named(&host, "vif0.0"));
	xn_model_fini(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_style_becomes_each),
		cmocka_unit_test(a_change_of_style_keeps_the_bridge),
		cmocka_unit_test(our_own_ports_are_no_guests),
		cmocka_unit_test(a_guest_is_in_the_way_of_another_name),
		cmocka_unit_test(a_link_on_the_pair_is_in_the_way),
		cmocka_unit_test(what_is_said_goes_to_the_right_link),
		cmocka_unit_test(what_is_there_is_taken_as_it_is),
		cmocka_unit_test(a_nic_that_vanishes_leaves_nothing),
		cmocka_unit_test(a_number_is_the_nics_unless_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
