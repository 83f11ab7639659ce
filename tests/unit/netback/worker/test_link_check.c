/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which datagrams of control's are commands: a good one of each type, and
 * every field out of its range. */
#include "../ring/cmocka_std.h"

#include <errno.h>
#include <string.h>

#include "netback/link_check.h"

static struct xnb_command good(uint32_t type)
{
	struct xnb_command command;

	memset(&command, 0, sizeof(command));
	command.header.type = type;
	command.header.version = XN_DATALINK_VERSION;
	if (type == XN_DL_HELLO)
		command.hello.fdb_entries_max = 1024;
	if (type == XN_DL_VIF_ADD) {
		command.add.queue_count = 2;
		command.add.domid = 7;
	}
	if (type == XN_DL_PORT)
		command.port.mtu = 1500;
	if (type == XN_DL_ACL) {
		command.acl.acl = 1;
		command.acl.total = XN_DL_ACL_PART + 100;
		command.acl.bytes = 100;
	}
	return command;
}

static size_t descriptors(uint32_t type)
{
	if (type == XN_DL_HELLO)
		return 1;
	return type == XN_DL_VIF_ADD ? 4 : 0;
}

static int check(const struct xnb_command *command)
{
	uint32_t type = command->header.type;

	return xnb_link_check(command, xn_dl_length(type), descriptors(type));
}

static void good_commands_pass(void **state)
{
	(void)state;
	for (uint32_t type = XN_DL_HELLO; type <= XN_DL_ACL; type++) {
		struct xnb_command command = good(type);

		assert_int_equal(check(&command), 0);
	}
}

static void another_length_version_or_type_is_a_broken_peer(void **state)
{
	(void)state;
	for (uint32_t type = XN_DL_HELLO; type <= XN_DL_ACL; type++) {
		struct xnb_command command = good(type);
		uint32_t bytes = xn_dl_length(type);
		size_t fds = descriptors(type);

		assert_int_equal(xnb_link_check(&command, bytes - 1, fds),
				 -EPROTO);
		assert_int_equal(xnb_link_check(&command, bytes + 1, fds),
				 -EPROTO);
		assert_int_equal(xnb_link_check(&command, bytes, fds + 1),
				 -EPROTO);
		assert_int_equal(xnb_link_check(&command, 7, fds), -EPROTO);
		command.header.version++;
		assert_int_equal(xnb_link_check(&command, bytes, fds), -EPROTO);
	}
	for (uint32_t type = 0; type < 0x1100; type++) {
		struct xnb_command command = good(type);

		if (type >= XN_DL_HELLO && type <= XN_DL_ACL)
			continue;
		assert_int_equal(check(&command), -EPROTO);
	}
}

#define REFUSED(type, field, value)                         \
	do {                                                \
		struct xnb_command command = good(type);    \
                                                            \
		command.field = value;                      \
		assert_int_equal(check(&command), -EINVAL); \
	} while (0)
#define ACCEPTED(type, field, value)                     \
	do {                                             \
		struct xnb_command command = good(type); \
                                                         \
		command.field = value;                   \
		assert_int_equal(check(&command), 0);    \
	} while (0)

static void fields_beyond_their_limits_are_refused(void **state)
{
	(void)state;
	REFUSED(XN_DL_HELLO, hello.fdb_entries_max, 0);
	REFUSED(XN_DL_HELLO, hello.fdb_entries_max, (1u << 20) + 1);
	ACCEPTED(XN_DL_HELLO, hello.fdb_entries_max, 1u << 20);
	REFUSED(XN_DL_VIF_ADD, add.slot, XN_VIFS_MAX);
	ACCEPTED(XN_DL_VIF_ADD, add.slot, XN_VIFS_MAX - 1);
	REFUSED(XN_DL_VIF_ADD, add.domid, 0x7ff0);
	REFUSED(XN_DL_VIF_ADD, add.frontend, 1u << 7);
	REFUSED(XN_DL_VIF_ADD, add.offload_off, 2);
	REFUSED(XN_DL_VIF_ADD, add.resume, 2);
	REFUSED(XN_DL_VIF_ADD, add.queue_count, 0);
	REFUSED(XN_DL_VIF_ADD, add.queue_count, XN_QUEUES_MAX + 1);
	REFUSED(XN_DL_VIF_ADD, add.queue_count, UINT32_MAX);
	REFUSED(XN_DL_VIF_ADD, add.queue[1].tx_port, 1u << 31);
	REFUSED(XN_DL_VIF_ADD, add.queue[0].rx_port, UINT32_MAX);
	REFUSED(XN_DL_VIF_DEL, del.slot, XN_VIFS_MAX);
	REFUSED(XN_DL_PORT, port.slot, XN_VIFS_MAX);
	REFUSED(XN_DL_PORT, port.bridge, XN_BRIDGES_MAX);
	ACCEPTED(XN_DL_PORT, port.bridge, XN_DL_NO_BRIDGE);
	REFUSED(XN_DL_PORT, port.mtu, 67);
	REFUSED(XN_DL_PORT, port.mtu, 65536);
	ACCEPTED(XN_DL_PORT, port.mtu, 65535);
	REFUSED(XN_DL_PORT, port.fast, 2);
	REFUSED(XN_DL_PORT, port.forwarding, 2);
	REFUSED(XN_DL_PORT, port.learning, 2);
	REFUSED(XN_DL_PORT, port.flood, 2);
	REFUSED(XN_DL_PORT, port.mcast_flood, 2);
	REFUSED(XN_DL_PORT, port.bcast_flood, 2);
	REFUSED(XN_DL_PORT, port.twin_up, 2);
	REFUSED(XN_DL_PORT, port.hold, 2);
	REFUSED(XN_DL_BRIDGE, bridge.bridge, XN_BRIDGES_MAX);
	REFUSED(XN_DL_OUTSIDE, outside.bridge, XN_BRIDGES_MAX);
	REFUSED(XN_DL_OUTSIDE, outside.present, 2);
	REFUSED(XN_DL_OUTSIDE, outside.fixed, 2);
	REFUSED(XN_DL_POLICY, policy.acl, XN_ACLS_MAX + 1);
	ACCEPTED(XN_DL_POLICY, policy.acl, XN_ACLS_MAX);
	REFUSED(XN_DL_ACL, acl.acl, 0);
	REFUSED(XN_DL_ACL, acl.acl, XN_ACLS_MAX + 1);
	ACCEPTED(XN_DL_ACL, acl.acl, XN_ACLS_MAX);
	REFUSED(XN_DL_ACL, acl.total, XN_DL_ACL_TOTAL_MAX + 1);
	ACCEPTED(XN_DL_ACL, acl.total, XN_DL_ACL_TOTAL_MAX);
	REFUSED(XN_DL_ACL, acl.total, 0); /* with bytes */
	REFUSED(XN_DL_ACL, acl.bytes, 0);
	REFUSED(XN_DL_ACL, acl.bytes, XN_DL_ACL_PART + 1);
	REFUSED(XN_DL_ACL, acl.offset, 1);
	REFUSED(XN_DL_ACL, acl.offset, 2 * XN_DL_ACL_PART);
	ACCEPTED(XN_DL_ACL, acl.offset, XN_DL_ACL_PART);
	REFUSED(XN_DL_STATIONS_GET, stations_get.bridge, XN_BRIDGES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_commands_pass),
		cmocka_unit_test(
			another_length_version_or_type_is_a_broken_peer),
		cmocka_unit_test(fields_beyond_their_limits_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
