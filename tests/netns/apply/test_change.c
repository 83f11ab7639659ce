/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each single change that a plan can have, done to the kernel, seen, and
 * changed back. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "tests/netns/apply/house.h"

typedef void change_fn(struct xn_model *wanted);

static struct xn_model_link *link_in(struct xn_model *model, const char *name)
{
	struct xn_model_link *link = xn_model_link_named(model, name);

	assert_non_null(link);
	return link;
}

static struct xn_addr *addr_in(struct xn_model *model, const char *link,
			       uint8_t family)
{
	int ifindex = link_in(model, link)->ifindex;

	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		struct xn_addr *addr = xn_model_edit(model, XN_ADDR, i);

		if (addr->ifindex == ifindex && addr->family == family)
			return addr;
	}
	fail_msg("no address");
	return NULL;
}

static void set_setting(struct xn_link_settings *settings, uint16_t attr,
			uint32_t value)
{
	for (uint8_t i = 0; i < settings->count; i++) {
		if (settings->setting[i].attr == attr) {
			assert_int_not_equal(settings->setting[i].value, value);
			settings->setting[i].value = value;
			return;
		}
	}
	fail_msg("no setting %u", attr);
}

/* The kernel gives labels to a renamed link's second and further addresses:
 * this one has none. */
static void new_name(struct xn_model *wanted)
{
	(void)strcpy(link_in(wanted, "br9")->name, "br10");
}

static void new_mac(struct xn_model *wanted)
{
	link_in(wanted, "eth0")->mac.octet[5] ^= 1;
}

static void new_mtu(struct xn_model *wanted)
{
	link_in(wanted, "other0")->mtu = 1450;
}

static void no_arp(struct xn_model *wanted)
{
	link_in(wanted, "other0")->noarp = true;
}

static void down(struct xn_model *wanted)
{
	link_in(wanted, "br9")->up = false;
}

static void bridge_settings(struct xn_model *wanted)
{
	struct xn_link_settings *bridge = &link_in(wanted, "br9")->bridge;

	set_setting(bridge, IFLA_BR_STP_STATE, 1);
	set_setting(bridge, IFLA_BR_AGEING_TIME, 6000);
	set_setting(bridge, IFLA_BR_PRIORITY, 0x2000);
}

static void port_settings(struct xn_model *wanted)
{
	struct xn_link_settings *port = &link_in(wanted, "wire9")->port;

	set_setting(port, IFLA_BRPORT_ISOLATED, 1);
	set_setting(port, IFLA_BRPORT_COST, 77);
	set_setting(port, IFLA_BRPORT_UNICAST_FLOOD, 0);
}

static void ipv6_settings(struct xn_model *wanted)
{
	link_in(wanted, "other0")->accept_ra = 2;
	link_in(wanted, "br9")->disable_ipv6 = true;
	link_in(wanted, "other0")->addr_gen_mode = 0;
}

static void another_master(struct xn_model *wanted)
{
	link_in(wanted, "wire9")->master = link_in(wanted, "br8")->ifindex;
}

static void no_master(struct xn_model *wanted)
{
	link_in(wanted, "wire9")->master = 0;
}

static void new_label(struct xn_model *wanted)
{
	(void)strcpy(addr_in(wanted, "other0", AF_INET)->label, "other0:7");
}

/* The kernel takes the others of the network along, unless it is told to
 * promote one of them. */
static void no_first_address(struct xn_model *wanted)
{
	struct xn_addr *addr = addr_in(wanted, "eth0", AF_INET);

	assert_int_equal(addr->address[3], 1);
	xn_model_remove(
		wanted, XN_ADDR,
		(size_t)(addr - (struct xn_addr *)wanted->table[XN_ADDR].item));
}

/* The routes that need some address stay. */
static void another_address(struct xn_model *wanted)
{
	addr_in(wanted, "other0", AF_INET)->address[3] = 77;
}

static void new_lifetime(struct xn_model *wanted)
{
	struct xn_addr *addr = addr_in(wanted, "other0", AF_INET);

	addr->valid_s = 4000;
	addr->preferred_s = 2000;
}

static void new_metric(struct xn_model *wanted)
{
	addr_in(wanted, "other0", AF_INET)->metric = 55;
}

static void new_neighbour(struct xn_model *wanted)
{
	struct xn_neigh *neigh = xn_model_edit(wanted, XN_NEIGH, 0);

	neigh->mac.octet[5] ^= 1;
}

static void no_rules(struct xn_model *wanted)
{
	for (size_t i = xn_model_count(wanted, XN_RULE); i > 0; i--) {
		const struct xn_rule *rule =
			xn_model_at(wanted, XN_RULE, i - 1);

		if (rule->priority >= 1000 && rule->priority <= 1003)
			xn_model_remove(wanted, XN_RULE, i - 1);
	}
}

static void no_bridge(struct xn_model *wanted)
{
	struct xn_model_link *bridge = link_in(wanted, "br8");

	xn_model_remove(
		wanted, XN_LINK,
		(size_t)(bridge -
			 (struct xn_model_link *)wanted->table[XN_LINK].item));
}

/* A few more links, as simple as can be. */
static int build_more(void **state)
{
	if (build_house(state) < 0)
		return -1;
	ip_batch("link add br8 type bridge\n"
		 "link set br8 addrgenmode none address 00:16:3e:00:00:08\n"
		 "link add br9 type bridge\n"
		 "link set br9 addrgenmode none address 00:16:3e:00:00:09\n"
		 "link set br9 up\n"
		 "link add wire9 type veth peer name wire8\n"
		 "link set wire9 addrgenmode none master br9\n");
	return 0;
}

static void go(const struct xn_model *from, const struct xn_model *to)
{
	char words[256] = "";
	struct xn_plan plan;
	struct xn_model now;
	bool undone;

	GOOD(xn_plan_make(from, to, &plan, &err));
	assert_true(plan.count > 0);
	GOOD(xn_apply(nl, &plan, house.journal, &undone, &err));
	xn_plan_fini(&plan);
	now = look_around();
	/* The order of addresses may be another. */
	GOOD(xn_plan_make(&now, to, &plan, &err));
	if (plan.count > 0)
		xn_op_words(&plan.op[0], words, sizeof(words));
	assert_string_equal(words, "");
	xn_plan_fini(&plan);
	xn_model_fini(&now);
}

static void change_and_back(change_fn *change)
{
	struct xn_model before = look_around();
	struct xn_model wanted;
	struct xn_model now;

	assert_int_equal(xn_model_copy(&before, &wanted), 0);
	change(&wanted);
	go(&before, &wanted);
	now = look_around();
	go(&now, &before);
	xn_model_fini(&now);
	xn_model_fini(&wanted);
	xn_model_fini(&before);
}

#define CHANGE(change)                              \
	static void change##_and_back(void **state) \
	{                                           \
		(void)state;                        \
		change_and_back(change);            \
	}

CHANGE(new_name)
CHANGE(new_mac)
CHANGE(new_mtu)
CHANGE(no_arp)
CHANGE(down)
CHANGE(bridge_settings)
CHANGE(port_settings)
CHANGE(ipv6_settings)
CHANGE(another_master)
CHANGE(no_master)
CHANGE(new_label)
CHANGE(no_first_address)
CHANGE(another_address)
CHANGE(new_lifetime)
CHANGE(new_metric)
CHANGE(new_neighbour)
CHANGE(no_rules)
CHANGE(no_bridge)

#define MORE(change)                                                   \
	cmocka_unit_test_setup_teardown(change##_and_back, build_more, \
					leave_house)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MORE(new_name),
		MORE(new_mac),
		MORE(new_mtu),
		MORE(no_arp),
		MORE(down),
		MORE(bridge_settings),
		MORE(port_settings),
		MORE(ipv6_settings),
		MORE(another_master),
		MORE(no_master),
		MORE(new_label),
		MORE(no_first_address),
		MORE(another_address),
		MORE(new_lifetime),
		MORE(new_metric),
		MORE(new_neighbour),
		MORE(no_rules),
		MORE(no_bridge),
	};

	return NAMESPACE_GROUP(tests);
}
