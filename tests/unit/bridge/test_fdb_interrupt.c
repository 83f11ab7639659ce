/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of the forwarding table stops after every single instruction and
 * a reader looks: the processor's trap flag raises SIGTRAP, whose handler is
 * the reader. So even an instant in which an entry is in neither place is seen
 * for certain; two threads hit it hardly ever. x86-64 only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

#include "tests/unit/bridge/churn.h"

#define TRAP_FLAG 0x100
#define STEPS 10u /* watched; one displacement in five is of who stays */

static const struct xsw_fdb *watched;
static volatile sig_atomic_t stop;
static volatile sig_atomic_t looks;
static volatile sig_atomic_t wrong;

/* A handler's change of the flags counts when it returns. */
static void start_stepping(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	(void)signal_number;
	(void)info;
	interrupted->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void look(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	(void)signal_number;
	(void)info;
	looks++;
	if (churn_wrong(watched))
		wrong++;
	if (stop)
		interrupted->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static void handle(int signal_number, void (*handler)(int, siginfo_t *, void *))
{
	const struct sigaction action = {.sa_sigaction = handler,
					 .sa_flags = SA_SIGINFO};

	assert_int_equal(sigaction(signal_number, &action, NULL), 0);
}

/* Which steps displace somebody; another table takes the same ones. */
static void find_displacing_steps(uint32_t ret[STEPS])
{
	struct churn churn;
	uint32_t found = 0;

	churn_init(&churn);
	for (uint32_t step = 0; found < STEPS; step++) {
		uint32_t before = churn_displaced(&churn);

		churn_step(&churn);
		if (churn_displaced(&churn) != before)
			ret[found++] = step;
	}
	churn_fini(&churn);
}

static void an_interrupted_writer_hides_nobody(void **state)
{
	struct churn churn;
	uint32_t displacing[STEPS];
	uint32_t step = 0;

	(void)state;
	find_displacing_steps(displacing);
	churn_init(&churn);
	watched = churn.fdb;
	handle(SIGTRAP, look);
	handle(SIGUSR1, start_stepping);
	for (uint32_t i = 0; i < STEPS; i++) {
		uint32_t before;

		for (; step < displacing[i]; step++)
			churn_step(&churn);
		before = churn_displaced(&churn);
		stop = false;
		assert_int_equal(raise(SIGUSR1), 0);
		churn_step(&churn);
		stop = true;
		step++;
		assert_true(churn_displaced(&churn) > before);
	}
	assert_int_equal(wrong, 0);
	/* It did look between instructions. */
	assert_true(looks > 50 * (int)STEPS);
	churn_fini(&churn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interrupted_writer_hides_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
