/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See sandbox_runtime.h: for AddressSanitizer, UndefinedBehaviorSanitizer and
 * ThreadSanitizer. They report as ever, but without function names: those are
 * in files, and there is none to open.
 */
#include "netback/sandbox_runtime.h"

#include <seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>

static atomic_bool entered;

/* Their handlers of fatal signals, and a pipe to learn what can be read. */
static const int calls[] = {
	SCMP_SYS(gettimeofday), SCMP_SYS(mincore),	SCMP_SYS(pipe),
	SCMP_SYS(pipe2),	SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),
};

const int *xnb_sandbox_runtime_calls(size_t *ret_count)
{
	*ret_count = sizeof(calls) / sizeof(calls[0]);
	return calls;
}

void xnb_sandbox_runtime_entered(void)
{
	atomic_store(&entered, true);
}

/* LeakSanitizer asks this at the end of the program (lsan_interface.h). It
 * would start a process that traces this one: the very thing a sandbox is
 * there to refuse. Leaks are looked for in the unit tests, and by --no-sandbox.
 */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return atomic_load(&entered);
}
