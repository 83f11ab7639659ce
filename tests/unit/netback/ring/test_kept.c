// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest told us and a restart must not lose: what was set is had again,
 * what is half done is not, and what cannot be is not believed.
 */
#include "cmocka_std.h"

#include <errno.h>
#include <string.h>

#include "netback/ring/redo.h"

static struct xnb_kept kept;
static struct xnb_kept_grants grants;

static int setup(void **state)
{
	(void)state;
	memset(&kept, 0, sizeof(kept));
	memset(&grants, 0, sizeof(grants));
	return 0;
}

static struct xn_mac group(uint8_t last)
{
	return (struct xn_mac){{0x01, 0x00, 0x5e, 0, 0, last}};
}

static void hash_is_taken_over_whole(void **state)
{
	struct xnb_kept_hash wanted = {
		.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
		.flags = XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP,
		.mapping_size = 2,
		.key_bytes = 3,
		.key = {1, 2, 3},
		.mapping = {3, 1},
	};
	struct xnb_kept_hash had;

	(void)state;
	assert_int_equal(xnb_kept_hash_get(&kept, 1, &had), 0);
	assert_int_equal(had.algorithm, XEN_NETIF_CTRL_HASH_ALGORITHM_NONE);
	xnb_kept_hash_set(&kept, &wanted);
	assert_int_equal(xnb_kept_hash_get(&kept, 4, &had), 0);
	assert_memory_equal(&had, &wanted, sizeof(had));
	/* A death before the last store: the old one is still whole. */
	kept.hash[kept.hash_now ^ 1].key_bytes = 99;
	assert_int_equal(xnb_kept_hash_get(&kept, 4, &had), 0);
	wanted.key[0] = 9;
	xnb_kept_hash_set(&kept, &wanted);
	assert_int_equal(xnb_kept_hash_get(&kept, 4, &had), 0);
	assert_int_equal(had.key[0], 9);
}

static void hash_that_cannot_be_is_refused(void **state)
{
	const struct xnb_kept_hash good = {.mapping = {3}};
	struct xnb_kept_hash *now = &kept.hash[0];
	struct xnb_kept_hash had;

	(void)state;
	*now = good;
	assert_int_equal(xnb_kept_hash_get(&kept, 4, &had), 0);
	assert_int_equal(xnb_kept_hash_get(&kept, 3, &had), -EPROTO);
	now->algorithm = 2;
	assert_int_equal(xnb_kept_hash_get(&kept, 4, &had), -EPROTO);
	*now = good;
	now->flags = 16;
	assert_int_equal(xnb_kept_hash_get(&kept, 4, &had), -EPROTO);
	*now = good;
	now->key_bytes = XNB_HASH_KEY_BYTES + 1;
	assert_int_equal(xnb_kept_hash_get(&kept, 4, &had), -EPROTO);
	*now = good;
	now->mapping_size = XNB_HASH_MAPPING_MAX + 1;
	assert_int_equal(xnb_kept_hash_get(&kept, 4, &had), -EPROTO);
	*now = good;
	kept.hash_now = 7; /* only its lowest bit counts */
	assert_int_equal(xnb_kept_hash_get(&kept, 1, &had), 0);
}

static void groups_come_and_go(void **state)
{
	const struct xn_mac station = {{0x00, 0x16, 0x3e, 0, 0, 1}};
	struct xn_mac list[XNB_MCAST_MAX];
	struct xn_mac one = group(1), other = group(2);

	(void)state;
	assert_int_equal(xnb_kept_mcast_add(&kept, &station), -EINVAL);
	assert_int_equal(xnb_kept_mcast_list(&kept, list), 0);
	assert_int_equal(xnb_kept_mcast_add(&kept, &one), 0);
	assert_int_equal(xnb_kept_mcast_add(&kept, &one), 0);
	assert_int_equal(xnb_kept_mcast_add(&kept, &other), 0);
	assert_int_equal(xnb_kept_mcast_list(&kept, list), 2);
	assert_true(xn_mac_equal(&list[0], &one));
	assert_true(xn_mac_equal(&list[1], &other));
	assert_int_equal(xnb_kept_mcast_del(&kept, &one), 0);
	assert_int_equal(xnb_kept_mcast_del(&kept, &one), -ENOENT);
	assert_int_equal(xnb_kept_mcast_del(&kept, &station), -ENOENT);
	assert_int_equal(xnb_kept_mcast_list(&kept, list), 1);
	assert_true(xn_mac_equal(&list[0], &other));
}

static void groups_are_bounded(void **state)
{
	struct xn_mac list[XNB_MCAST_MAX];
	struct xn_mac more = group(XNB_MCAST_MAX), first = group(0);

	(void)state;
	for (uint8_t i = 0; i < XNB_MCAST_MAX; i++) {
		struct xn_mac mac = group(i);

		assert_int_equal(xnb_kept_mcast_add(&kept, &mac), 0);
	}
	assert_int_equal(xnb_kept_mcast_add(&kept, &more), -ENOSPC);
	assert_int_equal(xnb_kept_mcast_add(&kept, &first), 0);
	assert_int_equal(xnb_kept_mcast_del(&kept, &first), 0);
	assert_int_equal(xnb_kept_mcast_add(&kept, &more), 0);
	assert_int_equal(xnb_kept_mcast_list(&kept, list), XNB_MCAST_MAX);
	/* No group address, and one with bits too many. */
	kept.mcast[0] = 0x00163e000001;
	kept.mcast[1] |= UINT64_C(1) << 48;
	assert_int_equal(xnb_kept_mcast_list(&kept, list), XNB_MCAST_MAX - 2);
}

static void grants_follow_the_answers(void **state)
{
	const struct xnb_kept_grant grant = {.ref = 0xfffffff0u,
					     .readonly = true};
	struct xnb_kept_grant had;

	(void)state;
	assert_false(xnb_kept_grant_get(&grants, 0, 0, &had));
	/* Added by request 7: it counts once that is answered. */
	xnb_kept_grant_add(&grants, 0, grant, 7);
	xnb_kept_grant_add(&grants, 1, grant, 7);
	assert_true(xnb_kept_grant_get(&grants, 0, 8, &had));
	assert_int_equal(had.ref, grant.ref);
	assert_true(had.readonly);
	assert_false(xnb_kept_grant_get(&grants, 1, 7, &had));
	assert_false(xnb_kept_grant_get(&grants, 1, 8, &had));
	/* Deleted by request 9: the same. */
	xnb_kept_grant_del(&grants, 0, 9);
	assert_true(xnb_kept_grant_get(&grants, 0, 9, &had));
	assert_int_equal(had.ref, grant.ref);
	assert_true(had.readonly);
	xnb_kept_grant_del(&grants, 0, 9);
	assert_false(xnb_kept_grant_get(&grants, 0, 10, &had));
	/* The index goes round. */
	xnb_kept_grant_add(&grants, 0, grant, UINT32_MAX);
	assert_true(xnb_kept_grant_get(&grants, 0, 0, &had));
	xnb_kept_grant_forget(&grants, 0);
	assert_false(xnb_kept_grant_get(&grants, 0, 0, &had));
	grants.entry[0] = UINT64_MAX;
	assert_false(xnb_kept_grant_get(&grants, 0, 0, &had));
}

static void log_has_room_for_all_queues(void **state)
{
	static uint8_t memory[262144] __attribute__((aligned(4096)));
	struct xnb_redo *redo = (struct xnb_redo *)(void *)memory;
	const size_t bytes = xnb_redo_bytes(XN_QUEUES_MAX);

	(void)state;
	assert_true(bytes <= sizeof(memory));
	xnb_redo_init(redo, XN_QUEUES_MAX);
	assert_ptr_equal(xnb_redo_grants(redo, XN_QUEUES_MAX - 1) + 1,
			 memory + bytes);
	assert_ptr_equal(xnb_redo_grants(redo, 0), &redo->queue[XN_QUEUES_MAX]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hash_is_taken_over_whole, setup),
		cmocka_unit_test_setup(hash_that_cannot_be_is_refused, setup),
		cmocka_unit_test_setup(groups_come_and_go, setup),
		cmocka_unit_test_setup(groups_are_bounded, setup),
		cmocka_unit_test_setup(grants_follow_the_answers, setup),
		cmocka_unit_test(log_has_room_for_all_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
