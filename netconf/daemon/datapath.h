/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DATAPATH_H
#define XN_DAEMON_DATAPATH_H
/*
 * The data process, seen from control: starts xenplane-netback, speaks the
 * datalink (netconf/ipc/datalink.h) with it, and starts another one when it
 * dies: at once after a long life, with a growing pause when it keeps dying.
 * Statistics and the hash key survive it.
 *
 * A data process that breaks the datalink's rules, or lets thousands of
 * messages wait, is killed: its death is then handled like any other.
 * Thread: the loop's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/base/loop.h"
#include "netconf/ipc/datalink.h"
#include "netconf/ipc/stats.h"

struct xn_datapath;

/* None of them may destroy the datapath. */
struct xn_datapath_listener {
	void (*ready)(void *arg); /* vifs can be added */
	/* Every connection of its is cut. `status` is waitpid()'s. */
	void (*died)(void *arg, int status);
	void (*vif_up)(void *arg, const struct xn_dl_vif_up *message);
	void (*vif_gone)(void *arg, const struct xn_dl_vif_gone *message);
	void (*vif_fault)(void *arg, const struct xn_dl_vif_fault *message);
	void (*vif_stall)(void *arg, const struct xn_dl_vif_stall *message);
	void (*active)(void *arg); /* a guest sent, after a WATCH */
	void (*port_done)(void *arg, const struct xn_dl_port_done *message);
	void (*station)(void *arg, const struct xn_dl_station *message);
	void (*stations_end)(void *arg,
			     const struct xn_dl_stations_end *message);
	void *arg;
};

/* How xenplane-netback is started; all texts stay the caller's. */
struct xn_datapath_program {
	const char *path;
	const char *user;      /* NULL: its own choice */
	const char *spin_us;   /* NULL: its own choice */
	const char *workers;   /* NULL: its own choice */
	const char *settle_ms; /* NULL: its own choice */
	bool no_sandbox;
};

struct xn_exec_fds;
struct xn_fdstore;

/* Caller owns *ret_datapath; `program` is copied, `fdstore` (NULL: none) is
 * used to the end. The data process of a daemon before is killed first, and its
 * statistics go on. */
int xn_datapath_create(struct xn_loop *loop,
		       const struct xn_datapath_program *program,
		       struct xn_fdstore *fdstore,
		       const struct xn_datapath_listener *listener,
		       struct xn_datapath **ret_datapath, struct xn_err *err);
/* Kills the data process and reaps it. Accepts NULL. */
void xn_datapath_destroy(struct xn_datapath *datapath);

/* Fills the message's header and sends it, or queues it while the socket is
 * full (descriptors are duplicated). A message that cannot be delivered is
 * dropped: the process is dead or about to be, and `died` will follow. */
void xn_datapath_send(struct xn_datapath *datapath, enum xn_dl_type type,
		      void *message, const int *fds, size_t fd_count);

/* For xn_exec_fds_exec() (upgrade.h): the process, which serves until the next
 * one ends it, and its statistics. Failing: the next one could not end it. */
int xn_datapath_leave(struct xn_datapath *datapath, struct xn_exec_fds *fds,
		      struct xn_err *err);

bool xn_datapath_is_ready(const struct xn_datapath *datapath);
int xn_datapath_pid(const struct xn_datapath *datapath); /* 0: none runs */
uint32_t xn_datapath_restarts(const struct xn_datapath *datapath);
uint32_t xn_datapath_workers(const struct xn_datapath *datapath);

const struct xn_stats *xn_datapath_stats(const struct xn_datapath *datapath);
/* Zeroes a slot's counters; not while a data process serves the slot. */
void xn_datapath_clear_stats(struct xn_datapath *datapath, uint32_t slot);

#endif
