/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lists cost with many guests. Figures are printed; what is asserted of
 * time is that ten times the guests are far from a hundred times the work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "netconf/acl/compile.h"
#include "netconf/parse/planeconf.h"

#define FEW 100u
#define MANY 1000u
#define RUNS 15u
#define TIMES_MAX 40.0

static struct xn_planeconf *conf;
static struct xacl_guest guest[MANY];
static struct xn_address address[MANY][2];

/* Each in the group that the rule names, in an order of its own. */
static void make_guests(void)
{
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t place = i * 619u % MANY;

		address[i][0] =
			(struct xn_address){4,
					    32,
					    {10, 0, (uint8_t)(place >> 7),
					     (uint8_t)(place & 127u) * 2u}};
		address[i][1] = (struct xn_address){
			6,
			128,
			{0xfd, [13] = (uint8_t)(place >> 7),
			 [15] = (uint8_t)((place & 127u) * 2u)}};
		guest[i] = (struct xacl_guest){
			.name = {"", "", ""},
			.acl = "web",
			.has_mac = true,
			.mac = {{0, 0x16, 0x3e, 0, (uint8_t)(place >> 8),
				 (uint8_t)place}},
			.guarded = true,
			.address_count = 2,
			.address = address[i],
		};
	}
}

static uint64_t now_ns(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The shortest of some; *ret_bytes of the program. */
static uint64_t compile_ns(uint32_t count, uint32_t *ret_bytes)
{
	const struct xacl_known known = {.guest_count = count, .guest = guest};
	uint64_t best = UINT64_MAX;

	for (uint32_t i = 0; i < RUNS; i++) {
		struct xsw_acl *program = NULL;
		struct xn_err err = {0};
		uint64_t begin = now_ns(), took;

		if (xacl_compile(&conf->acl[0], &known, &program, &err))
			fail_msg("%s", xn_err_text(&err));
		took = now_ns() - begin;
		best = took < best ? took : best;
		*ret_bytes = program->bytes;
		free(program);
	}
	return best;
}

static void ten_times_the_guests(void **state)
{
	uint32_t few_bytes, many_bytes, none_bytes;
	uint64_t few = compile_ns(FEW, &few_bytes);
	uint64_t many = compile_ns(MANY, &many_bytes);

	(void)state;
	(void)compile_ns(0, &none_bytes);
	print_message("a list with a rule about a group: of %u guests %.1f us, "
		      "%u bytes; of %u %.1f us, %u bytes\n",
		      FEW, (double)few / 1e3, few_bytes, MANY,
		      (double)many / 1e3, many_bytes);
	/* The same for each of them. */
	assert_int_equal((many_bytes - none_bytes) / (few_bytes - none_bytes),
			 MANY / FEW);
	assert_true((double)many < TIMES_MAX * (double)few);
}

int main(void)
{
	static struct xn_report report;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_times_the_guests),
	};
	int failed;

	make_guests();
	if (xn_planeconf_read_text("/conf",
				   "[acl db]\nallow = in tcp 5432 from group "
				   "web replies\n[acl web]\ndefault = allow\n",
				   &conf, &report)) {
		(void)fprintf(stderr, "%s\n", xn_report_first(&report));
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	xn_planeconf_destroy(conf);
	return failed;
}
