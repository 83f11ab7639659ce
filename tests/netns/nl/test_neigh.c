/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proxied neighbours: the kernel lists them only with a flag, so they are
 * known here by what deleting them says. */
#include "tests/netns/nl/namespaces.h"

#include <arpa/inet.h>
#include <string.h>

#include "netconf/nl/neigh.h"

static const char *const addresses[] = {"192.0.2.7", "2001:db8::7"};
static const uint8_t families[] = {AF_INET, AF_INET6};

static void proxies_come_and_go(void **state)
{
	int bridge = new_bridge("xenbr0");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t address[XN_IP_BYTES_MAX] = {0};
		uint8_t family = families[i];

		assert_int_equal(inet_pton(family, addresses[i], address), 1);
		REFUSED(xn_neigh_delete_proxy(nl, bridge, family, address,
					      &err),
			-ENOENT, "delete proxy for");
		GOOD(xn_neigh_add_proxy(nl, bridge, family, address, &err));
		GOOD(xn_neigh_add_proxy(nl, bridge, family, address, &err));
		GOOD(xn_neigh_delete_proxy(nl, bridge, family, address, &err));
		REFUSED(xn_neigh_delete_proxy(nl, bridge, family, address,
					      &err),
			-ENOENT, addresses[i]);
	}
}

/* A cable that is pulled for a moment takes none along. */
static void proxies_survive_a_lost_carrier(void **state)
{
	uint8_t address[XN_IP_BYTES_MAX] = {192, 0, 2, 7};
	int near, far;

	(void)state;
	GOOD(xn_link_create_veth(nl, "near0", "far0", -1, &err));
	near = link_named("near0").ifindex;
	far = link_named("far0").ifindex;
	GOOD(xn_link_set_up(nl, near, true, &err));
	GOOD(xn_link_set_up(nl, far, true, &err));
	GOOD(xn_neigh_add_proxy(nl, near, AF_INET, address, &err));
	GOOD(xn_link_set_up(nl, far, false, &err));
	assert_false(link_at(near).flags & IFF_RUNNING);
	GOOD(xn_link_set_up(nl, far, true, &err));
	GOOD(xn_neigh_delete_proxy(nl, near, AF_INET, address, &err));
}

static void refusals(void **state)
{
	uint8_t address[XN_IP_BYTES_MAX] = {192, 0, 2, 7};

	(void)state;
	REFUSED(xn_neigh_add_proxy(nl, 0, AF_INET, address, &err), -EINVAL,
		"link 0");
	REFUSED(xn_neigh_add_proxy(nl, 1, AF_UNSPEC, address, &err), -EINVAL,
		"family 0");
	REFUSED(xn_neigh_add_proxy(nl, 9999, AF_INET, address, &err), -ENODEV,
		"192.0.2.7");
	GOOD(xn_neigh_add_proxy(nl, 1, AF_INET, address, &err));
	GOOD(xn_neigh_delete_proxy(nl, 1, AF_INET, address, &err));
}

#define NL(test) cmocka_unit_test_setup_teardown(test, open_nl, close_nl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(proxies_come_and_go),
		NL(proxies_survive_a_lost_carrier),
		NL(refusals),
	};

	return NAMESPACE_GROUP(tests);
}
