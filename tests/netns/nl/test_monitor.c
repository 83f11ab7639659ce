/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nl/namespaces.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>

#include "netconf/base/fd.h"
#include "netconf/nl/fdb.h"

/* What the handlers look for and what they saw, about one link. */
struct watch {
	int ifindex;
	int bridge;
	uint32_t promiscuity;
	bool link_isolated, port_isolated, port_left, link_gone, enslaved;
	bool promiscuous;
	bool told, withdrawn;
	bool addr_came, addr_went;
};

static struct watch watch;
static struct xn_nl_monitor *monitor;

static void on_link(void *arg, const struct xn_link *link)
{
	struct watch *w = arg;

	if (link->ifindex != w->ifindex)
		return;
	if (link->is_bridge_port && link->port.isolated)
		w->link_isolated = true;
	if (link->master == w->bridge && link->is_bridge_port)
		w->enslaved = true;
	if (link->promiscuity == w->promiscuity)
		w->promiscuous = true;
}

static void on_link_del(void *arg, const struct xn_link *link)
{
	struct watch *w = arg;

	if (link->ifindex == w->ifindex)
		w->link_gone = true;
}

static void on_port(void *arg, const struct xn_port_event *event)
{
	struct watch *w = arg;

	if (event->ifindex == w->ifindex && event->master == w->bridge &&
	    event->port.isolated)
		w->port_isolated = true;
}

static void on_port_del(void *arg, const struct xn_port_event *event)
{
	struct watch *w = arg;

	if (event->ifindex == w->ifindex && event->master == w->bridge)
		w->port_left = true;
}

static void on_fdb(void *arg, const struct xn_fdb_entry *entry)
{
	struct watch *w = arg;

	if (entry->ifindex == w->ifindex && (entry->flags & NTF_EXT_LEARNED) &&
	    entry->mac.octet[5] == 0x77)
		w->told = true;
}

static void on_fdb_del(void *arg, const struct xn_fdb_entry *entry)
{
	struct watch *w = arg;

	if (entry->ifindex == w->ifindex && entry->mac.octet[5] == 0x77)
		w->withdrawn = true;
}

static void on_addr(void *arg, const struct xn_addr *addr)
{
	struct watch *w = arg;

	if (addr->ifindex == w->ifindex && addr->family == AF_INET)
		w->addr_came = true;
}

static void on_addr_del(void *arg, const struct xn_addr *addr)
{
	struct watch *w = arg;

	if (addr->ifindex == w->ifindex && addr->family == AF_INET)
		w->addr_went = true;
}

static const struct xn_nl_handlers handlers = {
	.link_new = on_link,
	.link_del = on_link_del,
	.port_new = on_port,
	.port_del = on_port_del,
	.fdb_new = on_fdb,
	.fdb_del = on_fdb_del,
	.addr_new = on_addr,
	.addr_del = on_addr_del,
	.arg = &watch,
};

static int open_monitor(void **state)
{
	watch = (struct watch){0};
	if (open_nl(state) < 0)
		return -1;
	GOOD(xn_nl_monitor_open(XN_MONITOR_LINK | XN_MONITOR_FDB |
					XN_MONITOR_ADDR,
				&monitor, &err));
	return 0;
}

static int close_monitor(void **state)
{
	xn_nl_monitor_close(monitor);
	xn_nl_monitor_close(NULL);
	return close_nl(state);
}

static void a_ports_life_is_announced(void **state)
{
	static const struct xn_nl_setting isolated = {IFLA_BRPORT_ISOLATED, 1};
	int fd;

	(void)state;
	watch.bridge = new_bridge("xenbr0");
	watch.ifindex = new_tap("vif1.0", &fd);
	GOOD(xn_link_set_master(nl, watch.ifindex, watch.bridge, &err));
	wait_for(monitor, &handlers, &watch.enslaved);
	assert_false(watch.link_isolated);
	GOOD(xn_brport_set(nl, watch.ifindex, &isolated, 1, &err));
	wait_for(monitor, &handlers, &watch.link_isolated);
	assert_true(link_at(watch.ifindex).port.isolated);
	assert_false(watch.port_left);
	GOOD(xn_link_set_master(nl, watch.ifindex, 0, &err));
	wait_for(monitor, &handlers, &watch.port_left);
	assert_false(watch.link_gone);
	xn_close(&fd);
	wait_for(monitor, &handlers, &watch.link_gone);
}

static void a_bridge_speaks_of_its_ports(void **state)
{
	static const struct xn_nl_setting isolated = {IFLA_BRPORT_ISOLATED, 1};
	int fd;

	(void)state;
	watch.bridge = new_bridge("xenbr0");
	watch.ifindex = new_tap("vif1.0", &fd);
	GOOD(xn_link_set_master(nl, watch.ifindex, watch.bridge, &err));
	GOOD(xn_brport_set(nl, watch.ifindex, &isolated, 1, &err));
	/* A port that goes down and up changes its state. */
	GOOD(xn_link_set_up(nl, watch.ifindex, false, &err));
	GOOD(xn_link_set_up(nl, watch.ifindex, true, &err));
	wait_for(monitor, &handlers, &watch.port_isolated);
	xn_close(&fd);
}

static void a_capture_on_a_port_is_announced(void **state)
{
	struct packet_mreq everything = {.mr_type = PACKET_MR_PROMISC};
	int capture;
	int fd;

	(void)state;
	watch.bridge = new_bridge("xenbr0");
	watch.ifindex = new_tap("vif1.0", &fd);
	GOOD(xn_link_set_master(nl, watch.ifindex, watch.bridge, &err));
	/* The bridge itself wants all frames of its port. */
	assert_int_equal(link_at(watch.ifindex).promiscuity, 1);
	watch.promiscuity = 2;
	assert_int_equal(xn_nl_monitor_read(monitor, &handlers), 0);
	assert_false(watch.promiscuous);
	capture = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(capture >= 0);
	everything.mr_ifindex = watch.ifindex;
	assert_int_equal(setsockopt(capture, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
				    &everything, sizeof(everything)),
			 0);
	wait_for(monitor, &handlers, &watch.promiscuous);
	assert_int_equal(link_at(watch.ifindex).promiscuity, 2);
	watch.promiscuity = 1;
	watch.promiscuous = false;
	xn_close(&capture);
	wait_for(monitor, &handlers, &watch.promiscuous);
	xn_close(&fd);
}

static void told_stations_are_announced(void **state)
{
	static const struct xn_mac guest = {{0, 0x16, 0x3e, 0, 0, 0x77}};
	int fd;

	(void)state;
	watch.bridge = new_bridge("xenbr0");
	watch.ifindex = new_tap("vif1.0", &fd);
	GOOD(xn_link_set_master(nl, watch.ifindex, watch.bridge, &err));
	GOOD(xn_fdb_add_extern(nl, watch.ifindex, &guest, 0, &err));
	wait_for(monitor, &handlers, &watch.told);
	assert_false(watch.withdrawn);
	GOOD(xn_fdb_delete(nl, watch.ifindex, &guest, 0, &err));
	wait_for(monitor, &handlers, &watch.withdrawn);
	xn_close(&fd);
}

static void addresses_are_announced(void **state)
{
	struct xn_addr addr = {.family = AF_INET,
			       .prefix_length = 24,
			       .address = {192, 0, 2, 1}};

	(void)state;
	watch.ifindex = addr.ifindex = new_bridge("xenbr0");
	GOOD(xn_addr_add(nl, &addr, &err));
	wait_for(monitor, &handlers, &watch.addr_came);
	assert_false(watch.addr_went);
	GOOD(xn_addr_delete(nl, &addr, &err));
	wait_for(monitor, &handlers, &watch.addr_went);
}

static void only_what_was_asked_for_is_announced(void **state)
{
	struct xn_addr addr = {.family = AF_INET,
			       .prefix_length = 24,
			       .address = {192, 0, 2, 1}};
	struct xn_nl_monitor *addr_only;

	(void)state;
	GOOD(xn_nl_monitor_open(XN_MONITOR_ADDR, &addr_only, &err));
	watch.ifindex = addr.ifindex = new_bridge("xenbr0");
	watch.promiscuity = 0; /* any announcement of the link will do */
	GOOD(xn_addr_add(nl, &addr, &err));
	wait_for(addr_only, &handlers, &watch.addr_came);
	assert_false(watch.promiscuous);
	wait_for(monitor, &handlers, &watch.promiscuous);
	xn_nl_monitor_close(addr_only);
}

static void handlers_may_be_missing(void **state)
{
	static const struct xn_nl_handlers none = {0};
	int fd;

	(void)state;
	watch.bridge = new_bridge("xenbr0");
	watch.ifindex = new_tap("vif1.0", &fd);
	GOOD(xn_link_set_master(nl, watch.ifindex, watch.bridge, &err));
	xn_close(&fd);
	assert_int_equal(xn_nl_monitor_read(monitor, &none), 0);
	/* They were read: nothing of it is left for these. */
	assert_int_equal(xn_nl_monitor_read(monitor, &handlers), 0);
	assert_false(watch.enslaved);
}

static void lost_announcements_are_reported_once(void **state)
{
	struct xn_addr addr = {.family = AF_INET,
			       .prefix_length = 24,
			       .address = {192, 0, 2, 1}};
	int smallest = 1;
	int ifindex;

	(void)state;
	ifindex = new_bridge("xenbr0");
	assert_int_equal(xn_nl_monitor_read(monitor, &handlers), 0);
	assert_int_equal(setsockopt(xn_nl_monitor_fd(monitor), SOL_SOCKET,
				    SO_RCVBUF, &smallest, sizeof(smallest)),
			 0);
	for (int i = 0; i < 50; i++) {
		GOOD(xn_link_set_up(nl, ifindex, false, &err));
		GOOD(xn_link_set_up(nl, ifindex, true, &err));
	}
	assert_int_equal(xn_nl_monitor_read(monitor, &handlers), -ENOBUFS);
	/* It goes on: later announcements arrive. */
	assert_int_equal(xn_nl_monitor_read(monitor, &handlers), 0);
	watch.ifindex = addr.ifindex = ifindex;
	GOOD(xn_addr_add(nl, &addr, &err));
	wait_for(monitor, &handlers, &watch.addr_came);
}

static void a_monitor_hears_its_namespace_only(void **state)
{
	int netns_fd = new_namespace();
	struct xn_nl_monitor *there;
	struct xn_nl *other;
	struct xn_link link;

	(void)state;
	GOOD(xn_nl_monitor_open_in(netns_fd, XN_MONITOR_LINK, &there, &err));
	watch.promiscuity = 0;
	watch.ifindex = new_bridge("here");
	assert_int_equal(xn_nl_monitor_read(there, &handlers), 0);
	assert_false(watch.promiscuous);
	GOOD(xn_link_create_veth(nl, "a0", "b0", netns_fd, &err));
	GOOD(xn_nl_open_in(netns_fd, &other, &err));
	GOOD(xn_link_get(other, "b0", &link, &err));
	xn_nl_close(other);
	watch.ifindex = link.ifindex;
	wait_for(there, &handlers, &watch.promiscuous);
	xn_nl_monitor_close(there);
	xn_close(&netns_fd);
}

#define NL(test) \
	cmocka_unit_test_setup_teardown(test, open_monitor, close_monitor)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(a_ports_life_is_announced),
		NL(a_bridge_speaks_of_its_ports),
		NL(a_capture_on_a_port_is_announced),
		NL(told_stations_are_announced),
		NL(addresses_are_announced),
		NL(only_what_was_asked_for_is_announced),
		NL(handlers_may_be_missing),
		NL(lost_announcements_are_reported_once),
		NL(a_monitor_hears_its_namespace_only),
	};

	return NAMESPACE_GROUP(tests);
}
