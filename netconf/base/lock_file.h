/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_LOCK_FILE_H
#define XN_BASE_LOCK_FILE_H
/*
 * One at a time, across processes: a file that only its holder removes, so
 * that nothing stays when nobody holds it. Also between two descriptors of one
 * process. Any thread.
 */
#include <stdbool.h>

/* Waits for it. `give_up` (NULL: never) is asked after each signal.
 * -ETIMEDOUT: it said yes; else negative errno. The caller owns *ret_fd
 * (xn_lock_file_release()). */
int xn_lock_file_take(const char *path, bool (*give_up)(void), int *ret_fd);
/* The same without waiting. -EBUSY: somebody has it. */
int xn_lock_file_try(const char *path, int *ret_fd);
/* Accepts -1; *fd becomes -1. */
void xn_lock_file_release(const char *path, int *fd);

#endif
