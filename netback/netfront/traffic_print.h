/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_PRINT_H
#define XNF_TRAFFIC_PRINT_H
/* What the traffic program saw, as one JSON object on a line. Call these
 * before the queues go; without a connection the rings are left out. */
#include "netback/netfront/traffic_loop.h"
#include "netback/netfront/traffic_ping.h"
#include "netback/netfront/traffic_run.h"

void xnf_print_traffic(const struct xnf_traffic *traffic, bool connected);
void xnf_print_loop(const struct xnf_loop *loop, bool connected);
void xnf_print_ping(const struct xnf_loop *loop,
		    const struct xnf_ping_result *result, bool connected);

#endif
