/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_FILES_H
#define XN_SAFE_FILES_H
/*
 * The folder where applies of the configuration are remembered, and its
 * files. What is read back is root's, bounded, and still checked by its
 * reader; what is written is whole and on disk, or not there.
 * Any thread; the lock is a process's.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "netconf/base/err.h"

#define XN_SAFE_FOLDER "/var/lib/xenplane"
/* A record holds up to three configurations. */
#define XN_SAFE_BYTES_MAX (8U << 20)

enum xn_safe_file {
	XN_SAFE_LOCK,	   /* held by who changes something */
	XN_SAFE_WATCHDOG,  /* a byte of it, by the watchdog while it lives */
	XN_SAFE_PENDING,   /* what is being applied, or waits */
	XN_SAFE_JOURNAL,   /* how to take that back (apply/journal.h) */
	XN_SAFE_CONFIRMED, /* what was applied, and is to stay */
	XN_SAFE_LAST,	   /* what became of the last one, in words */
	XN_SAFE_FILES,
};

struct xn_safe_paths {
	char folder[PATH_MAX];
	char file[XN_SAFE_FILES][PATH_MAX];
};

/* NULL: XN_SAFE_FOLDER. Makes nothing. -ENAMETOOLONG. */
int xn_safe_paths(const char *folder, struct xn_safe_paths *ret_paths,
		  struct xn_err *err);
/* Makes the folder, for root alone, unless it is there. -EPERM: others could
 * write in it. */
int xn_safe_make_folder(const struct xn_safe_paths *paths, struct xn_err *err);

/* Caller closes *ret_fd. -EBUSY: another process has it; `wait`: as long as
 * it takes. */
int xn_safe_lock(const struct xn_safe_paths *paths, bool wait, int *ret_fd,
		 struct xn_err *err);
/* For the watchdog of the apply `id`: each has a lock of its own. */
int xn_safe_hold_watch(const struct xn_safe_paths *paths, uint64_t id,
		       int *ret_fd, struct xn_err *err);
/* That one is alive. */
bool xn_safe_is_watched(const struct xn_safe_paths *paths, uint64_t id);

/* Takes the reference (NULL: out of memory). */
int xn_safe_write_json(const struct xn_safe_paths *paths,
		       enum xn_safe_file file, json_t *take_json,
		       struct xn_err *err);
/* Caller owns *ret_json. -ENOENT without words; -EPERM: others could have
 * written it; -EBADMSG: no JSON. */
int xn_safe_read_json(const struct xn_safe_paths *paths, enum xn_safe_file file,
		      json_t **ret_json, struct xn_err *err);
/* 0 also when it is not there. */
int xn_safe_remove(const struct xn_safe_paths *paths, enum xn_safe_file file,
		   struct xn_err *err);
/* At once, whatever `to` was. */
int xn_safe_rename(const struct xn_safe_paths *paths, enum xn_safe_file from,
		   enum xn_safe_file to, struct xn_err *err);

#endif
