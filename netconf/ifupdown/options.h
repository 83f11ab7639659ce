/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IFUP_OPTIONS_H
#define XN_IFUP_OPTIONS_H
/*
 * What ifup or ifdown asks for, from its environment: a checked copy. Nothing
 * in it is trusted. Sources: interfaces(5) and bridge-utils-interfaces(5) of
 * Debian; ifupdown-executor(7) and interfaces-bridge(5) of ifupdown-ng.
 *
 * An option that makes no sense is left out, and noted with its key and value.
 * Pure; any thread.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/base/mac.h"
#include "netconf/ifupdown/notes.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/bridge.h"

#define XN_IFUP_PORTS_BYTES 4096
#define XN_IFUP_VALUE_BYTES 512
#define XN_IFUP_SETTINGS_MAX 8
#define XN_IFUP_PORT_SETTINGS_MAX 64
#define XN_IFUP_WAIT_S_MAX 3600

enum xn_ifup_style {
	XN_IFUP_CLASSIC, /* a hook of Debian's ifupdown */
	XN_IFUP_NG,	 /* an executor of ifupdown-ng */
};

enum xn_ifup_task {
	XN_IFUP_NOTHING,
	XN_IFUP_DEPEND,	 /* print the ports */
	XN_IFUP_CREATE,	 /* the bridge alone */
	XN_IFUP_START,	 /* the bridge, its ports and settings; wait */
	XN_IFUP_HOLD,	 /* what ifdown is about to take down should be there */
	XN_IFUP_RELEASE, /* the ports leave, the bridge is down */
	XN_IFUP_STOP,	 /* the same, and the bridge goes */
};

struct xn_ifup_port_setting {
	char port[IFNAMSIZ];
	struct xn_nl_setting setting; /* IFLA_BRPORT_COST or _PRIORITY */
};

struct xn_ifup_options {
	enum xn_ifup_style style;
	enum xn_ifup_task task;
	bool verbose;
	char iface[IFNAMSIZ];
	char ports[XN_IFUP_PORTS_BYTES]; /* as written: ports.h */
	/* IFLA_BR_*, each once, STP before the forward delay. */
	struct xn_nl_setting setting[XN_IFUP_SETTINGS_MAX];
	size_t setting_count;
	struct xn_ifup_port_setting port_setting[XN_IFUP_PORT_SETTINGS_MAX];
	size_t port_setting_count;
	bool vlan_aware;
	bool has_hw; /* `hw` or the MAC of the link `hw_link` */
	struct xn_mac hw;
	char hw_link[IFNAMSIZ];
	uint32_t port_mtu; /* 0: as it is */
	bool has_waitport;
	uint32_t waitport_s;
	char waitports[XN_IFUP_PORTS_BYTES]; /* "": `ports` */
	bool has_maxwait;
	uint32_t maxwait_s;
	struct xn_addr address; /* for XN_IFUP_HOLD; family 0: none */
};

/* `env`: NAME=VALUE, NULL at its end. XN_IFUP_NOTHING: not our business. 0 or
 * -EINVAL: it cannot be known what is meant. */
int xn_ifup_options_parse(enum xn_ifup_style style, const char *const *env,
			  struct xn_ifup_options *ret_options,
			  struct xn_ifup_notes *notes, struct xn_err *err);

#endif
