/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_PLANE_H
#define XN_MODEL_PLANE_H
/*
 * The state of a host's network as plain data: links, addresses, routes,
 * rules and neighbours, each in a table. One struct serves as the observed
 * model (netconf/observe fills it) and as a wanted one (a front door makes it
 * from an observed one by a pure function). Objects name links by ifindex; a
 * wanted link that is not there yet has a free one, which it gets.
 *
 * What the kernel makes of itself is left out: routes that follow from an
 * address, the local table, learned neighbours.
 *
 * Pure; any thread. Memory: a model owns its tables.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "netconf/base/err.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/bridge.h"
#include "netconf/nl/link.h"
#include "netconf/nl/neigh.h"
#include "netconf/nl/route.h"
#include "netconf/nl/rule.h"

/* A model with more objects of a kind is refused. */
#define XN_MODEL_OBJECTS_MAX 65536

/* What is not said is as it is, or for a new link the kernel's default. */
struct xn_link_settings {
	uint8_t count;
	struct xn_nl_setting setting[XN_NL_SETTINGS_MAX];
};

struct xn_model_link {
	int ifindex;
	char kind[XN_LINK_KIND_MAX]; /* a "bridge" or "veth" can be made */
	char name[IFNAMSIZ];
	int peer;	   /* of a veth: ifindex; 0: none here */
	struct xn_mac mac; /* wanted of a new bridge, zero: the kernel's */
	uint32_t mtu;
	bool up;
	bool noarp;
	bool nomulticast;
	int master; /* ifindex; 0: none */
	uint8_t addr_gen_mode;
	bool disable_ipv6;
	int accept_ra;
	struct xn_link_conf ipv4;
	struct xn_link_conf ipv6;
	struct xn_link_settings bridge; /* IFLA_BR_* */
	struct xn_link_settings port;	/* IFLA_BRPORT_* */
	/* Observed only; no difference comes of them. */
	bool has_ipv6;
	bool ethernet;
	bool has_carrier;
	int lower; /* ifindex: it is on top of that one; 0: none */
};

enum xn_noun {
	XN_LINK,  /* struct xn_model_link */
	XN_ADDR,  /* struct xn_addr; a label that is the link's name is "" */
	XN_ROUTE, /* struct xn_route */
	XN_RULE,  /* struct xn_rule */
	XN_NEIGH, /* struct xn_neigh */
	XN_NOUNS,
};

union xn_object {
	struct xn_model_link link;
	struct xn_addr addr;
	struct xn_route route;
	struct xn_rule rule;
	struct xn_neigh neigh;
};

struct xn_table {
	void *item;
	size_t count, room;
};

/* Zero-initialise: empty. */
struct xn_model {
	struct xn_table table[XN_NOUNS];
	/* A wanted one that was once: what the kernel would not take anew (a
	 * gateway that nothing leads to) is had all the same. */
	bool was;
	/* The highest number of a link that was removed; no new one gets it. */
	int removed_ifindex;
};

void xn_model_fini(struct xn_model *model);
/* *ret_copy is set on success only. -ENOMEM. */
int xn_model_copy(const struct xn_model *model, struct xn_model *ret_copy);

static inline size_t xn_model_count(const struct xn_model *model,
				    enum xn_noun noun)
{
	return model->table[noun].count;
}
/* Valid until the table changes. */
const void *xn_model_at(const struct xn_model *model, enum xn_noun noun,
			size_t place);
void *xn_model_edit(struct xn_model *model, enum xn_noun noun, size_t place);
/* A copy at the end of the table. -ENOMEM; -E2BIG: the table is full. */
int xn_model_add(struct xn_model *model, enum xn_noun noun, const void *object);
/* The order of the others stays. */
void xn_model_remove(struct xn_model *model, enum xn_noun noun, size_t place);
/* The object with the same key (fields.h), looked for from `hint` on: models
 * that are compared have most of it in the same place. -ENOENT. */
ssize_t xn_model_find(const struct xn_model *model, enum xn_noun noun,
		      const void *object, size_t hint);

/* NULL: none. */
struct xn_model_link *xn_model_link(const struct xn_model *model, int ifindex);
struct xn_model_link *xn_model_link_named(const struct xn_model *model,
					  const char *name);
/* An index that no link has or, in this model, ever had: above all of them. */
int xn_model_free_ifindex(const struct xn_model *model);

#endif
