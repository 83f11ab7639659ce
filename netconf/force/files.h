/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_FORCE_FILES_H
#define XN_FORCE_FILES_H
/*
 * The files below /run/xenplane that say what is in force in a network
 * namespace, and who is there. They go with the kernel's state at a reboot.
 * What is read back is root's, bounded, and still checked by its reader. For
 * netconf/force only. Any thread.
 */
#include <jansson.h>
#include <stdbool.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

#define XN_FORCE_FOLDER "/run/xenplane"
#define XN_FORCE_BYTES_MAX (16U << 20)
#define XN_FORCE_PATH_MAX 96

enum xn_force_file {
	XN_FORCE_TEXTS, /* "in-force-COOKIE.json" */
	XN_FORCE_KNOWN, /* "known-COOKIE.json" */
};

/* Of the socket's network namespace. */
void xn_force_path(const struct xn_nl *nl, enum xn_force_file file,
		   char ret_path[XN_FORCE_PATH_MAX]);

/* Caller owns *ret_json. -ENOENT without words; -EPERM: others could have
 * written it; -EBADMSG: no JSON. `held_only`: a file whose writer does not
 * hold it any more (xn_force_write()) counts as none. */
int xn_force_read(const char *path, bool held_only, json_t **ret_json,
		  struct xn_err *err);
/* Whole or not at all; takes the reference (NULL: out of memory). ret_fd not
 * NULL: the file is held as long as the caller keeps the descriptor. */
int xn_force_write(const char *path, json_t *take_json, int *ret_fd,
		   struct xn_err *err);
/* 0 also when it is not there. */
int xn_force_remove(const char *path, struct xn_err *err);

/* Whoever changes NAT or traffic control holds it, on this host. -EBUSY
 * without words: another process has it; `wait`: as long as it takes. */
int xn_force_lock(bool wait, int *ret_fd, struct xn_err *err);
/* Nothing of it is left. Accepts -1. */
void xn_force_unlock(int *fd);

#endif
