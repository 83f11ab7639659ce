/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nl/namespaces.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sched.h>

#include "netconf/base/fd.h"
#include "netconf/nl/addr.h"

static void a_missing_link_is_refused(void **state)
{
	struct xn_link link = {.ifindex = -3};

	(void)state;
	REFUSED(xn_link_get(nl, "nowhere0", &link, &err), -ENODEV,
		"link nowhere0: No such device");
	REFUSED(xn_link_get_index(nl, 9999, &link, &err), -ENODEV,
		"link 9999: No such device");
	REFUSED(xn_link_set_up(nl, 9999, true, &err), -ENODEV,
		"flags of link 9999");
	REFUSED(xn_link_set_mtu(nl, 0, 1500, &err), -ENODEV, "no such link");
	REFUSED(xn_link_delete(nl, 0, &err), -ENODEV, "no such link");
	assert_int_equal(link.ifindex, -3);
	assert_int_equal(link_named("lo").ifindex, 1);
}

static void bad_names_never_reach_the_kernel(void **state)
{
	static const char *const bad[] = {
		"",	 ".",	"..",	"a/b",	 "a:0",
		"vif%d", "a b", "a\tb", "a\x7f", "sixteen-letters-",
	};
	struct xn_link link;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(xn_link_name_valid(bad[i]));
		REFUSED(xn_link_get(nl, bad[i], &link, &err), -EINVAL, "valid");
		REFUSED(xn_link_create_veth(nl, bad[i], "p", -1, &err), -EINVAL,
			"valid");
		REFUSED(xn_link_create_veth(nl, "p", bad[i], -1, &err), -EINVAL,
			"valid");
		REFUSED(xn_link_rename(nl, 1, bad[i], &err), -EINVAL, "valid");
		REFUSED(xn_link_move_to_pid(nl, 1, 1, bad[i], &err), -EINVAL,
			"valid");
		REFUSED(xn_link_disable_ipv6(bad[i], &err), -EINVAL, "valid");
	}
	assert_true(xn_link_name_valid("vif4711.0-emu"));
	assert_true(xn_link_name_valid("fifteen-letters"));
}

static void a_pair_is_made_and_deleted(void **state)
{
	struct xn_link link;
	struct xn_link peer;

	(void)state;
	GOOD(xn_link_create_veth(nl, "veth0", "vif0.0", -1, &err));
	link = link_named("veth0");
	peer = link_named("vif0.0");
	assert_string_equal(link.kind, "veth");
	assert_int_equal(link.lower, peer.ifindex);
	assert_int_equal(peer.lower, link.ifindex);
	assert_int_equal(link.flags & IFF_UP, 0);
	REFUSED(xn_link_create_veth(nl, "veth0", "other", -1, &err), -EEXIST,
		"create veth pair veth0 and other: ");
	GOOD(xn_link_delete(nl, link.ifindex, &err));
	REFUSED(xn_link_get(nl, "vif0.0", &link, &err), -ENODEV, "vif0.0");
}

/* Six at once, among them one that is gone; a seventh stays. */
static void many_are_deleted_and_no_other(void **state)
{
	int ifindex[6], other, fd = -1;

	(void)state;
	for (int i = 0; i < 6; i += 2) {
		char name[2][16] = {"left0", "right0"};

		name[0][4] = name[1][5] = (char)('0' + i);
		GOOD(xn_link_create_veth(nl, name[0], name[1], -1, &err));
		ifindex[i] = link_named(name[0]).ifindex;
		ifindex[i + 1] = new_bridge(i ? "br1" : "br0");
		if (i)
			GOOD(xn_link_set_master(nl, ifindex[i], ifindex[1],
						&err));
		if (i == 2)
			GOOD(xn_link_delete(nl, ifindex[3], &err));
	}
	other = new_tap("stays", &fd);
	GOOD(xn_link_set_master(nl, other, ifindex[1], &err));
	GOOD(xn_link_delete_all(nl, ifindex, 6, &err));
	for (int i = 0; i < 6; i++) {
		struct xn_link link;

		REFUSED(xn_link_get_index(nl, ifindex[i], &link, &err), -ENODEV,
			"No such device");
		err.set = false;
	}
	assert_int_equal(link_at(other).master, 0);
	GOOD(xn_link_delete_all(nl, ifindex, 6, &err));
	GOOD(xn_link_delete_all(nl, &other, 1, &err));
	GOOD(xn_link_delete_all(nl, NULL, 0, &err));
	REFUSED(xn_link_get_index(nl, other, &(struct xn_link){0}, &err),
		-ENODEV, "No such device");
	xn_close(&fd);
}

static void every_setting_is_read_back(void **state)
{
	struct xn_mac mac = {{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}};
	struct xn_link link;
	int ifindex;

	(void)state;
	GOOD(xn_link_create_veth(nl, "veth0", "vif0.0", -1, &err));
	ifindex = link_named("veth0").ifindex;
	GOOD(xn_link_rename(nl, ifindex, "peth0", &err));
	GOOD(xn_link_set_mtu(nl, ifindex, 9000, &err));
	GOOD(xn_link_set_tx_queue_len(nl, ifindex, 33, &err));
	GOOD(xn_link_set_mac(nl, ifindex, &mac, &err));
	GOOD(xn_link_set_flags(nl, ifindex, IFF_NOARP | IFF_MULTICAST,
			       IFF_NOARP, &err));
	GOOD(xn_link_set_no_link_local(nl, ifindex, &err));
	GOOD(xn_link_set_up(nl, ifindex, true, &err));
	link = link_named("peth0");
	assert_int_equal(link.ifindex, ifindex);
	assert_int_equal(link.mtu, 9000);
	assert_int_equal(link.tx_queue_len, 33);
	assert_true(xn_mac_equal(&link.mac, &mac));
	assert_int_equal(link.flags & (IFF_UP | IFF_NOARP | IFF_MULTICAST),
			 IFF_UP | IFF_NOARP);
	assert_int_equal(link.addr_gen_mode, 1);
	GOOD(xn_link_set_up(nl, ifindex, false, &err));
	assert_int_equal(link_at(ifindex).flags & IFF_UP, 0);
}

static void refusals_carry_the_kernels_words(void **state)
{
	static const struct xn_mac group = {{1, 0, 0, 0, 0, 0}};
	int ifindex;

	(void)state;
	GOOD(xn_link_create_veth(nl, "veth0", "vif0.0", -1, &err));
	ifindex = link_named("veth0").ifindex;
	REFUSED(xn_link_set_mtu(nl, ifindex, 70000, &err), -EINVAL,
		"mtu greater than device maximum");
	REFUSED(xn_link_set_mtu(nl, ifindex, 1, &err), -EINVAL,
		"mtu less than device minimum");
	REFUSED(xn_link_rename(nl, ifindex, "vif0.0", &err), -EEXIST,
		"new name of link");
	REFUSED(xn_link_set_mac(nl, ifindex, &group, &err), -EADDRNOTAVAIL,
		"MAC address of link");
	REFUSED(xn_link_set_master(nl, ifindex, ifindex, &err), -EOPNOTSUPP,
		"master of link");
}

static void a_master_is_set_and_left(void **state)
{
	struct xn_link link;
	int bridge;
	int ifindex;

	(void)state;
	bridge = new_bridge("xenbr0");
	GOOD(xn_link_create_veth(nl, "veth0", "vif0.0", -1, &err));
	ifindex = link_named("vif0.0").ifindex;
	GOOD(xn_link_set_master(nl, ifindex, bridge, &err));
	link = link_at(ifindex);
	assert_int_equal(link.master, bridge);
	assert_true(link.is_bridge_port);
	GOOD(xn_link_set_master(nl, ifindex, 0, &err));
	link = link_at(ifindex);
	assert_int_equal(link.master, 0);
	assert_false(link.is_bridge_port);
}

static void a_dump_of_many_links_is_whole(void **state)
{
	enum {
		MANY = 150
	};
	int netns_fd = new_namespace();
	struct xn_link_table table = {0};
	bool seen[MANY] = {0};
	struct xn_nl *there;
	char name[IFNAMSIZ];
	size_t bridges = 0;

	(void)state;
	/* They go with their namespace, which is faster than one by one. */
	GOOD(xn_nl_open_in(netns_fd, &there, &err));
	xn_close(&netns_fd);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "br%d", i);
		GOOD(xn_bridge_create(there, name, NULL, 0, &err));
	}
	GOOD(xn_link_dump(there, &table, &err));
	xn_nl_close(there);
	for (size_t i = 0; i < table.count; i++) {
		int number;

		if (sscanf(table.link[i].name, "br%d", &number) != 1)
			continue;
		assert_in_range(number, 0, MANY - 1);
		assert_false(seen[number]);
		assert_true(table.link[i].is_bridge);
		seen[number] = true;
		bridges++;
	}
	assert_int_equal(bridges, MANY);
	xn_link_table_fini(&table);
	assert_null(table.link);
}

static int open_and_read_back(int netns_fd, const char *name,
			      struct xn_link *ret_link)
{
	struct xn_nl *there;
	int rc;

	GOOD(xn_nl_open_in(netns_fd, &there, &err));
	rc = xn_link_get(there, name, ret_link, &err);
	xn_nl_close(there);
	return rc;
}

static void a_pair_spans_namespaces(void **state)
{
	int netns_fd = new_namespace();
	struct xn_link link;

	(void)state;
	GOOD(xn_link_create_veth(nl, "vif1.0", "eth0", netns_fd, &err));
	GOOD(open_and_read_back(netns_fd, "eth0", &link));
	assert_string_equal(link.kind, "veth");
	/* The other side's index means nothing on this one. */
	assert_int_equal(link.lower, 0);
	assert_int_equal(link_named("vif1.0").lower, 0);
	REFUSED(xn_link_get(nl, "eth0", &link, &err), -ENODEV, "eth0");
	REFUSED(open_and_read_back(netns_fd, "vif1.0", &link), -ENODEV,
		"vif1.0");
	xn_close(&netns_fd);
}

static void a_link_moves_to_a_namespace(void **state)
{
	int netns_fd = new_namespace();
	struct xn_link link;

	(void)state;
	GOOD(xn_link_create_veth(nl, "a0", "b0", -1, &err));
	GOOD(xn_link_move(nl, link_named("b0").ifindex, netns_fd, "eth1",
			  &err));
	GOOD(open_and_read_back(netns_fd, "eth1", &link));
	REFUSED(xn_link_get(nl, "b0", &link, &err), -ENODEV, "b0");
	GOOD(xn_link_move(nl, link_named("a0").ifindex, netns_fd, NULL, &err));
	GOOD(open_and_read_back(netns_fd, "a0", &link));
	GOOD(xn_link_create_veth(nl, "c0", "d0", -1, &err));
	REFUSED(xn_link_move(nl, link_named("c0").ifindex, 9999, NULL, &err),
		-EBADF, "network namespace of link");
	REFUSED(xn_link_move(nl, link_named("c0").ifindex, netns_fd, "eth1",
			     &err),
		-EEXIST, "network namespace of link");
	xn_close(&netns_fd);
}

static void a_link_moves_to_a_process(void **state)
{
	int to_parent[2];
	int to_child[2];
	char byte = 0;
	pid_t pid;
	int status;

	(void)state;
	assert_int_equal(pipe(to_parent), 0);
	assert_int_equal(pipe(to_child), 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNET) < 0 ||
		    write(to_parent[1], &byte, 1) != 1 ||
		    read(to_child[0], &byte, 1) != 1)
			_exit(1);
		_exit(if_nametoindex("eth7") ? 0 : 2);
	}
	assert_int_equal(read(to_parent[0], &byte, 1), 1);
	GOOD(xn_link_create_veth(nl, "a0", "b0", -1, &err));
	GOOD(xn_link_move_to_pid(nl, link_named("b0").ifindex, pid, "eth7",
				 &err));
	assert_int_equal(write(to_child[1], &byte, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	REFUSED(xn_link_move_to_pid(nl, 1, pid, NULL, &err), -ESRCH,
		"network namespace of link 1");
	for (int i = 0; i < 2; i++) {
		xn_close(&to_parent[i]);
		xn_close(&to_child[i]);
	}
}

static size_t count_ipv6(int ifindex)
{
	struct xn_addr_table table;
	size_t count = 0;

	GOOD(xn_addr_dump(nl, ifindex, &table, &err));
	for (size_t i = 0; i < table.count; i++) {
		if (table.addr[i].family == AF_INET6 &&
		    table.addr[i].ifindex == ifindex)
			count++;
	}
	xn_addr_table_fini(&table);
	return count;
}

struct control {
	int ifindex;
	bool got_address;
};

static void note_address(void *arg, const struct xn_addr *addr)
{
	struct control *control = arg;

	if (addr->ifindex == control->ifindex && addr->family == AF_INET6)
		control->got_address = true;
}

static void a_quiet_link_gets_no_link_local_address(void **state)
{
	struct control control = {0};
	struct xn_nl_handlers handlers = {.addr_new = note_address,
					  .arg = &control};
	struct xn_nl_monitor *monitor;
	int quiet;
	int disabled;

	(void)state;
	GOOD(xn_nl_monitor_open(XN_MONITOR_ADDR, &monitor, &err));
	GOOD(xn_link_create_veth(nl, "quiet", "q", -1, &err));
	GOOD(xn_link_create_veth(nl, "disabled", "d", -1, &err));
	GOOD(xn_link_create_veth(nl, "control", "c", -1, &err));
	quiet = link_named("quiet").ifindex;
	disabled = link_named("disabled").ifindex;
	control.ifindex = link_named("control").ifindex;
	GOOD(xn_link_set_no_link_local(nl, quiet, &err));
	GOOD(xn_link_disable_ipv6("disabled", &err));
	GOOD(xn_link_set_up(nl, link_named("q").ifindex, true, &err));
	GOOD(xn_link_set_up(nl, link_named("d").ifindex, true, &err));
	GOOD(xn_link_set_up(nl, link_named("c").ifindex, true, &err));
	GOOD(xn_link_set_up(nl, quiet, true, &err));
	GOOD(xn_link_set_up(nl, disabled, true, &err));
	GOOD(xn_link_set_up(nl, control.ifindex, true, &err));
	wait_for(monitor, &handlers, &control.got_address);
	assert_int_equal(count_ipv6(control.ifindex), 1);
	assert_int_equal(count_ipv6(quiet), 0);
	assert_int_equal(count_ipv6(disabled), 0);
	xn_nl_monitor_close(monitor);
}

static void disabled_ipv6_refuses_addresses(void **state)
{
	struct xn_addr addr = {.family = AF_INET6,
			       .prefix_length = 64,
			       .address = {0xfd, 1, [15] = 1}};

	(void)state;
	GOOD(xn_link_create_veth(nl, "veth0", "v", -1, &err));
	addr.ifindex = link_named("veth0").ifindex;
	GOOD(xn_addr_add(nl, &addr, &err));
	assert_int_equal(count_ipv6(addr.ifindex), 1);
	GOOD(xn_link_disable_ipv6("veth0", &err));
	assert_int_equal(count_ipv6(addr.ifindex), 0);
	REFUSED(xn_addr_add(nl, &addr, &err), -EACCES, "fd01::1/64");
	REFUSED(xn_link_disable_ipv6("nowhere0", &err), -ENOENT, "nowhere0");
}

static void an_alias_is_set_and_taken_away(void **state)
{
	static const char longest[] = "an alias of thirty-one letters.";
	int bridge = new_bridge("xenbr0");

	(void)state;
	_Static_assert(sizeof(longest) == XN_LINK_ALIAS_MAX, "the longest");
	assert_string_equal(link_at(bridge).alias, "");
	GOOD(xn_link_set_alias(nl, bridge, "vif1.0", &err));
	assert_string_equal(link_at(bridge).alias, "vif1.0");
	GOOD(xn_link_set_alias(nl, bridge, longest, &err));
	assert_string_equal(link_at(bridge).alias, longest);
	/* One byte more is not told, and does not hide the link. */
	GOOD(xn_link_set_alias(nl, bridge, "an alias of thirty-two letters..",
			       &err));
	assert_string_equal(link_at(bridge).alias, "");
	assert_string_equal(link_at(bridge).name, "xenbr0");
	GOOD(xn_link_set_alias(nl, bridge, "x", &err));
	GOOD(xn_link_set_alias(nl, bridge, "", &err));
	assert_string_equal(link_at(bridge).alias, "");
	REFUSED(xn_link_set_alias(nl, 9999, "x", &err), -ENODEV,
		"alias of link 9999");
}

#define NL(test) cmocka_unit_test_setup_teardown(test, open_nl, close_nl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(a_missing_link_is_refused),
		NL(bad_names_never_reach_the_kernel),
		NL(a_pair_is_made_and_deleted),
		NL(many_are_deleted_and_no_other),
		NL(every_setting_is_read_back),
		NL(refusals_carry_the_kernels_words),
		NL(a_master_is_set_and_left),
		NL(a_dump_of_many_links_is_whole),
		NL(a_pair_spans_namespaces),
		NL(a_link_moves_to_a_namespace),
		NL(a_link_moves_to_a_process),
		NL(a_quiet_link_gets_no_link_local_address),
		NL(disabled_ipv6_refuses_addresses),
		NL(an_alias_is_set_and_taken_away),
	};

	return NAMESPACE_GROUP(tests);
}
