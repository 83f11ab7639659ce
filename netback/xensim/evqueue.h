/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_EVQUEUE_H
#define XSIM_EVQUEUE_H
/*
 * Writing port numbers into other handles' pipes. Write ends come from the
 * broker once and are kept, one per instance (= open event-channel device).
 *
 * A pipe whose readers are gone raises SIGPIPE in whoever writes; the program
 * must not notice. xsim_evqueue_init(), called when the connection is made
 * (a sandboxed program may not change signal handlers), installs a handler that
 * swallows exactly these, and gives every other SIGPIPE its default meaning. A
 * program that handles or ignores SIGPIPE itself keeps its own.
 *
 * Thread: any.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/xensim/proc.h"

void xsim_evqueue_init(void);

/* Around fork(). The child closes the write ends it inherited. */
void xsim_evqueue_before_fork(void);
void xsim_evqueue_after_fork(bool in_child);

/* Raises the endpoint behind `link` (none: nothing happens) and queues its
 * port when that is due. An owner that is gone loses it silently. 0, or
 * -EIO when the broker is gone. */
int xsim_evqueue_raise(const struct xsim_proc *proc, uint64_t link);

/* Unmasks, and queues again what was raised while masked. */
int xsim_evqueue_unmask(const struct xsim_proc *proc, uint64_t link);

/* Writes the number once more, whatever the state (a doubled event). */
int xsim_evqueue_repeat(const struct xsim_proc *proc, uint64_t link);

#endif
