/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_STORE_H
#define XN_DAEMON_STORE_H
/*
 * The store as the daemon uses it: one watch on the relative path
 * `backend/vif`, two on each frontend's folder (its state, and what it may ask
 * for while connected), bounded reads, guarded writes. (A removed folder fires
 * the watches of the nodes below it, so the state node's watch tells of the
 * folder, too.)
 *
 * Events only say where to look: they are counted into "vif D/N may have
 * changed", and the listener reads the present values. The connection may
 * die; the store then reconnects with a growing pause and the listener looks
 * at everything again. Until then every call fails with -EAGAIN.
 *
 * A call waits for the store's answer, for some seconds at most: then the
 * connection counts as dead (store_limit.h).
 *
 * Every value is hostile: at most XN_STORE_VALUE_MAX bytes, no zero bytes.
 * Thread: the loop's. (libxenstore reads watches on a thread of its own.)
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netback/vif/features.h"
#include "netback/vif/xenbus.h"
#include "netconf/base/err.h"
#include "netconf/base/loop.h"
#include "netconf/base/mac.h"
#include "netconf/model/settings.h"

#define XN_STORE_VALUE_MAX 256
#define XN_STORE_PATH_MAX 256
#define XN_STORE_DOMAIN_MAX 64

struct xn_store;

struct xn_store_listener {
	void (*up)(void *arg); /* connected: look at everything */
	void (*down)(void *arg);
	/* The vif's backend folder or something in it changed; `values`: it
	 * may be one of those that xn_store_read_values() reads. */
	void (*backend)(void *arg, uint32_t domid, uint32_t handle,
			bool values);
	/* The frontend's state, or its request-multicast-control, by the
	 * number given to the watch. */
	void (*frontend)(void *arg, uint32_t slot, uint32_t serial);
	/* Folders may have come or gone: list them again. */
	void (*rescan)(void *arg);
	/* The events at hand are all told. */
	void (*settled)(void *arg);
	void *arg;
};

/* The first connection must succeed. Caller owns *ret_store. */
int xn_store_open(struct xn_loop *loop,
		  const struct xn_store_listener *listener,
		  struct xn_store **ret_store, struct xn_err *err);
void xn_store_close(struct xn_store *store); /* accepts NULL */
bool xn_store_is_up(const struct xn_store *store);
/* This domain's id, as the store says; 0 when it does not. */
uint32_t xn_store_own_domid(struct xn_store *store);

/* Calls fn for every folder backend/vif/D/N, at most `max` of them. */
int xn_store_list_vifs(struct xn_store *store, uint32_t max,
		       void (*fn)(void *arg, uint32_t domid, uint32_t handle,
				  bool values),
		       void *arg);

/* Which frontend the toolstack means, once: a path below that domain's own
 * folder. -ENOENT: the backend folder is not (yet) complete. */
int xn_store_read_frontend(struct xn_store *store, uint32_t domid,
			   uint32_t handle, char ret_path[XN_STORE_PATH_MAX],
			   struct xn_err *err);

#define XN_STORE_PROBLEMS_MAX 4u
#define XN_STORE_PROBLEM_BYTES 160

/* What the toolstack says of a vif, and may say anew at any time. */
struct xn_store_values {
	char mac_text[32]; /* as written, printable; may be empty */
	bool has_mac;
	struct xn_mac mac;
	char bridge[IFNAMSIZ];	/* that the script is to use; "": none */
	char vifname[IFNAMSIZ]; /* that the script gives; "": none */
	char domain[XN_STORE_DOMAIN_MAX]; /* the guest's name; "": unknown */
	uint32_t mtu;			  /* 0: not said */
	struct xn_settings settings;	  /* rate, ip */
	/* What could not be read, for people: the value then counts as not
	 * said, but wrong addresses count as none. */
	uint32_t problem_count;
	char problem[XN_STORE_PROBLEMS_MAX][XN_STORE_PROBLEM_BYTES];
};
/* 0, or -EAGAIN: the store is away; *ret is untouched then. */
int xn_store_read_values(struct xn_store *store, uint32_t domid,
			 uint32_t handle, struct xn_store_values *ret);

/* Both ends as they are now. */
int xn_store_observe(struct xn_store *store, uint32_t domid, uint32_t handle,
		     const char *frontend, struct xnb_observed *ret);

/* All of the frontend's keys, in one transaction. */
int xn_store_read_keys(struct xn_store *store, const char *frontend,
		       bool offload, uint32_t queues_max,
		       struct xnb_frontend *ret, struct xn_err *err);

/* The frontend's `xdp-headroom` alone, as xnb_headroom_parse() has it. */
int xn_store_read_headroom(struct xn_store *store, const char *frontend,
			   uint16_t *ret_bytes, struct xn_err *err);

/* Its `request-multicast-control` alone, as xnb_mcast_parse() has it. */
int xn_store_read_mcast(struct xn_store *store, const char *frontend,
			bool *ret_control, struct xn_err *err);

/* None creates a backend folder that has gone (-ENOENT). */
int xn_store_write_offer(struct xn_store *store, uint32_t domid,
			 uint32_t handle, const struct xnb_offer_key *keys,
			 size_t count, struct xn_err *err);
/* -ESTALE: the state is not `expected` any more. */
int xn_store_write_state(struct xn_store *store, uint32_t domid,
			 uint32_t handle, enum xnb_state expected,
			 enum xnb_state state, struct xn_err *err);

/* A key of the toolstack's that `vif set` speaks of. */
struct xn_store_word {
	const char *key;  /* "rate" */
	bool said;	  /* false: what the toolstack had said is put back */
	const char *text; /* "": the key is removed */
};
/* What `vif set` says of the vif as a whole ("": nothing), and that in the
 * toolstack's keys, here and in libxl's own folder: all of it or none. The
 * toolstack's words are kept beside until they are put back. */
int xn_store_write_set(struct xn_store *store, uint32_t domid, uint32_t handle,
		       const char *set, const struct xn_store_word *words,
		       size_t count, struct xn_err *err);
/* Where the twin is (placing.h), for a daemon that starts again. */
int xn_store_write_placed(struct xn_store *store, uint32_t domid,
			  uint32_t handle, const char *placed,
			  struct xn_err *err);
/* Both; "": not written, or not by us. 0, or -EAGAIN: the store is away. */
int xn_store_read_set(struct xn_store *store, uint32_t domid, uint32_t handle,
		      char *ret_set, size_t set_bytes,
		      char ret_placed[XN_STORE_VALUE_MAX]);

int xn_store_watch(struct xn_store *store, const char *frontend, uint32_t slot,
		   uint32_t serial, struct xn_err *err);
void xn_store_unwatch(struct xn_store *store, const char *frontend,
		      uint32_t slot, uint32_t serial);

#endif
