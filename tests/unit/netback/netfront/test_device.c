/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the simulated guest's kernel may leave to the backend: what
 * `ethtool -k eth0` will show, from the backend's keys on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <linux/if_tun.h>

#include "fake_store.h"
#include "netback/netfront/guest_device.h"
#include "netback/netfront/keys.h"

#define BACKEND "/local/domain/0/backend/vif/1/0"
#define ALL (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)

static int setup(void **state)
{
	(void)state;
	fake_store_reset();
	fake_store_set(BACKEND "/feature-sg", "1");
	fake_store_set(BACKEND "/feature-gso-tcpv4", "1");
	fake_store_set(BACKEND "/feature-gso-tcpv6", "1");
	fake_store_set(BACKEND "/feature-ipv6-csum-offload", "1");
	fake_store_set(BACKEND "/feature-no-csum-offload", "0");
	return 0;
}

static unsigned int offloads_for(const struct xnf_options *options)
{
	struct xn_err err = {0};
	struct xnf_store *store = xnf_store_open(&err);
	struct xnf_features features;

	assert_non_null(store);
	assert_int_equal(xnf_keys_read_features(store, BACKEND, &features), 0);
	xnf_store_close(store);
	return xnf_device_offloads(options, &features);
}

static unsigned int offloads(void)
{
	return offloads_for(&xnf_options_default);
}

static void set(const char *key, const char *value)
{
	char path[128];

	(void)snprintf(path, sizeof(path), BACKEND "/%s", key);
	if (value)
		fake_store_set(path, value);
	else
		fake_store_remove(path);
}

static void all_that_is_offered_is_used(void **state)
{
	(void)state;
	assert_int_equal(offloads(), ALL);
}

/* As with `offload = off`: the keys that xnb_offer() writes then. */
static void
without_checksum_offload_nothing_is_left_to_the_backend(void **state)
{
	(void)state;
	set("feature-no-csum-offload", "1");
	assert_int_equal(offloads(), 0);
	set("feature-gso-tcpv4", "0");
	set("feature-gso-tcpv6", "0");
	set("feature-ipv6-csum-offload", "0");
	assert_int_equal(offloads(), 0);
	set("feature-no-csum-offload", "0");
	assert_int_equal(offloads(), 0);
	set("feature-ipv6-csum-offload", "1");
	assert_int_equal(offloads(), TUN_F_CSUM);
}

static void each_missing_key_takes_its_own_away(void **state)
{
	static const struct {
		const char *key;
		unsigned int left;
	} keys[] = {
		{"feature-gso-tcpv4", TUN_F_CSUM | TUN_F_TSO6 | TUN_F_TSO_ECN},
		{"feature-gso-tcpv6", TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN},
		/* The kernel's checksum offload is for IPv4 and IPv6. */
		{"feature-ipv6-csum-offload", 0},
		{"feature-sg", TUN_F_CSUM},
		/* Absent it means: they may. */
		{"feature-no-csum-offload", ALL},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		setup(state);
		set(keys[i].key, NULL);
		assert_int_equal(offloads(), keys[i].left);
	}
}

static void the_guests_own_options_count_as_well(void **state)
{
	struct xnf_options options = xnf_options_default;

	(void)state;
	options.gso_tcpv6 = false;
	assert_int_equal(offloads_for(&options),
			 TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN);
	options.gso_tcpv4 = false;
	assert_int_equal(offloads_for(&options), TUN_F_CSUM);
	options.csum = false;
	assert_int_equal(offloads_for(&options), 0);
	options = xnf_options_default;
	options.sg = false;
	assert_int_equal(offloads_for(&options), TUN_F_CSUM);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		T(all_that_is_offered_is_used),
		T(without_checksum_offload_nothing_is_left_to_the_backend),
		T(each_missing_key_takes_its_own_away),
		T(the_guests_own_options_count_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
