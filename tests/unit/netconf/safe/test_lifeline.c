/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host hangs on, from its files; and which plans cut it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/rtnetlink.h>

#include "netconf/plan/direct.h"
#include "netconf/safe/lifeline.h"

static struct xn_err err;
static char root[] = "/tmp/test-lifeline-XXXXXX";
static const struct xn_session nobody;

__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

static int make_root(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	shell("mkdir -p %s/proc/self %s/sys/dev/block", root, root);
	return 0;
}

static int remove_root(void **state)
{
	(void)state;
	shell("rm -r %s", root);
	return 0;
}

/* The host's mount table has this line last but one. */
static struct xn_lifelines read_with(const char *mount)
{
	struct xn_lifelines lines;

	shell("printf '%%s\\n' '1 0 0:1 / / rw - rootfs none rw' '%s' "
	      "'30 28 0:5 / /proc rw - proc proc rw' > %s/proc/self/mountinfo",
	      mount, root);
	err.set = false;
	if (xn_lifelines_read(root, &nobody, &lines, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	return lines;
}

static void expect_root(const char *mount, const char *words,
			const uint8_t *octet)
{
	struct xn_lifelines lines = read_with(mount);

	assert_int_equal(lines.count, 1);
	assert_int_equal(lines.item[0].kind, XN_LIFELINE_ROOT);
	assert_string_equal(lines.item[0].words, words);
	assert_int_equal(lines.item[0].has_address, octet != NULL);
	if (octet)
		assert_memory_equal(lines.item[0].octet, octet, 4);
}

static void a_root_over_nfs(void **state)
{
	static const uint8_t server[] = {192, 0, 2, 77};

	(void)state;
	expect_root("28 1 0:25 / / rw - nfs4 192.0.2.77:/x "
		    "rw,vers=4.2,addr=192.0.2.77,nolock",
		    "the root file system (nfs4)", server);
	expect_root("28 1 0:25 / / rw shared:1 master:2 - nfs srv:/x "
		    "rw,nolock",
		    "the root file system (nfs)", NULL);
	expect_root("28 1 0:25 / / rw - nfs srv:/x rw,addr=nonsense",
		    "the root file system (nfs)", NULL);
}

static void a_local_root_hangs_on_nothing(void **state)
{
	static const char *const mounts[] = {
		"28 1 8:1 / / rw - ext4 /dev/sda1 rw",
		"28 1 0:30 / / rw - btrfs /dev/sda2 rw",
		"28 1 0:31 / / rw - overlay overlay rw,lowerdir=/x",
		"28 1 0:25 / /srv rw - nfs4 h:/x rw,addr=192.0.2.77",
		"28 1 8:1 / / rw",
		"",
	};

	(void)state;
	shell("mkdir -p %s/sys/devices/pci0/ata1/host0/block/sda/sda1 && "
	      "ln -sfn ../../devices/pci0/ata1/host0/block/sda/sda1 "
	      "%s/sys/dev/block/8:1",
	      root, root);
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		assert_int_equal(read_with(mounts[i]).count, 0);
}

/* Behind LVM: the mapped device is made of the other. */
static void a_root_over_iscsi(void **state)
{
	static const uint8_t server[] = {192, 0, 2, 78};
	const char *mount = "28 1 254:0 / / rw - ext4 /dev/mapper/vg-root rw";

	(void)state;
	shell("cd %s/sys && mkdir -p "
	      "devices/platform/host2/session5/target2:0:0/2:0:0:1/block/sdb "
	      "devices/virtual/block/dm-0/slaves && "
	      "ln -sfn ../../../../platform/host2/session5/target2:0:0/"
	      "2:0:0:1/block/sdb devices/virtual/block/dm-0/slaves/sdb && "
	      "ln -sfn ../../devices/virtual/block/dm-0 dev/block/254:0",
	      root);
	expect_root(mount, "the root file system (iscsi)", NULL);
	shell("mkdir -p %s/sys/class/iscsi_connection/connection5:0 && "
	      "echo 192.0.2.78 > %s/sys/class/iscsi_connection/connection5:0/"
	      "persistent_address",
	      root, root);
	expect_root(mount, "the root file system (iscsi)", server);
}

static void a_root_over_nbd(void **state)
{
	(void)state;
	shell("cd %s/sys && mkdir -p devices/virtual/block/nbd0/nbd0p1 && "
	      "ln -sfn ../../devices/virtual/block/nbd0/nbd0p1 dev/block/43:1",
	      root);
	expect_root("28 1 43:1 / / rw - ext4 /dev/nbd0p1 rw",
		    "the root file system (nbd)", NULL);
}

static void add_link(struct xn_model *model, int ifindex, const char *name)
{
	struct xn_model_link link;

	memset(&link, 0, sizeof(link));
	link.ifindex = ifindex;
	link.ethernet = link.up = true;
	link.mtu = 1500;
	(void)snprintf(link.name, sizeof(link.name), "%s", name);
	assert_int_equal(xn_model_add(model, XN_LINK, &link), 0);
}

static void add_route(struct xn_model *model, int ifindex, uint8_t first,
		      uint8_t length, uint32_t metric)
{
	struct xn_route route;

	memset(&route, 0, sizeof(route));
	route.family = AF_INET;
	route.ifindex = ifindex;
	route.destination[0] = first;
	route.prefix_length = length;
	route.metric = metric;
	route.table = RT_TABLE_MAIN;
	route.type = RTN_UNICAST;
	assert_int_equal(xn_model_add(model, XN_ROUTE, &route), 0);
}

/* eth0 (2) is 10/8, has the default route; eth1 (3) is 172/8. */
static struct xn_model two_nics(void)
{
	struct xn_model model = {0};
	struct xn_addr addr;

	add_link(&model, 1, "lo");
	add_link(&model, 2, "eth0");
	add_link(&model, 3, "eth1");
	for (int i = 2; i < 4; i++) {
		memset(&addr, 0, sizeof(addr));
		addr.ifindex = i;
		addr.family = AF_INET;
		addr.prefix_length = 8;
		addr.address[0] = i == 2 ? 10 : 172;
		addr.valid_s = addr.preferred_s = UINT32_MAX;
		assert_int_equal(xn_model_add(&model, XN_ADDR, &addr), 0);
	}
	add_route(&model, 2, 0, 0, 100);
	return model;
}

static int link_to(const struct xn_model *model, uint8_t first)
{
	const uint8_t octet[16] = {first, 9};

	return xn_lifeline_link(model, AF_INET, octet);
}

static void the_longest_prefix_wins(void **state)
{
	struct xn_model model = two_nics();

	(void)state;
	assert_int_equal(link_to(&model, 10), 2);
	assert_int_equal(link_to(&model, 172), 3);
	assert_int_equal(link_to(&model, 8), 2);
	assert_int_equal(xn_lifeline_link(&model, AF_INET6, (uint8_t[16]){0}),
			 0);
	add_route(&model, 3, 8, 8, 0);
	assert_int_equal(link_to(&model, 8), 3);
	/* Of two the lower metric. */
	add_route(&model, 3, 0, 0, 50);
	assert_int_equal(link_to(&model, 9), 3);
	xn_model_fini(&model);
}

/* The line's words with a plan that bridges the NIC; NULL: it is not cut. */
static bool is_cut_by(const struct xn_model *model, const char *nic,
		      const struct xn_lifeline *line)
{
	const struct xn_direct direct = {.bridge = "xenbr0", .netdev = nic};
	struct xn_lifelines lines = {.count = 1, .item = {*line}};
	struct xn_lifelines cut;
	struct xn_model wanted;
	struct xn_plan plan;

	assert_int_equal(xn_direct_start(model, &direct, &wanted, &err), 0);
	assert_int_equal(xn_plan_make(model, &wanted, &plan, &err), 0);
	xn_lifelines_cut(&lines, model, &plan, &cut);
	xn_plan_fini(&plan);
	xn_model_fini(&wanted);
	return cut.count == 1;
}

static void a_plan_cuts_what_hangs_on_its_nic(void **state)
{
	struct xn_lifeline ssh = {.kind = XN_LIFELINE_SSH,
				  .has_address = true,
				  .family = AF_INET,
				  .octet = {8, 8, 8, 8}};
	struct xn_lifeline server = ssh;
	struct xn_lifeline somewhere = {.kind = XN_LIFELINE_ROOT};
	struct xn_model model = two_nics();

	(void)state;
	server.kind = XN_LIFELINE_ROOT;
	assert_true(is_cut_by(&model, "eth0", &ssh));
	assert_false(is_cut_by(&model, "eth1", &ssh));
	assert_true(is_cut_by(&model, "eth0", &server));
	assert_false(is_cut_by(&model, "eth1", &server));
	assert_true(is_cut_by(&model, "eth0", &somewhere));
	assert_false(is_cut_by(&model, "eth1", &somewhere));
	/* Another default route is another way in, and no way to the root. */
	add_route(&model, 3, 0, 0, 200);
	assert_false(is_cut_by(&model, "eth0", &ssh));
	assert_true(is_cut_by(&model, "eth0", &server));
	xn_model_fini(&model);
}

/* The host's way leads through a pair to the bridge and its ports: the old
 * style. */
static void what_is_behind_a_pair_counts(void **state)
{
	static const char *const names[] = {"peth0", "vif0.0", "xenbr0",
					    "eth0"};
	struct xn_lifelines lines = {.count = 1,
				     .item = {{.kind = XN_LIFELINE_ROOT,
					       .has_address = true,
					       .family = AF_INET,
					       .octet = {8, 8, 8, 8}}}};
	struct xn_model model = {0};

	(void)state;
	for (int i = 0; i < 4; i++)
		add_link(&model, i + 2, names[i]);
	xn_model_link(&model, 2)->master = 4;
	xn_model_link(&model, 3)->master = 4;
	xn_model_link(&model, 3)->peer = 5;
	xn_model_link(&model, 5)->peer = 3;
	add_link(&model, 6, "eth1");
	add_route(&model, 5, 0, 0, 100);
	for (int i = 2; i <= 6; i++) {
		struct xn_lifelines cut;
		struct xn_model wanted;
		struct xn_plan plan;

		assert_int_equal(xn_model_copy(&model, &wanted), 0);
		xn_model_link(&wanted, i)->up = true;
		xn_model_link(&wanted, i)->mtu = 1300;
		assert_int_equal(xn_plan_make(&model, &wanted, &plan, &err), 0);
		assert_true(plan.count > 0);
		xn_lifelines_cut(&lines, &model, &plan, &cut);
		assert_int_equal(cut.count, i == 6 ? 0 : 1);
		xn_plan_fini(&plan);
		xn_model_fini(&wanted);
	}
	xn_model_fini(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_root_over_nfs),
		cmocka_unit_test(a_local_root_hangs_on_nothing),
		cmocka_unit_test(a_root_over_iscsi),
		cmocka_unit_test(a_root_over_nbd),
		cmocka_unit_test(the_longest_prefix_wins),
		cmocka_unit_test(a_plan_cuts_what_hangs_on_its_nic),
		cmocka_unit_test(what_is_behind_a_pair_counts),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
