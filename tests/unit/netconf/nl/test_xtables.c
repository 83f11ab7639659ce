/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy's entry of an old table, and everything that is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#include "netconf/nl/xtables.h"

#define TARGET_AT offsetof(struct ipt_entry, target_offset)

struct policy {
	_Alignas(struct ipt_entry) uint8_t entry[sizeof(struct ipt_entry)];
	struct xt_standard_target target;
};

static struct ipt_entry *entry_of(struct policy *policy)
{
	return (struct ipt_entry *)(void *)policy->entry;
}

static struct policy policy_of(int verdict)
{
	struct policy policy;

	memset(&policy, 0, sizeof(policy));
	entry_of(&policy)->target_offset = sizeof(policy.entry);
	entry_of(&policy)->next_offset = sizeof(policy);
	policy.target.verdict = verdict;
	return policy;
}

/* In memory of just that size. */
static int judge(const void *bytes, size_t size, size_t at, bool *ret_drops)
{
	void *copy = malloc(size ? size : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	rc = xn_xtables_judge(copy, size, at, TARGET_AT, ret_drops);
	free(copy);
	return rc;
}

static void policies_are_told(void **state)
{
	struct policy two[2] = {policy_of(-NF_ACCEPT - 1),
				policy_of(-NF_DROP - 1)};
	bool drops = true;

	(void)state;
	assert_int_equal(judge(two, sizeof(two), 0, &drops), 0);
	assert_false(drops);
	assert_int_equal(judge(two, sizeof(two), sizeof(two[0]), &drops), 0);
	assert_true(drops);
}

static void what_is_no_policy_is_refused(void **state)
{
	struct policy policy = policy_of(-NF_DROP - 1);
	bool drops;

	(void)state;
	for (size_t size = 0; size < sizeof(policy); size++)
		assert_int_equal(judge(&policy, size, 0, &drops), -EBADMSG);
	for (size_t at = 1; at < 400; at++)
		assert_int_equal(judge(&policy, sizeof(policy), at, &drops),
				 -EBADMSG);
	assert_int_equal(judge(&policy, sizeof(policy), SIZE_MAX, &drops),
			 -EBADMSG);
	entry_of(&policy)->target_offset = UINT16_MAX;
	assert_int_equal(judge(&policy, sizeof(policy), 0, &drops), -EBADMSG);
	policy = policy_of(0); /* a jump */
	assert_int_equal(judge(&policy, sizeof(policy), 0, &drops), -EBADMSG);
	policy = policy_of(-NF_DROP - 1);
	(void)strcpy(policy.target.target.u.user.name, "LOG");
	assert_int_equal(judge(&policy, sizeof(policy), 0, &drops), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_told),
		cmocka_unit_test(what_is_no_policy_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
