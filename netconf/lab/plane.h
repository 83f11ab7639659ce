/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_PLANE_H
#define XN_LAB_PLANE_H
/*
 * The programs of a plane: the simulated hypervisor's broker, Debian's
 * xenstored, xenplaned (which starts xenplane-netback itself). Started in
 * that order, each when the one before serves; ended in reverse. The
 * supervisor's thread.
 */
#include <jansson.h>

#include "netconf/base/loop.h"
#include "netconf/lab/paths.h"

struct xn_lab_plane;

/* `fn` is called when a program of the plane ends by itself. */
typedef void xn_lab_plane_fn(void *arg, const char *program);

/* Blocks until all serve. The file for xenplaned (paths->config) is there.
 * Caller owns; NULL with err. */
struct xn_lab_plane *xn_lab_plane_start(struct xn_loop *loop,
					const struct xn_lab_paths *paths,
					int dom0_netns, xn_lab_plane_fn *fn,
					void *arg, struct xn_err *err);
void xn_lab_plane_stop(struct xn_lab_plane *plane); /* accepts NULL */

/* A JSON object: program name to process id. The caller owns it. */
json_t *xn_lab_plane_processes(const struct xn_lab_plane *plane);

#endif
