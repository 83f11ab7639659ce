/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_PATHS_H
#define XN_LAB_PATHS_H
/*
 * Where a lab's files are, and where the programs are that it starts. All
 * paths are absolute. Pure but for xn_lab_paths_find() (reads /proc/self/exe)
 * and those that make and remove the folder.
 */
#include <stdint.h>

#include "netconf/base/err.h"

#define XN_LAB_PATH_MAX 256
#define XN_LAB_NAME_MAX 32
#define XN_LAB_ROOT "/run/xenplane/lab"

struct xn_lab_paths {
	char name[XN_LAB_NAME_MAX];
	char folder[XN_LAB_PATH_MAX]; /* /run/xenplane/lab/NAME */
	char lock[XN_LAB_PATH_MAX];
	char log[XN_LAB_PATH_MAX];
	char socket[XN_LAB_PATH_MAX];  /* the supervisor's */
	char control[XN_LAB_PATH_MAX]; /* xenplaned's */
	char config[XN_LAB_PATH_MAX];  /* its settings */
	char broker[XN_LAB_PATH_MAX];  /* the hypervisor's */
	char store_folder[XN_LAB_PATH_MAX];
	char store[XN_LAB_PATH_MAX];	/* xenstored's */
	char programs[XN_LAB_PATH_MAX]; /* folder of our programs */
	char xensim[XN_LAB_PATH_MAX];	/* libxensim.so */
};

/* `name` NULL: XENPLANE_LAB, else "default". -EINVAL for a name that is not
 * letters, digits, '-' and '_'. */
int xn_lab_paths_find(const char *name, struct xn_lab_paths *ret_paths,
		      struct xn_err *err);

/* The folder, with what an ended lab may have left removed first. Call with
 * the lock held by nobody else (xn_lab_lock()). */
int xn_lab_folder_make(const struct xn_lab_paths *paths, struct xn_err *err);
/* What xenplane notes of this network namespace below /run/xenplane goes with
 * the folder. */
int xn_lab_folder_note(const struct xn_lab_paths *paths, uint64_t cookie,
		       struct xn_err *err);
/* Removes the folder with all in it, and its parents when empty. */
void xn_lab_folder_remove(const struct xn_lab_paths *paths);

/* Takes the lab's lock: a descriptor to keep open. -EBUSY: a lab of this
 * name is running. */
int xn_lab_lock(const struct xn_lab_paths *paths, struct xn_err *err);

#endif
