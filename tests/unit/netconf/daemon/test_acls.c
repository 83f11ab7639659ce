/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lists the data process has, and by which numbers, when there are more
 * of them than it can have, when memory is short, and when much happens at
 * once. The vifs, the data process and the compiler are the test's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/acl/compile.h"
#include "netconf/base/text.h"
#include "netconf/daemon/acls.h"
#include "netconf/daemon/keeper.h"
#include "netconf/daemon/config.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/vifs.h"

#define VIFS (XN_CONF_ACLS_MAX + 2)

static struct xn_daemon plane;
static struct xn_vif vifs[VIFS];
static struct xn_acl lists[VIFS];
static uint32_t vif_count;
static int compile_error;
static uint32_t compiled;
static struct {
	char name[XN_ACL_NAME_MAX]; /* "": it has none */
} has[XN_ACLS_MAX + 1];

struct xn_vif *xn_vifs_from(struct xn_vifs *unused, uint32_t slot)
{
	(void)unused;
	return slot < vif_count ? &vifs[slot] : NULL;
}

const struct xn_acl *xn_config_acl(const struct xn_config *config,
				   const char *name)
{
	(void)config;
	for (uint32_t i = 0; i < VIFS; i++)
		if (!strcmp(lists[i].name, name))
			return &lists[i];
	return NULL;
}

static uint32_t lists_changed;

void xn_keeper_lists_changed(struct xn_keeper *keeper)
{
	(void)keeper;
	lists_changed++;
}

void xn_policy_lists_renewed(struct xn_daemon *daemon)
{
	xn_loop_stop(daemon->loop, 0);
}

/* A program that says whose it is. */
struct named_program {
	struct xsw_acl head;
	char name[XN_ACL_NAME_MAX];
	uint32_t guests;
};

int xacl_compile(const struct xn_acl *acl, const struct xacl_known *known,
		 struct xsw_acl **ret_program, struct xn_err *err)
{
	struct named_program *program;

	compiled++;
	if (compile_error && acl->rule_count > 0)
		return xn_fail(err, compile_error, "as the test wants it");
	program = calloc(1, sizeof(*program));
	assert_non_null(program);
	program->head.bytes = sizeof(*program);
	program->guests = known->guest_count;
	if (acl->rule_count > 0)
		memcpy(program->name, acl->name, sizeof(program->name));
	else
		memcpy(program->name, "empty", 6);
	*ret_program = &program->head;
	return 0;
}

bool xn_datapath_is_ready(const struct xn_datapath *datapath)
{
	(void)datapath;
	return true;
}

void xn_datapath_send(struct xn_datapath *datapath, enum xn_dl_type type,
		      void *message, const int *fds, size_t fd_count)
{
	const struct xn_dl_acl *part = message;
	struct named_program program;

	(void)datapath;
	(void)fds;
	assert_int_equal(fd_count, 0);
	assert_int_equal(type, XN_DL_ACL);
	assert_in_range(part->acl, 1, XN_ACLS_MAX);
	memset(&has[part->acl], 0, sizeof(has[part->acl]));
	if (part->total == 0)
		return;
	assert_int_equal(part->bytes, sizeof(program));
	memcpy(&program, part->data, sizeof(program));
	memcpy(has[part->acl].name, program.name, sizeof(program.name));
}

static int set_up(void **state)
{
	memset(vifs, 0, sizeof(vifs));
	memset(has, 0, sizeof(has));
	compile_error = 0;
	compiled = 0;
	vif_count = VIFS;
	for (uint32_t i = 0; i < VIFS; i++) {
		vifs[i].slot = i;
		lists[i].rule_count = 1;
		(void)snprintf(lists[i].name, sizeof(lists[i].name), "list%u",
			       i);
	}
	plane.loop = xn_loop_create();
	plane.acls = xn_acls_create(&plane);
	assert_non_null(plane.acls);
	(void)state;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xn_acls_destroy(plane.acls);
	xn_loop_destroy(plane.loop);
	return 0;
}

/* The vif's policy is made and sent. */
static uint32_t give(uint32_t vif, uint32_t list)
{
	struct xn_policy *policy = &vifs[vif].policy;

	assert_true(xn_text_copy(policy->identity.acl,
				 sizeof(policy->identity.acl),
				 lists[list].name) > 0);
	policy->sent.acl = xn_acls_number(plane.acls, policy->identity.acl);
	policy->sent_valid = true;
	return policy->sent.acl;
}

static void who_finds_no_room_gets_nobodys_list(void **state)
{
	uint32_t number;

	(void)state;
	for (uint32_t i = 0; i < XN_CONF_ACLS_MAX; i++) {
		number = give(i, i);
		assert_string_equal(has[number].name, lists[i].name);
		assert_null(xn_acls_problem(plane.acls, lists[i].name));
	}
	number = give(XN_CONF_ACLS_MAX, XN_CONF_ACLS_MAX);
	assert_int_equal(number, XN_ACLS_MAX);
	assert_string_equal(has[number].name, "");
	assert_non_null(
		xn_acls_problem(plane.acls, lists[XN_CONF_ACLS_MAX].name));
	/* Those that are in use are found as before. */
	assert_string_equal(has[give(1, 0)].name, lists[0].name);
	/* And there is room again. */
	number = give(XN_CONF_ACLS_MAX, XN_CONF_ACLS_MAX);
	assert_string_equal(has[number].name, lists[XN_CONF_ACLS_MAX].name);
	assert_null(xn_acls_problem(plane.acls, lists[XN_CONF_ACLS_MAX].name));
}

static void without_memory_the_old_list_stays(void **state)
{
	uint32_t number = give(0, 0);

	(void)state;
	vif_count--; /* another program, were there memory */
	compile_error = ENOMEM;
	xn_acls_update(plane.acls);
	xn_acls_flush(plane.acls);
	assert_string_equal(has[number].name, lists[0].name);
	assert_non_null(xn_acls_problem(plane.acls, lists[0].name));
	/* One that is too large is closed. */
	compile_error = E2BIG;
	xn_acls_update(plane.acls);
	xn_acls_flush(plane.acls);
	assert_string_equal(has[number].name, "empty");
	compile_error = 0;
	xn_acls_update(plane.acls);
	xn_acls_flush(plane.acls);
	assert_string_equal(has[number].name, lists[0].name);
	assert_null(xn_acls_problem(plane.acls, lists[0].name));
}

static void a_number_that_is_anothers_now_has_nothing_of_the_old(void **state)
{
	uint32_t number = give(0, 0);

	(void)state;
	for (uint32_t i = 1; i < XN_CONF_ACLS_MAX; i++)
		(void)give(i, i);
	compile_error = ENOMEM;
	vifs[0].policy.sent_valid = false;
	assert_int_equal(give(0, XN_CONF_ACLS_MAX), number);
	assert_string_equal(has[number].name, "");
}

/* Many vifs come and go; each list is made again once, soon. */
static void many_events_are_one_compilation(void **state)
{
	(void)state;
	(void)give(0, 0);
	(void)give(1, 1);
	compiled = 0;
	for (uint32_t i = 0; i < 100; i++) {
		vif_count--, vif_count += i % 2;
		vifs[2].policy.unlisted = true;
		xn_acls_update(plane.acls);
	}
	assert_int_equal(compiled, 0);
	lists_changed = 0;
	assert_int_equal(xn_loop_run(plane.loop), 0);
	assert_int_equal(compiled, 2);
	assert_int_equal(lists_changed, 1);
	assert_false(vifs[2].policy.unlisted);
	xn_acls_flush(plane.acls); /* nothing is due */
	assert_int_equal(compiled, 2);
	/* Who waits for a number is looked at all the same, behind it. */
	xn_acls_update(plane.acls);
	xn_acls_flush(plane.acls);
	assert_int_equal(compiled, 4);
	assert_int_equal(xn_loop_run(plane.loop), 0);
	assert_int_equal(compiled, 4);
	assert_int_equal(lists_changed, 1); /* the same programs */
}

/* Its number is free, and the data process has it no more. */
static void a_list_that_nobody_has_is_not_compiled(void **state)
{
	uint32_t number = give(0, 0);

	(void)state;
	(void)give(1, 1);
	vifs[0].policy.identity.acl[0] = '\0';
	vifs[0].policy.sent.acl = 0;
	compiled = 0;
	xn_acls_update(plane.acls);
	xn_acls_flush(plane.acls);
	assert_int_equal(compiled, 1);
	assert_string_equal(has[number].name, "");
	assert_int_equal(give(0, 2), number);
}

#define ACLS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACLS_TEST(who_finds_no_room_gets_nobodys_list),
		ACLS_TEST(without_memory_the_old_list_stays),
		ACLS_TEST(a_number_that_is_anothers_now_has_nothing_of_the_old),
		ACLS_TEST(many_events_are_one_compilation),
		ACLS_TEST(a_list_that_nobody_has_is_not_compiled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
