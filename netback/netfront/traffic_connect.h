/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_CONNECT_H
#define XNF_TRAFFIC_CONNECT_H
/* The traffic program's vifs, from the store to Connected and back.
 * Thread: one. */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/front.h"
#include "netback/netfront/traffic_loop.h"
#include "netback/netfront/traffic_options.h"

#define XNF_CONNECT_VIFS_MAX (2 * XNF_LOOP_PAIRS_MAX)

struct xnf_connection {
	struct xnf_store *store;
	struct xnf_front *front[XNF_CONNECT_VIFS_MAX];
	uint32_t count; /* of fronts */
	uint32_t up_count;
};

/* Connects `count` vifs from options->vif on. Follow it with
 * xnf_disconnect(), also when it fails. */
int xnf_connect(struct xnf_connection *connection,
		const struct xnf_traffic_options *options, uint32_t count,
		struct xn_err *err);
/* Closes them in order as long as the backend has patience with us. */
void xnf_disconnect(struct xnf_connection *connection);

static inline bool xnf_is_connected(const struct xnf_connection *connection)
{
	return connection->count && connection->up_count == connection->count;
}

/* Does what the store has to say; `arg` is the connection. False: a vif is not
 * connected any more. */
bool xnf_follow_store(void *arg);

#endif
