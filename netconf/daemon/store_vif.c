/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vif's values in the store: what the toolstack wrote, the states of both
 * ends, the frontend's keys, and our own guarded writes. Called by a vif's
 * actions on the loop. The frontend's folder is the guest's: its values are
 * copied once, bounded, and parsed by netback/vif.
 */
#include "netconf/daemon/store_private.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"

int xn_store_backend_path(uint32_t domid, uint32_t handle, const char *key,
			  char ret_path[XN_STORE_PATH_MAX])
{
	int length = xn_text_format(ret_path, XN_STORE_PATH_MAX,
				    "backend/vif/%u/%u/%s", domid, handle, key);

	return length < 0 ? length : 0;
}

static int read_backend(struct xn_store *store, xs_transaction_t transaction,
			uint32_t domid, uint32_t handle, const char *key,
			char ret_text[XN_STORE_VALUE_MAX])
{
	char path[XN_STORE_PATH_MAX];
	int error = xn_store_backend_path(domid, handle, key, path);

	if (error)
		return error;
	return xn_store_read(store, transaction, path, ret_text);
}

/* The toolstack's word on whose device this is; a path outside that domain's
 * folder would let one guest speak for another. */
static int check_frontend(const char *path, const char *id, uint32_t domid,
			  struct xn_err *err)
{
	char prefix[XN_STORE_PATH_MAX];
	uint32_t frontend_id;

	if (xn_parse_u32(id, 0, UINT16_MAX, &frontend_id) ||
	    frontend_id != domid)
		return xn_fail(err, EINVAL,
			       "frontend-id = \"%.20s\" in domain %u's folder",
			       id, domid);
	(void)xn_text_format(prefix, sizeof(prefix), "/local/domain/%u/",
			     domid);
	/* What else a path may be made of the store would refuse. */
	if (strncmp(path, prefix, strlen(prefix)) != 0 || strstr(path, "//") ||
	    path[strlen(path) - 1] == '/' ||
	    path[strspn(path, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/_@")])
		return xn_fail(err, EINVAL,
			       "frontend = \"%.80s\" is not below %s", path,
			       prefix);
	return 0;
}

int xn_store_read_frontend(struct xn_store *store, uint32_t domid,
			   uint32_t handle, char ret_path[XN_STORE_PATH_MAX],
			   struct xn_err *err)
{
	char frontend[XN_STORE_VALUE_MAX], id[XN_STORE_VALUE_MAX];
	int length;
	int error;

	length = read_backend(store, XBT_NULL, domid, handle, "frontend",
			      frontend);
	if (length < 0)
		return xn_fail(err, -length, "key frontend: %s",
			       strerror(-length));
	length =
		read_backend(store, XBT_NULL, domid, handle, "frontend-id", id);
	if (length < 0)
		return xn_fail(err, -length, "key frontend-id: %s",
			       strerror(-length));
	error = check_frontend(frontend, id, domid, err);
	if (error)
		return error;
	if (xn_text_copy(ret_path, XN_STORE_PATH_MAX, frontend) < 0)
		return xn_fail(err, ENAMETOOLONG, "frontend path is too long");
	return 0;
}

/* A key that is absent, or that no toolstack would write, is "". */
static int observe_key(struct xn_store *store, xs_transaction_t t,
		       uint32_t domid, uint32_t handle, const char *key,
		       char ret_text[XN_STORE_VALUE_MAX])
{
	int length = read_backend(store, t, domid, handle, key, ret_text);

	if (length >= 0 || length == -ENOENT || length == -E2BIG ||
	    length == -EILSEQ)
		return 0;
	return length;
}

/* The backend's three keys, as they were at one time. */
static int observe_backend(struct xn_store *store, xs_transaction_t t,
			   uint32_t domid, uint32_t handle,
			   struct xnb_observed *seen)
{
	char text[XN_STORE_VALUE_MAX];
	int error = read_backend(store, t, domid, handle, "frontend", text);

	if (error < 0)
		return error == -ENOENT ? 0 : error;
	seen->backend_present = true;
	error = observe_key(store, t, domid, handle, "state", text);
	if (error)
		return error;
	seen->backend = xnb_state_parse(text);
	error = observe_key(store, t, domid, handle, "online", text);
	if (error)
		return error;
	seen->online = !strcmp(text, "1");
	error = observe_key(store, t, domid, handle, "hotplug-status", text);
	if (error)
		return error;
	seen->hotplug_connected = !strcmp(text, "connected");
	return 0;
}

int xn_store_observe(struct xn_store *store, uint32_t domid, uint32_t handle,
		     const char *frontend, struct xnb_observed *ret)
{
	struct xnb_observed seen;
	char path[XN_STORE_PATH_MAX], text[XN_STORE_VALUE_MAX];
	int error = -EAGAIN;

	for (int i = 0; i < XN_STORE_TRIES && error == -EAGAIN; i++) {
		xs_transaction_t t;

		memset(&seen, 0, sizeof(seen));
		if (!store->xs)
			return -EAGAIN;
		t = xn_store_call_start(store);
		if (t == XBT_NULL)
			return xn_store_failure(store, errno);
		error = observe_backend(store, t, domid, handle, &seen);
		if (!store->xs)
			return -EAGAIN;
		if (!xn_store_call_end(store, t, error != 0) && !error)
			error = xn_store_failure(store, errno);
	}
	if (error)
		return error;
	error = xn_text_format(path, sizeof(path), "%s/state", frontend);
	if (error < 0)
		return error;
	/* Outside the transaction: the guest cannot make it fail. */
	if (xn_store_read(store, XBT_NULL, path, text) == -EAGAIN)
		return -EAGAIN;
	seen.frontend = xnb_state_parse(text);
	*ret = seen;
	return 0;
}

struct key_reader {
	struct xn_store *store;
	xs_transaction_t transaction;
	const char *frontend;
	int error; /* -EAGAIN: the values are not one generation's */
	char text[XN_STORE_VALUE_MAX];
};

static const char *read_key(void *arg, const char *key)
{
	struct key_reader *r = arg;
	char path[XN_STORE_PATH_MAX];
	int length;

	if (xn_text_format(path, sizeof(path), "%s/%s", r->frontend, key) < 0)
		return NULL;
	length = xn_store_read(r->store, r->transaction, path, r->text);
	if (length >= 0)
		return r->text;
	if (length == -EAGAIN)
		r->error = -EAGAIN;
	if (length == -ENOENT || length == -EAGAIN)
		return NULL;
	return "(unreadable)"; /* parsed as no number, and refused so */
}

static int read_keys_once(struct xn_store *store, const char *frontend,
			  bool offload, uint32_t queues_max,
			  struct xnb_frontend *ret, struct xn_err *err)
{
	struct key_reader r = {.store = store, .frontend = frontend};
	int error;

	if (!store->xs)
		return -EAGAIN;
	r.transaction = xn_store_call_start(store);
	if (r.transaction == XBT_NULL)
		return xn_store_failure(store, errno);
	error = xnb_frontend_parse(read_key, &r, offload, queues_max, ret, err);
	if (!store->xs)
		return -EAGAIN;
	/* Ending it tells whether the values belong together, also when they
	 * are to be refused. */
	if (!xn_store_call_end(store, r.transaction, r.error != 0) && !r.error)
		return xn_store_failure(store, errno);
	return r.error ? r.error : error;
}

int xn_store_read_keys(struct xn_store *store, const char *frontend,
		       bool offload, uint32_t queues_max,
		       struct xnb_frontend *ret, struct xn_err *err)
{
	int error = -EAGAIN;

	for (int i = 0; i < XN_STORE_TRIES && error == -EAGAIN; i++) {
		err->set = false;
		error = read_keys_once(store, frontend, offload, queues_max,
				       ret, err);
	}
	if (error == -EAGAIN && store->xs) {
		/* The guest rewrites its keys faster than they can be read. */
		err->set = false;
		return xn_fail(err, EPROTO, "frontend keys never hold still");
	}
	return error;
}

int xn_store_read_headroom(struct xn_store *store, const char *frontend,
			   uint16_t *ret_bytes, struct xn_err *err)
{
	struct key_reader r = {
		.store = store, .frontend = frontend, .transaction = XBT_NULL};
	int error = xnb_headroom_parse(read_key, &r, ret_bytes, err);

	return r.error ? r.error : error;
}

int xn_store_read_mcast(struct xn_store *store, const char *frontend,
			bool *ret_control, struct xn_err *err)
{
	struct key_reader r = {
		.store = store, .frontend = frontend, .transaction = XBT_NULL};
	bool control = false;
	int error = xnb_mcast_parse(read_key, &r, &control, err);

	if (r.error)
		return r.error;
	if (!error)
		*ret_control = control;
	return error;
}

struct backend_write {
	uint32_t domid, handle;
	enum xnb_state expected; /* with `state` */
	const struct xnb_offer_key *keys;
	size_t count;
};

static int write_once(struct xn_store *store, const struct backend_write *w,
		      bool check_state)
{
	char path[XN_STORE_PATH_MAX], text[XN_STORE_VALUE_MAX];
	xs_transaction_t t;
	int error;

	if (!store->xs)
		return -EAGAIN;
	t = xn_store_call_start(store);
	if (t == XBT_NULL)
		return xn_store_failure(store, errno);
	/* A write creates the folders above it: look first. */
	error = read_backend(store, t, w->domid, w->handle, "frontend", text);
	if (error >= 0)
		error = 0;
	if (!error && check_state) {
		(void)read_backend(store, t, w->domid, w->handle, "state",
				   text);
		if (xnb_state_parse(text) != w->expected)
			error = -ESTALE;
	}
	for (size_t i = 0; i < w->count && !error && store->xs; i++) {
		const struct xnb_offer_key *key = &w->keys[i];

		error = xn_store_backend_path(w->domid, w->handle, key->key,
					      path);
		if (!error && !xn_store_call_write(store, t, path, key->value))
			error = xn_store_failure(store, errno);
	}
	if (!store->xs)
		return -EAGAIN;
	if (!xn_store_call_end(store, t, error != 0) && !error)
		error = xn_store_failure(store, errno);
	return error;
}

static int write_backend(struct xn_store *store, const struct backend_write *w,
			 bool check_state, struct xn_err *err)
{
	int error = -EAGAIN;

	for (int i = 0; i < XN_STORE_TRIES && error == -EAGAIN; i++)
		error = write_once(store, w, check_state);
	if (error)
		xn_fail(err, -error, "writing backend/vif/%u/%u/%s: %s",
			w->domid, w->handle, w->keys[0].key, strerror(-error));
	return error;
}

int xn_store_write_offer(struct xn_store *store, uint32_t domid,
			 uint32_t handle, const struct xnb_offer_key *keys,
			 size_t count, struct xn_err *err)
{
	struct backend_write w = {
		.domid = domid, .handle = handle, .keys = keys, .count = count};

	return write_backend(store, &w, false, err);
}

int xn_store_write_state(struct xn_store *store, uint32_t domid,
			 uint32_t handle, enum xnb_state expected,
			 enum xnb_state state, struct xn_err *err)
{
	struct xnb_offer_key key = {.key = "state"};
	struct backend_write w = {.domid = domid,
				  .handle = handle,
				  .expected = expected,
				  .keys = &key,
				  .count = 1};

	(void)xn_text_format(key.value, sizeof(key.value), "%u",
			     (unsigned int)state);
	return write_backend(store, &w, true, err);
}
