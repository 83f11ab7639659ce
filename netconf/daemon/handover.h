/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_HANDOVER_H
#define XN_DAEMON_HANDOVER_H
/*
 * A vif from one xenplaned to the next (fdstore.h), so that its guest does not
 * notice that the first one was killed: the queues of its twin, and while it is
 * connected its event channels, its redo log, and what the guest had said when
 * it connected (the store may say something else by now).
 *
 *	D.N.tap.I	queue I of the twin
 *	D.N.record	struct xn_record, in a memfd
 *	D.N.event	with a connection: the event channels
 *	D.N.redo	the same: the redo log
 *
 * The record is kept last and is changed in place. `queue_count` is 0 while
 * there is no connection, and is written when all else is there, so whenever
 * its writer dies the next one finds a whole connection or none. A record is
 * checked like a file that anybody may have written. Thread: the loop's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/ipc/datalink.h"

struct xn_exec_fds;
struct xn_vif;
struct xn_vifs;
struct xn_daemon;

#define XN_RECORD_MAGIC 0x786e7265u
#define XN_RECORD_VERSION 1u
#define XN_RECORD_PATH_MAX 256

struct xn_record_queue {
	uint32_t tx_ring_ref, rx_ring_ref;
	uint32_t tx_port, rx_port; /* ours, on the event channels' descriptor */
};

struct xn_record {
	uint32_t magic, version, bytes;
	uint32_t domid, handle;
	uint32_t isolated_by_us;
	/* Of the connection. */
	uint32_t queue_count; /* 0: there is none */
	uint32_t slot, generation;
	uint32_t offload, features, xdp_headroom, mcast_control;
	uint32_t ctrl_ring_ref, ctrl_port;
	struct xn_record_queue queue[XN_QUEUES_MAX];
	char frontend_path[XN_RECORD_PATH_MAX];
};

/* What a vif keeps; zero-initialise. */
struct xn_kept {
	struct xn_record *record; /* NULL: nothing is kept */
	int record_fd;
};

/* The vif's twin was made: from now on it is kept where somebody keeps
 * anything, and can be left to the next one. */
void xn_handover_keep_twin(struct xn_vif *vif);
/* Before the data process hears of it; what cannot be kept is logged. */
void xn_handover_keep_connection(struct xn_vif *vif, uint32_t generation);
/* Before the connection's descriptors are closed. */
void xn_handover_drop_connection(struct xn_vif *vif);
/* With the twin; all that the vif kept. */
void xn_handover_drop(struct xn_vif *vif);
/* Forgets without a word: the next one is to have it. */
void xn_handover_leave(struct xn_vif *vif);
/* Whose the twin's `isolated` is: it shows in no other way. */
void xn_handover_note_isolation(struct xn_vif *vif, bool by_us);

/* What a connected guest changed its mind about. */
void xn_handover_note_frontend(struct xn_vif *vif);

/* What xn_handover_keep_*() keep, for xn_exec_fds_exec() (upgrade.h): the next
 * one finds it in its store. */
void xn_handover_leave_all(struct xn_daemon *daemon, struct xn_exec_fds *fds);

/* At the start, before the loop runs: a vif for each connection that the one
 * before had, in the same slot. */
void xn_handover_adopt_all(struct xn_daemon *daemon);
/* The twin that the one before had for this vif. false: none, or not one to
 * go on with, which is then gone. */
bool xn_handover_adopt_twin(struct xn_vif *vif);

#endif
