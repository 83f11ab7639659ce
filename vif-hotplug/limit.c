/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time that a run has, see limit.h. */
#include "vif-hotplug/limit.h"

#include <signal.h>
#include <unistd.h>

#define RUN_SECONDS_MAX 33
#define SAY_SECONDS_MAX 3 /* to tell the store of it */

static volatile sig_atomic_t passed;

static void out_of_time(int signal_number)
{
	static const char words[] = "vif-hotplug: out of time\n";

	(void)signal_number;
	if (passed) {
		if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0)
			_exit(1);
		_exit(1);
	}
	passed = 1;
	(void)alarm(SAY_SECONDS_MAX);
}

void xvh_limit_start(void)
{
	/* Without SA_RESTART: who waits is told. */
	struct sigaction action = {.sa_handler = out_of_time};

	(void)sigaction(SIGALRM, &action, NULL);
	(void)alarm(RUN_SECONDS_MAX);
}

void xvh_limit_stop(void)
{
	(void)alarm(0);
}

bool xvh_limit_passed(void)
{
	return passed;
}
