/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_BLAME_H
#define XN_DAEMON_BLAME_H
/*
 * Which vif a data process died of. A worker notes in the vif's redo log whose
 * work it does (netback/ring/redo.h); a vif in whose work it crashed twice
 * within 10 s is not handed to the next one.
 *
 * Only crashes count: whoever kills the process while it works for a vif has
 * found that vif by chance. The log is the data process's memory and is
 * checked like anything of a guest's; what it can do with it at worst is to
 * accuse a vif, which it may disable by a fault anyway.
 * Thread: the loop's.
 */
#include <stdbool.h>
#include <stdint.h>

/* Two crashes closer to each other than this disable the vif. */
#define XN_BLAME_WINDOW_MS 10000u

struct xn_blame {
	bool before;
	uint64_t last_ms; /* CLOCK_MONOTONIC; only with `before` */
};

/* Where the process was when it died. */
struct xn_blame_place {
	uint32_t queue;
	uint32_t index; /* of the queue's tx ring */
};

/* Is it a crash, by the status that waitpid() gave? Not: the end it was asked
 * for, and a signal that others send (KILL, TERM, INT, HUP). */
bool xn_blame_is_crash(int status);

/* Reads the note of a dead process in a redo log for so many queues, and takes
 * it back, so that it does not speak of the next death. 1 and where, 0: it was
 * not at this vif; -EPROTO: the log is no longer one; other negative errno. */
int xn_blame_take_note(int redo_fd, uint32_t queue_count,
		       struct xn_blame_place *ret_place);

/* A crash in this vif's work at that time; true: the second one in the
 * window. */
bool xn_blame_add(struct xn_blame *blame, uint64_t now_ms);

#endif
