/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VLAN devices, and what a kernel without them says; bridges whose MAC is the
 * kernel's own affair. */
#include "tests/netns/nl/namespaces.h"

#include "netconf/nl/vlan.h"

#define NUMBER 77

/* Where the kernel has none, the call must say so, and nothing is made. */
static bool kernel_has_them(int lower)
{
	struct xn_link link;
	int rc = xn_link_create_vlan(nl, "probe.1", lower, 1, &err);

	if (rc == 0) {
		GOOD(xn_link_delete(nl, link_named("probe.1").ifindex, &err));
		return true;
	}
	REFUSED(rc, -EOPNOTSUPP, "create VLAN device probe.1");
	err.set = false;
	assert_int_equal(xn_link_get(nl, "probe.1", &link, NULL), -ENODEV);
	print_message("this kernel has no VLAN devices\n");
	return false;
}

static void a_device_above_another(void **state)
{
	int lower = new_bridge("low0");
	struct xn_link link;

	(void)state;
	if (!kernel_has_them(lower))
		return;
	GOOD(xn_link_create_vlan(nl, "low0.10", lower, 10, &err));
	link = link_named("low0.10");
	assert_string_equal(link.kind, "vlan");
	assert_int_equal(link.lower, lower);
	assert_int_equal(link.flags & IFF_UP, 0);
	REFUSED(xn_link_create_vlan(nl, "low0.x", lower, 10, &err), -EEXIST,
		"low0.x");
}

static void what_is_none_is_not_asked_for(void **state)
{
	int lower = new_bridge("low0");
	static const struct {
		const char *name;
		int lower;
		uint16_t id;
	} bad[] = {
		{"a/b", 1, 10},	  {"", 1, 10},	     {"low0.0", 1, 0},
		{"low0.9", 0, 9}, {"low0.9", -1, 9}, {"low0.4095", 1, 4095},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.set = false;
		REFUSED(xn_link_create_vlan(nl, bad[i].name,
					    bad[i].lower > 0 ? lower
							     : bad[i].lower,
					    bad[i].id, &err),
			-EINVAL, "not a valid name or number");
	}
}

static bool has_mac(int ifindex, const struct xn_mac *mac)
{
	struct xn_link link = link_at(ifindex);

	return xn_mac_equal(&link.mac, mac);
}

static void a_bridge_without_a_mac_gets_its_ports(void **state)
{
	struct xn_bridge_birth birth = {
		.ifindex = NUMBER, .name = "br7", .mtu = 1500};
	struct xn_bridge_birth given = {
		.ifindex = NUMBER + 1, .name = "br8", .mtu = 1500};
	struct xn_mac mac = {{2, 0, 0, 0, 0, 1}}, none = {{0}};
	struct xn_link port;
	int fd = -1;

	(void)state;
	given.mac.octet[0] = 2;
	given.mac.octet[5] = 9;
	GOOD(xn_bridge_create_as(nl, &birth, &err));
	GOOD(xn_bridge_create_as(nl, &given, &err));
	assert_false(has_mac(NUMBER, &none));
	assert_true(has_mac(NUMBER + 1, &given.mac));
	port = link_at(new_tap("tap0", &fd));
	GOOD(xn_link_set_mac(nl, port.ifindex, &mac, &err));
	GOOD(xn_link_set_master(nl, port.ifindex, NUMBER, &err));
	assert_true(has_mac(NUMBER, &mac));
	/* The one that was given stays. */
	GOOD(xn_link_set_master(nl, port.ifindex, NUMBER + 1, &err));
	assert_true(has_mac(NUMBER + 1, &given.mac));
}

#define IN_NAMESPACE(test) \
	cmocka_unit_test_setup_teardown(test, open_nl, close_nl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_NAMESPACE(a_device_above_another),
		IN_NAMESPACE(what_is_none_is_not_asked_for),
		IN_NAMESPACE(a_bridge_without_a_mac_gets_its_ports),
	};

	return NAMESPACE_GROUP(tests);
}
