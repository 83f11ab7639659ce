/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the root file system hangs on, in folders that look as proc and sys
 * do; and what is refused because of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
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

#include "network-script/guard.h"
#include "network-script/root.h"

static char folder[64];

static void make(const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	(void)snprintf(whole, sizeof(whole), "%s/%s", folder, path);
	for (char *slash = strchr(whole + strlen(folder) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(whole, 0700);
		*slash = '/';
	}
	file = fopen(whole, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void point(const char *path, const char *to)
{
	char whole[256];

	make(path, "");
	(void)snprintf(whole, sizeof(whole), "%s/%s", folder, path);
	assert_int_equal(unlink(whole), 0);
	assert_int_equal(symlink(to, whole), 0);
}

static int make_folder(void **state)
{
	(void)state;
	(void)strcpy(folder, "/tmp/xns-root-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int type,
		      struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	return remove(path);
}

static int remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void assert_root(const char *what, const char *address)
{
	uint8_t bytes[16] = {0};
	struct xns_root root;
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;

	xns_root_find(folder, &root);
	assert_string_equal(root.what, what);
	if (address[0] == '\0') {
		assert_int_equal(root.family, 0);
		return;
	}
	assert_int_equal(root.family, family);
	assert_int_equal(inet_pton(family, address, bytes), 1);
	assert_memory_equal(root.address, bytes,
			    family == AF_INET ? 4 : sizeof(bytes));
}

#define MOUNTS "proc/self/mountinfo"
#define OTHERS                                   \
	"22 28 0:21 / /proc rw - proc proc rw\n" \
	"30 28 0:40 / /net rw - nfs 192.0.2.8:/x rw,addr=192.0.2.8\n"

static void a_disk_is_no_network(void **state)
{
	(void)state;
	assert_root("", "");
	make(MOUNTS, OTHERS "28 1 8:1 / / rw,relatime shared:1 - ext4 "
			    "/dev/sda1 rw\n");
	assert_root("", "");
	make("sys/devices/pci0/ata1/block/sda/sda1/dev", "8:1\n");
	point("sys/dev/block/8:1", "../../devices/pci0/ata1/block/sda/sda1");
	point("sys/class/block/sda1", "../../devices/pci0/ata1/block/sda/sda1");
	assert_root("", "");
}

static void nfs_says_its_server(void **state)
{
	(void)state;
	make(MOUNTS, OTHERS "28 1 0:19 / / rw - nfs4 srv:/root "
			    "rw,vers=4.2,addr=192.0.2.9,x\n");
	assert_root("nfs4", "192.0.2.9");
	make(MOUNTS, "28 1 0:19 / / rw - nfs srv:/root rw,addr=fd00:9::1\n");
	assert_root("nfs", "fd00:9::1");
	make(MOUNTS, "28 1 0:19 / / rw - 9p root rw,addr=here\n");
	assert_root("9p", "");
	/* What is mounted over it counts. */
	make(MOUNTS, "28 1 0:19 / / rw - nfs srv:/root rw,addr=192.0.2.9\n"
		     "29 28 0:20 / / rw - overlay overlay rw\n");
	assert_root("", "");
}

static void iscsi_is_found_below_a_mapping(void **state)
{
	(void)state;
	make(MOUNTS, "28 1 254:0 / / rw - ext4 /dev/mapper/root rw\n");
	make("sys/devices/virtual/block/dm-0/dev", "254:0\n");
	point("sys/dev/block/254:0", "../../devices/virtual/block/dm-0");
	point("sys/class/block/dm-0", "../../devices/virtual/block/dm-0");
	make("sys/devices/pci0/sda/dev", "8:0\n");
	point("sys/class/block/sda", "../../devices/pci0/sda");
	make("sys/devices/virtual/block/dm-0/slaves/sda", "");
	assert_root("", "");
	make("sys/devices/platform/host3/session7/target/sdb/dev", "8:16\n");
	point("sys/class/block/sdb",
	      "../../devices/platform/host3/session7/target/sdb");
	make("sys/devices/virtual/block/dm-0/slaves/sdb", "");
	make("sys/class/iscsi_connection/connection7:0/persistent_address",
	     "198.51.100.7\n");
	assert_root("iscsi", "198.51.100.7");
}

static void nbd_has_no_address(void **state)
{
	(void)state;
	make(MOUNTS, "28 1 43:1 / / rw - ext4 /dev/nbd0p1 rw\n");
	make("sys/devices/virtual/block/nbd0/nbd0p1/dev", "43:1\n");
	point("sys/dev/block/43:1", "../../devices/virtual/block/nbd0/nbd0p1");
	point("sys/class/block/nbd0p1",
	      "../../devices/virtual/block/nbd0/nbd0p1");
	assert_root("nbd", "");
}

static void broken_lines_are_nobodys(void **state)
{
	(void)state;
	make(MOUNTS, "28 1 x:y / / rw - nfs srv:/ rw,addr=192.0.2.9\n"
		     "28 1 0:1 / / rw nfs\n"
		     "28 1 0:1 / / rw - \n"
		     " - \n\n");
	assert_root("", "");
	make(MOUNTS, "28 1 0:1 / / rw - nfs\n");
	assert_root("nfs", "");
}

static struct xn_model host(void)
{
	static const uint8_t first[2][16] = {{192, 0, 2, 1}, {198, 51, 100, 1}};
	struct xn_model model = {0};

	for (int i = 0; i < 2; i++) {
		struct xn_model_link link = {.ifindex = 2 + i};
		struct xn_addr addr = {.ifindex = 2 + i,
				       .family = AF_INET,
				       .prefix_length = 24};

		(void)snprintf(link.name, sizeof(link.name), "eth%d", i);
		memcpy(addr.address, first[i], sizeof(addr.address));
		assert_int_equal(xn_model_add(&model, XN_LINK, &link), 0);
		assert_int_equal(xn_model_add(&model, XN_ADDR, &addr), 0);
	}
	return model;
}

static int judge(const char *netdev, bool force, const char *words)
{
	struct xns_request request = {.command = XNS_START, .force = force};
	struct xns_choice choice = {.style = XN_STYLE_OLD, .bridge = "xenbr0"};
	struct xn_model model = host();
	struct xn_err err = {.set = false};
	int rc;

	(void)strcpy(choice.netdev, netdev);
	rc = xns_guard(folder, &request, &choice, &model, &err);
	if (words)
		assert_non_null(strstr(xn_err_text(&err), words));
	xn_model_fini(&model);
	return rc;
}

static void the_nic_that_it_hangs_on_is_asked_for_twice(void **state)
{
	(void)state;
	assert_int_equal(judge("eth0", false, NULL), 0);
	make(MOUNTS, "28 1 0:19 / / rw - nfs srv:/root rw,addr=192.0.2.9\n");
	assert_int_equal(judge("eth0", false,
			       "the root file system (nfs) hangs on eth0"),
			 -EPERM);
	assert_int_equal(judge("eth0", false, "force=yes"), -EPERM);
	assert_int_equal(judge("eth1", false, NULL), 0);
	assert_int_equal(judge("eth0", true, NULL), 0);
	make(MOUNTS, "28 1 0:19 / / rw - nfs srv:/root rw\n");
	assert_int_equal(judge("eth0", false, "perhaps on eth0"), -EPERM);
	assert_int_equal(judge("eth1", false, "perhaps on eth1"), -EPERM);
}

static void wireless_nics_are_asked_for_twice(void **state)
{
	(void)state;
	make("sys/class/net/eth1/phy80211/index", "0\n");
	assert_int_equal(judge("eth1", false, "eth1 is wireless"), -EPERM);
	assert_int_equal(judge("eth1", true, NULL), 0);
	assert_int_equal(judge("eth0", false, NULL), 0);
}

#define FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER(a_disk_is_no_network),
		FOLDER(nfs_says_its_server),
		FOLDER(iscsi_is_found_below_a_mapping),
		FOLDER(nbd_has_no_address),
		FOLDER(broken_lines_are_nobodys),
		FOLDER(the_nic_that_it_hangs_on_is_asked_for_twice),
		FOLDER(wireless_nics_are_asked_for_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
