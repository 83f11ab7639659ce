/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/apply/house.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/proc.h"
#include "netconf/model/fields.h"
#include "netconf/nl/netns.h"

struct house house = {.neighbour_fd = -1};
const struct xn_direct direct = {.bridge = "xenbr0", .netdev = "eth0"};

static const char house_lines[] =
	"link set lo up\n"
	"link set eth0 mtu 1400 up\n"
	"link set other0 up\n"
	"addr add 192.0.2.1/24 brd 192.0.2.255 dev eth0\n"
	"addr add 192.0.2.2/24 label eth0:1 dev eth0\n"
	"addr add 192.0.2.3/24 dev eth0 valid_lft 3600 preferred_lft "
	"1800\n"
	"addr add 198.51.100.1/25 dev eth0 metric 77\n"
	"addr add 203.0.113.1/24 dev eth0 noprefixroute\n"
	"addr add 10.99.0.1 peer 10.99.0.2/32 dev eth0\n"
	"addr add fd00:1::1/64 dev eth0 nodad\n"
	"addr add fd00:1::2/64 dev eth0 nodad\n"
	"addr add fd00:2::1/64 dev eth0 nodad valid_lft 3600 "
	"preferred_lft 0\n"
	"addr add 172.31.0.1/24 dev other0\n"
	"addr add fd00:31::1/64 dev other0 nodad\n"
	"route add 203.0.113.0/24 dev eth0 proto kernel scope link "
	"src 203.0.113.1 metric 300\n"
	"route add default via 192.0.2.254 dev eth0 metric 100\n"
	"route add default via 198.51.100.126 dev eth0 metric 200 "
	"proto dhcp\n"
	"route add 10.1.0.0/16 via 192.0.2.253 dev eth0 src "
	"192.0.2.2\n"
	"route add 10.2.0.0/16 nexthop via 192.0.2.251 dev eth0 "
	"weight 3 nexthop via 192.0.2.252 dev eth0\n"
	"route add 10.3.0.0/16 via 172.16.0.1 dev eth0 onlink\n"
	"route add 10.4.0.0/16 dev eth0 mtu 1300 advmss 1200\n"
	"route add 10.5.0.0/16 via 172.31.0.2 dev other0\n"
	"route add blackhole 10.6.0.0/16\n"
	"route add default via 192.0.2.254 dev eth0 table 100\n"
	"route add 10.7.0.0/16 dev eth0 table 4711 metric 5\n"
	"rule add from 192.0.2.2 lookup 100 priority 1000\n"
	"rule add iif eth0 to 10.7.0.0/16 lookup 4711 priority 1001\n"
	"rule add oif eth0 fwmark 0x1/0xff lookup 100 priority 1002\n"
	"rule add iif other0 lookup 100 priority 1003\n"
	"neigh add 192.0.2.250 lladdr 00:16:3e:00:00:50 dev eth0 nud "
	"permanent\n"
	"neigh add fd00:1::50 lladdr 00:16:3e:00:00:50 dev eth0 nud "
	"permanent\n"
	"neigh add proxy 192.0.2.77 dev eth0\n"
	"neigh add 172.31.0.9 lladdr 00:16:3e:00:00:09 dev other0 "
	"nud permanent\n";

static const char house_lines_v6[] =
	"route add default via fd00:1::fe dev eth0 metric 1024\n"
	"route add default via fd00:1::fd dev eth0 metric 2048 pref "
	"high\n"
	"route add fd00:9::/48 dev eth0 expires 3000\n"
	"route add fd00:8::/48 nexthop via fd00:1::f1 dev eth0 "
	"nexthop via fd00:1::f2 dev eth0\n"
	"route add fd00:7::/48 via fd00:1::fe dev eth0 src "
	"fd00:1::2\n"
	"route add default via fd00:1::fe dev eth0 table 100\n"
	"route add fd00:5::/48 via fd00:31::2 dev other0\n"
	"rule add iif eth0 lookup 100 priority 1000\n"
	"rule add from fd00:1::2 lookup 100 priority 1001\n";

static const char neighbour_lines[] =
	"link set lo up\n"
	"link set wire0 mtu 1400 up\n"
	"addr add 192.0.2.254/24 dev wire0\n"
	"addr add fd00:1::fe/64 dev wire0 nodad\n";

static void run_ip(const char *command, const char *lines)
{
	FILE *ip = popen(command, "w");

	assert_non_null(ip);
	assert_true(fputs(lines, ip) >= 0);
	assert_int_equal(pclose(ip), 0);
}

void ip_batch(const char *lines)
{
	run_ip("ip -batch -", lines);
}

static void furnish_neighbour(void)
{
	int back;

	GOOD(xn_netns_enter(house.neighbour_fd, &back, &err));
	ip_batch(neighbour_lines);
	xn_netns_leave(&back);
}

/* The kernel makes link-local addresses a moment after a link has a carrier,
 * and asks around for a second: they are set by hand instead. */
static void make_links(void)
{
	static const char *const names[] = {"eth0", "other0"};

	GOOD(xn_link_create_veth(nl, "eth0", "wire0", house.neighbour_fd,
				 &err));
	GOOD(xn_link_create_veth(nl, "other0", "wire1", house.neighbour_fd,
				 &err));
	for (int i = 0; i < 2; i++)
		GOOD(xn_link_set_no_link_local(nl, link_named(names[i]).ifindex,
					       &err));
}

/* The mode that a NIC has, once its link-local address is there. */
static void add_link_local(void)
{
	int ifindex = link_named("eth0").ifindex;

	ip_batch("addr add fe80::216:3eff:fe00:1/64 dev eth0 nodad\n");
	GOOD(xn_link_set_addr_gen_mode(nl, ifindex, 0, &err));
	GOOD(xn_link_set_ipv6("eth0", "accept_ra", 2, &err));
}

int build_house(void **state)
{
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	if (open_nl(state) < 0)
		return -1;
	(void)strcpy(house.folder, "/tmp/xn-house-XXXXXX");
	assert_non_null(mkdtemp(house.folder));
	(void)snprintf(house.journal, sizeof(house.journal), "%s/journal",
		       house.folder);
	house.neighbour_fd = new_namespace();
	make_links();
	furnish_neighbour();
	ip_batch(house_lines);
	run_ip("ip -6 -batch -", house_lines_v6);
	add_link_local();
	return 0;
}

int leave_house(void **state)
{
	char path[112];

	(void)state;
	xn_close(&house.neighbour_fd);
	xn_nl_close(nl);
	nl = NULL;
	(void)unlink(house.journal);
	(void)snprintf(path, sizeof(path), "%s.new", house.journal);
	(void)unlink(path);
	return rmdir(house.folder);
}

struct xn_model look_around(void)
{
	struct xn_model model;

	GOOD(xn_observe(nl, &model, &err));
	return model;
}

struct xn_plan plan_for(wanted_fn *front_door)
{
	struct xn_model observed = look_around();
	struct xn_model wanted;
	struct xn_plan plan;

	GOOD(front_door(&observed, &direct, &wanted, &err));
	GOOD(xn_plan_make(&observed, &wanted, &plan, &err));
	xn_model_fini(&wanted);
	xn_model_fini(&observed);
	return plan;
}

size_t do_all(wanted_fn *front_door)
{
	struct xn_plan plan = plan_for(front_door);
	size_t count = plan.count;
	bool undone;

	GOOD(xn_apply(nl, &plan, house.journal, &undone, &err));
	xn_plan_fini(&plan);
	return count;
}

size_t count_on(const struct xn_model *model, int ifindex)
{
	size_t count = 0;

	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		const struct xn_addr *addr = xn_model_at(model, XN_ADDR, i);

		count += addr->ifindex == ifindex;
	}
	for (size_t i = 0; i < xn_model_count(model, XN_ROUTE); i++) {
		const struct xn_route *route = xn_model_at(model, XN_ROUTE, i);

		count += route->ifindex == ifindex ||
			 (route->hop_count > 0 &&
			  route->hop[0].ifindex == ifindex);
	}
	for (size_t i = 0; i < xn_model_count(model, XN_NEIGH); i++) {
		const struct xn_neigh *neigh = xn_model_at(model, XN_NEIGH, i);

		count += neigh->ifindex == ifindex;
	}
	return count;
}

static struct xn_uplink uplink_of(const struct xn_direct *from,
				  enum xn_style style)
{
	return (struct xn_uplink){
		.style = style,
		.bridge = style == XN_STYLE_NEW ? from->netdev : from->bridge,
		.netdev = from->netdev};
}

int new_start(const struct xn_model *observed, const struct xn_direct *from,
	      struct xn_model *ret_wanted, struct xn_err *error)
{
	struct xn_uplink uplink = uplink_of(from, XN_STYLE_NEW);

	return xn_style_start(observed, &uplink, ret_wanted, error);
}

int new_stop(const struct xn_model *observed, const struct xn_direct *from,
	     struct xn_model *ret_wanted, struct xn_err *error)
{
	struct xn_uplink uplink = uplink_of(from, XN_STYLE_NEW);

	return xn_style_stop(observed, &uplink, ret_wanted, error);
}

int old_start(const struct xn_model *observed, const struct xn_direct *from,
	      struct xn_model *ret_wanted, struct xn_err *error)
{
	struct xn_uplink uplink = uplink_of(from, XN_STYLE_OLD);

	return xn_style_start(observed, &uplink, ret_wanted, error);
}

int old_stop(const struct xn_model *observed, const struct xn_direct *from,
	     struct xn_model *ret_wanted, struct xn_err *error)
{
	struct xn_uplink uplink = uplink_of(from, XN_STYLE_OLD);

	return xn_style_stop(observed, &uplink, ret_wanted, error);
}

const struct front_doors styles[STYLES] = {
	{"direct", xn_direct_start, xn_direct_stop},
	{"new", new_start, new_stop},
	{"old", old_start, old_stop},
};

/* The link's address that is the `nth` of it in the model, or NULL. */
static const struct xn_addr *nth_of(const struct xn_model *model, int ifindex,
				    uint8_t family, size_t nth)
{
	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		const struct xn_addr *addr = xn_model_at(model, XN_ADDR, i);

		if (addr->ifindex == ifindex && addr->family == family &&
		    nth-- == 0)
			return addr;
	}
	return NULL;
}

static bool is_same_order_on(const struct xn_model *a, const struct xn_model *b,
			     int ifindex, uint8_t family)
{
	for (size_t nth = 0;; nth++) {
		const struct xn_addr *x = nth_of(a, ifindex, family, nth);
		const struct xn_addr *y = nth_of(b, ifindex, family, nth);

		if (!x || !y)
			return x == y;
		if (!xn_same_key(XN_ADDR, x, y))
			return false;
	}
}

/* Each link's addresses are in the same order. */
static bool is_same_order(const struct xn_model *a, const struct xn_model *b)
{
	for (size_t i = 0; i < xn_model_count(a, XN_LINK); i++) {
		const struct xn_model_link *link = xn_model_at(a, XN_LINK, i);

		if (!is_same_order_on(a, b, link->ifindex, AF_INET) ||
		    !is_same_order_on(a, b, link->ifindex, AF_INET6))
			return false;
	}
	return true;
}

static bool compare(const struct xn_model *a, const struct xn_model *b,
		    bool aloud)
{
	struct xn_plan plan;
	bool same;

	GOOD(xn_plan_make(a, b, &plan, &err));
	for (size_t i = 0; i < plan.count && aloud; i++) {
		char words[256];

		xn_op_words(&plan.op[i], words, sizeof(words));
		print_error("differs: %s\n", words);
	}
	same = plan.count == 0;
	xn_plan_fini(&plan);
	return same && is_same_order(a, b);
}

bool is_same_house(const struct xn_model *a, const struct xn_model *b)
{
	return compare(a, b, false);
}

void assert_same_house(const struct xn_model *a, const struct xn_model *b)
{
	assert_true(compare(a, b, true));
}

void assert_no_journal(void)
{
	assert_int_equal(access(house.journal, F_OK), -1);
}
