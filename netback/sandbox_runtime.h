/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_SANDBOX_RUNTIME_H
#define XNB_SANDBOX_RUNTIME_H
/*
 * What the program's runtime calls on its own account. Two files have it and
 * CMake chooses: sandbox_runtime_none.c, and sandbox_runtime_sanitizer.c for
 * builds that are instrumented (which nobody installs).
 */
#include <stddef.h>

/* Numbers of system calls, as libseccomp's SCMP_SYS() gives them; allowed
 * whatever their arguments. NULL when *ret_count is 0. */
const int *xnb_sandbox_runtime_calls(size_t *ret_count);

/* The filter stands: the runtime must not try what ends the process then. */
void xnb_sandbox_runtime_entered(void);

#endif
