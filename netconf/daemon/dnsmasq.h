/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DNSMASQ_H
#define XN_DAEMON_DNSMASQ_H
/*
 * One dnsmasq, a child of this process for one bridge: started, watched,
 * started again when it dies, with growing pauses when it does so at once. It
 * never is root: it begins as the user of Debian's package with the three
 * capabilities that it needs and cannot get others; and it goes when this
 * process goes, whatever of. Its leases are in a file, so that the next one
 * knows them. Thread: the loop's.
 */
#include <stdint.h>
#include <sys/types.h>

#include "netconf/base/err.h"
#include "netconf/base/loop.h"

#define XN_DNSMASQ_USER "dnsmasq"
#define XN_DNSMASQ_PROGRAM "/usr/sbin/dnsmasq"

struct xn_dnsmasq;

/* Starts nothing yet. `name` (of the bridge) and `conf` are copied. NULL with
 * err. */
struct xn_dnsmasq *xn_dnsmasq_create(struct xn_loop *loop, const char *name,
				     const char *conf, struct xn_err *err);
/* Ends it first. Accepts NULL. */
void xn_dnsmasq_destroy(struct xn_dnsmasq *dnsmasq);

/* Failing is logged, and tried again later. */
void xn_dnsmasq_start(struct xn_dnsmasq *dnsmasq);
/* Returns when it has ended: it gets a moment to do so by itself. */
void xn_dnsmasq_stop(struct xn_dnsmasq *dnsmasq);
/* It reads its guests and names again. */
void xn_dnsmasq_reread(struct xn_dnsmasq *dnsmasq);

/* 0: it is not running. */
pid_t xn_dnsmasq_pid(const struct xn_dnsmasq *dnsmasq);
/* How often it died and was started again. */
uint32_t xn_dnsmasq_restarts(const struct xn_dnsmasq *dnsmasq);
/* Why it is not running; "": it is, or nobody knows. */
const char *xn_dnsmasq_problem(const struct xn_dnsmasq *dnsmasq);

#endif
