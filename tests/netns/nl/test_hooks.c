/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel says of nftables, tc, packet sockets, BPF programs
 * and old netfilter: each is seen when it is there, and only then. Made with
 * the tools that administrators use, nft(8) and tc(8). */
#include "tests/netns/nl/namespaces.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/nl/netfilter.h"
#include "netconf/nl/nft.h"
#include "netconf/nl/packet.h"
#include "netconf/nl/qdisc.h"
#include "tests/netns/nl/programs.h"

static struct xn_nl *netfilter;
static struct xn_nl_monitor *monitor;
static bool announced;
static int tc_ifindex;

static void on_nft(void *arg)
{
	(void)arg;
	announced = true;
}

static void on_tc(void *arg, int ifindex)
{
	(void)arg;
	if (ifindex == tc_ifindex)
		announced = true;
}

static const struct xn_nl_handlers handlers = {.nft_changed = on_nft,
					       .tc_changed = on_tc};

static void tool(const char *command)
{
	int status = system(command);

	if (status != 0)
		fail_msg("%s: status %d", command, status);
}

static bool tool_works(const char *command)
{
	char quiet[128];

	assert_true(xn_text_format(quiet, sizeof(quiet), "%s >/dev/null 2>&1",
				   command) > 0);
	return system(quiet) == 0;
}

/* Once more after the change was announced. */
static struct xn_nft_hooks announced_hooks(void)
{
	struct xn_nft_hooks hooks = {0};

	wait_for(monitor, &handlers, &announced);
	announced = false;
	GOOD(xn_nft_hooks_dump(netfilter, &hooks, &err));
	return hooks;
}

static void chains_are_announced_and_listed(void **state)
{
	struct xn_nft_hooks hooks = {0};

	(void)state;
	if (!tool_works("nft add table bridge probe") ||
	    !tool_works("nft delete table bridge probe")) {
		print_message("no nft, or a kernel without its bridge family");
		skip();
	}
	GOOD(xn_nl_open_netfilter(&netfilter, &err));
	GOOD(xn_nft_hooks_dump(netfilter, &hooks, &err));
	assert_int_equal(hooks.count, 0);
	xn_nft_hooks_fini(&hooks);
	GOOD(xn_nl_monitor_open(XN_MONITOR_NFT, &monitor, &err));
	tool("nft 'add table bridge t; add chain bridge t plain; "
	     "add chain bridge t c "
	     "{ type filter hook forward priority 0; }'");
	hooks = announced_hooks();
	assert_int_equal(hooks.count, 1);
	assert_int_equal(hooks.hook[0].family, NFPROTO_BRIDGE);
	assert_int_equal(hooks.hook[0].number, NF_INET_FORWARD);
	assert_string_equal(hooks.hook[0].device, "");
	xn_nft_hooks_fini(&hooks);
	tool("nft delete table bridge t");
	hooks = announced_hooks();
	assert_int_equal(hooks.count, 0);
	xn_nft_hooks_fini(&hooks);
	xn_nl_monitor_close(monitor);
	xn_nl_close(netfilter);
}

static void chains_on_devices_name_them(void **state)
{
	struct xn_nft_hooks hooks = {0};
	int fd = -1;

	(void)state;
	(void)new_tap("twin", &fd);
	if (!tool_works("nft 'add table netdev t; add chain netdev t c { type "
			"filter hook ingress device \"twin\" priority 0; }'")) {
		print_message("no nft, or a kernel without its netdev family");
		xn_close(&fd);
		skip();
	}
	GOOD(xn_nl_open_netfilter(&netfilter, &err));
	GOOD(xn_nft_hooks_dump(netfilter, &hooks, &err));
	assert_int_equal(hooks.count, 1);
	assert_true(xn_nft_hook_is_on(&hooks.hook[0], "twin"));
	assert_false(xn_nft_hook_is_on(&hooks.hook[0], "twin2"));
	xn_nft_hooks_fini(&hooks);
	tool("nft delete table netdev t");
	xn_nl_close(netfilter);
	xn_close(&fd);
}

static bool tc_on(int ifindex)
{
	struct xn_ifindexes links = {0};
	bool have;

	GOOD(xn_qdisc_dump(nl, &links, &err));
	have = xn_ifindexes_have(&links, ifindex);
	xn_ifindexes_fini(&links);
	return have;
}

static void added_disciplines_are_announced_and_listed(void **state)
{
	int fd = -1;

	(void)state;
	tc_ifindex = new_tap("twin", &fd);
	assert_false(tc_on(tc_ifindex));
	GOOD(xn_nl_monitor_open(XN_MONITOR_TC, &monitor, &err));
	tool("tc qdisc add dev twin clsact");
	wait_for(monitor, &handlers, &announced);
	assert_true(tc_on(tc_ifindex));
	announced = false;
	tool("tc qdisc del dev twin clsact");
	wait_for(monitor, &handlers, &announced);
	assert_false(tc_on(tc_ifindex));
	tool("tc qdisc add dev twin root pfifo");
	assert_true(tc_on(tc_ifindex));
	tool("tc qdisc del dev twin root");
	assert_false(tc_on(tc_ifindex));
	GOOD(xn_qdisc_set_none(nl, tc_ifindex, &err));
	GOOD(xn_qdisc_set_none(nl, tc_ifindex, &err));
	tool("ip link set twin up");
	tool("tc qdisc show dev twin | grep -q 'noqueue.* root'");
	assert_false(tc_on(tc_ifindex));
	tool("tc qdisc replace dev twin root pfifo");
	assert_true(tc_on(tc_ifindex));
	REFUSED(xn_qdisc_set_none(nl, 9999, &err), -ENODEV, "link 9999");
	xn_nl_monitor_close(monitor);
	xn_close(&fd);
}

static bool packet_on(int ifindex)
{
	struct xn_ifindexes links = {0};
	bool have;

	GOOD(xn_packet_read(&links, &err));
	have = xn_ifindexes_have(&links, ifindex);
	xn_ifindexes_fini(&links);
	return have;
}

static int packet_socket(int ifindex, uint16_t protocol)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(protocol),
				      .sll_ifindex = ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
		bind(fd, (const struct sockaddr *)&address, sizeof(address)),
		0);
	return fd;
}

static void packet_sockets_are_listed(void **state)
{
	int fd = -1;
	int ifindex = new_tap("twin", &fd);
	int socket_fd;

	(void)state;
	assert_false(packet_on(ifindex));
	assert_false(packet_on(0));
	socket_fd = packet_socket(ifindex, ETH_P_ALL);
	assert_true(packet_on(ifindex));
	assert_false(packet_on(0));
	xn_close(&socket_fd);
	socket_fd = packet_socket(0, ETH_P_ALL);
	assert_true(packet_on(0));
	assert_false(packet_on(ifindex));
	xn_close(&socket_fd);
	/* As LLDP's does: nothing that a bridge forwards. */
	socket_fd = packet_socket(ifindex, 0x88cc);
	assert_false(packet_on(ifindex));
	xn_close(&socket_fd);
	xn_close(&fd);
}

static void programs_are_seen(void **state)
{
	int fd = -1;
	int ifindex = new_tap("twin", &fd);
	int program;

	(void)state;
	assert_int_equal(xn_tcx_count(ifindex), 0);
	assert_false(link_at(ifindex).xdp);
	program = attach_program(PROGRAM_XDP, ifindex);
	if (program >= 0)
		assert_true(link_at(ifindex).xdp);
	else
		print_message("no XDP here: %s\n", strerror(-program));
	xn_close(&program);
	assert_false(link_at(ifindex).xdp);
	for (int way = PROGRAM_TCX_IN; way <= PROGRAM_TCX_OUT; way++) {
		program = attach_program((enum program)way, ifindex);
		if (program >= 0)
			assert_int_equal(xn_tcx_count(ifindex), 1);
		else
			print_message("no tcx here: %s\n", strerror(-program));
		xn_close(&program);
		assert_int_equal(xn_tcx_count(ifindex), 0);
	}
	assert_true(xn_tcx_count(999999) <= 0);
	xn_close(&fd);
}

static void old_netfilter_is_read(void **state)
{
	struct xn_xtables tables;
	struct xn_bridge_nf nf;
	bool in_use = true;

	(void)state;
	GOOD(xn_bridge_nf_read(&nf, &err));
	GOOD(xn_xtables_read(&tables, &err));
	GOOD(xn_ebtables_in_use(&in_use, &err));
	assert_false(in_use);
	assert_false(tables.ip || tables.ip6 || tables.arp);
	if (!tool_works("iptables-legacy -L -n")) {
		print_message("no iptables-legacy, or a kernel without it\n");
		return;
	}
	GOOD(xn_xtables_read(&tables, &err));
	assert_true(tables.ip);
	assert_false(tables.ip6 || tables.arp);
}

/* A table makes its kernel module look at all bridges' frames: only asking
 * must not make one. */
static void an_old_bridge_table_counts_with_rules(void **state)
{
	bool in_use = true;

	(void)state;
	if (!tool_works("ebtables-legacy -L")) {
		print_message("no ebtables-legacy, or a kernel without it\n");
		skip();
	}
	GOOD(xn_ebtables_in_use(&in_use, &err));
	assert_false(in_use);
	tool("ebtables-legacy -A FORWARD -j ACCEPT");
	GOOD(xn_ebtables_in_use(&in_use, &err));
	assert_true(in_use);
	tool("ebtables-legacy -F");
	GOOD(xn_ebtables_in_use(&in_use, &err));
	assert_false(in_use);
	tool("ebtables-legacy -P FORWARD DROP");
	GOOD(xn_ebtables_in_use(&in_use, &err));
	assert_true(in_use);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(chains_are_announced_and_listed,
						open_nl, close_nl),
		cmocka_unit_test_setup_teardown(chains_on_devices_name_them,
						open_nl, close_nl),
		cmocka_unit_test_setup_teardown(
			added_disciplines_are_announced_and_listed, open_nl,
			close_nl),
		cmocka_unit_test_setup_teardown(packet_sockets_are_listed,
						open_nl, close_nl),
		cmocka_unit_test_setup_teardown(programs_are_seen, open_nl,
						close_nl),
		cmocka_unit_test_setup_teardown(old_netfilter_is_read, open_nl,
						close_nl),
		cmocka_unit_test_setup_teardown(
			an_old_bridge_table_counts_with_rules, open_nl,
			close_nl),
	};

	return NAMESPACE_GROUP(tests);
}
