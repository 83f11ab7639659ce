/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_REQUEST_H
#define XNS_REQUEST_H
/*
 * network-bridge's arguments, as xend and its users' wrapper scripts write
 * them: settings KEY=VALUE and a command, in any order. Pure.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/plan/style.h"

enum xns_command {
	XNS_START,
	XNS_STOP,
	XNS_STATUS,
	XNS_UNKNOWN, /* `word` says which, or "" for none */
};

struct xns_request {
	enum xns_command command;
	const char *word;      /* argv's */
	char bridge[IFNAMSIZ]; /* "": not said, as in the next two */
	char netdev[IFNAMSIZ];
	bool has_vifnum;
	uint32_t vifnum;
	enum xn_style style; /* XN_STYLES: not said */
	bool antispoof;
	bool force;
	bool nothing; /* bridge=null */
	/* The first setting that is none of these, or word behind the command,
	 * argv's; NULL: none. The originals pass over it. */
	const char *unknown;
};

/* The first word without '=' is the command; of a setting that is said twice
 * the last counts, and an empty one is unsaid. -EINVAL: a value that is none,
 * with the setting in `err`. `word` and `command` are set in any case. */
int xns_request_parse(int argc, const char *const *argv,
		      struct xns_request *ret_request, struct xn_err *err);

#endif
