/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DOCTOR_FACTS_H
#define XN_DOCTOR_FACTS_H
/*
 * What the doctor knows of a host. Reading changes nothing, but has a kernel
 * with modules load those that are probed for (nl/probe.h).
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/model/plane.h"
#include "netconf/model/planeconf.h"
#include "netconf/nl/probe.h"
#include "netconf/nl/socket.h"

#define XN_NICS_MAX 64u
#define XN_TROUBLES_MAX 16u
#define XN_WHERE_MAX 96

/* Who else may set the NIC up, bit (1 << ...) each. */
enum xn_manager {
	XN_MANAGER_NETWORKMANAGER,
	XN_MANAGER_NETWORKD,
	XN_MANAGER_IFUPDOWN,
	XN_MANAGERS,
};

/* A netdev of the file, or a port of a bridge that is no guest's. */
struct xn_nic {
	char name[IFNAMSIZ];
	int ifindex; /* 0: it is not there */
	bool in_file;
	bool wireless;
	uint32_t managers;
};

struct xn_forward {
	bool hooked;		  /* somebody looks at what is forwarded */
	bool drops;		  /* and drops what no rule decides on */
	char where[XN_WHERE_MAX]; /* "nftables: ip filter FORWARD" */
};

/* Guests' interfaces of one backend. */
struct xn_served {
	uint32_t count, named; /* named: the first of them, in `names` */
	char names[XN_WHERE_MAX];
};

#define XN_REMARKS_MAX 16u
#define XN_REMARK_MAX 256

/* What the file wants besides links: NAT, or the kernel's traffic control. */
struct xn_part {
	char lacks[XN_REMARK_MAX]; /* why it cannot be had; "": it can */
	uint32_t differences;	   /* from what is in force */
	char first[XN_REMARK_MAX]; /* of them, in words */
};

/* A bridge that somebody else changed since it was applied. */
#define XN_FACT_DRIFTS_MAX 64u
struct xn_fact_drift {
	char bridge[IFNAMSIZ];
	char words[XN_REMARK_MAX];
};

struct xn_facts {
	struct xn_model model; /* xn_facts_fini() */
	/* br_netfilter shows bridged frames to these, for the namespace or for
	 * a bridge. */
	bool call_ip, call_ip6;
	struct xn_forward ip, ip6, bridge;
	/* Likewise of what comes to the host itself; nftables' chains. */
	struct xn_forward input;
	bool dnsmasq; /* is installed */
	bool has_ipv6;
	bool ip_forwards, ip6_forwards;	     /* the host routes */
	bool netback_driver, netback_module; /* the kernel's */
	struct xn_served netbacks, ours;
	bool daemon; /* xenplaned is there */
	struct xn_probe probe;
	/* Filled in by the caller, who may look at these rooms. */
	struct xn_part nat, rates;
	uint32_t drift_count;
	struct xn_fact_drift drift[XN_FACT_DRIFTS_MAX];
	uint32_t remark_count; /* what could not be helped with them */
	char remark[XN_REMARKS_MAX][XN_REMARK_MAX];
	uint32_t nic_count;
	struct xn_nic nic[XN_NICS_MAX];
	/* What could not be found out, and why. */
	uint32_t trouble_count;
	char trouble[XN_TROUBLES_MAX][XN_ERR_TEXT_MAX];
};

/* `root`: "" but in tests, where files of the host are looked for. `conf` may
 * be NULL. What cannot be read is among the troubles; negative errno: nothing
 * can be told at all. */
int xn_facts_read(struct xn_nl *nl, const char *root,
		  const struct xn_planeconf *conf, struct xn_facts *ret_facts,
		  struct xn_err *err);
void xn_facts_fini(struct xn_facts *facts);

/* For facts.c: who sets up the link, by files (managers.c). */
uint32_t xn_managers_of(const char *root, const char *name, int ifindex);
/* Likewise: which backend serves which of the model's links (backends.c). */
void xn_backends_read(struct xn_facts *facts, const char *root);

#endif
