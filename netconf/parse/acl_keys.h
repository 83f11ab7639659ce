/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_ACL_KEYS_H
#define XN_PARSE_ACL_KEYS_H
/*
 * [acl NAME] of xenplane.conf and its keys (netconf/model/acl.h):
 *
 *	default = allow | deny
 *	allow = WAY PROTOCOL [PORTS] [source PORTS] [established]
 *		[from|to PEER...] [replies]
 *	deny = the same, without `replies`
 *
 *	WAY	  in (from PEER), out (to PEER)
 *	PROTOCOL  any, tcp, udp, sctp, icmp, icmp6, 0 to 255
 *	PORTS	  22 | 80,443,8000-8080; types of icmp and icmp6
 *	PEER	  NETWORK | ADDRESS | MAC | GUEST | group ACL
 *
 * The words are an administrator's, and nothing in them is trusted. Pure; any
 * thread. -EINVAL: with file:line:column in err; -ENOMEM.
 */
#include "netconf/model/planeconf.h"
#include "netconf/parse/conf.h"
#include "netconf/parse/report.h"

/* A section begins: the list is the last of conf->acl. */
int xn_acl_begin(struct xn_planeconf *conf, const struct xn_conf_entry *entry,
		 struct xn_err *err);
int xn_acl_put(struct xn_acl *acl, const struct xn_conf_entry *entry,
	       struct xn_err *err);

/* Lists that nobody has, and that are too long (acl_check.c). */
void xn_acl_check(const struct xn_planeconf *conf, struct xn_report *report);

#endif
