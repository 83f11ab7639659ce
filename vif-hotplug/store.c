/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vif's folder of the store, see store.h. Values are copied once, bounded,
 * before anything looks at them. */
#include "vif-hotplug/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "netconf/base/text.h"

#define KEY_PATH_MAX (XVH_PATH_MAX + 32)
#define TRIES_MAX 100 /* against other writers of the store */

int xvh_store_open(struct xvh_store *ret_store, const char *path,
		   struct xn_err *err)
{
	ret_store->path = path;
	ret_store->xs = xs_open(0);
	if (!ret_store->xs)
		return xn_fail(err, errno, "xenstore does not answer: %s",
			       strerror(errno));
	return 0;
}

void xvh_store_close(struct xvh_store *store)
{
	if (store->xs)
		xs_close(store->xs);
	store->xs = NULL;
}

static int read_path(struct xvh_store *store, xs_transaction_t t,
		     const char *path, char *ret_text, size_t text_bytes)
{
	unsigned int length = 0;
	char *value = xs_read(store->xs, t, path, &length);
	int rc = 0;

	ret_text[0] = '\0';
	if (!value)
		return -errno;
	if (length >= text_bytes)
		rc = -E2BIG;
	else if (memchr(value, '\0', length))
		rc = -EILSEQ;
	if (rc == 0) {
		memcpy(ret_text, value, length);
		ret_text[length] = '\0';
		rc = (int)length;
	}
	free(value);
	return rc;
}

int xvh_store_read(void *arg, const char *key, char *ret_text,
		   size_t text_bytes)
{
	struct xvh_store *store = arg;
	char path[KEY_PATH_MAX];
	int rc = xn_text_format(path, sizeof(path), "%s/%s", store->path, key);

	ret_text[0] = '\0';
	return rc < 0 ? rc
		      : read_path(store, XBT_NULL, path, ret_text, text_bytes);
}

bool xvh_store_udev_disabled(struct xvh_store *store)
{
	char text[XVH_VALUE_MAX];

	return read_path(store, XBT_NULL, "libxl/disable_udev", text,
			 sizeof(text)) != -ENOENT;
}

static int write_key(struct xvh_store *store, xs_transaction_t t,
		     const char *folder, const char *key, const char *value)
{
	char path[KEY_PATH_MAX];
	int rc = xn_text_format(path, sizeof(path), "%s/%s", folder, key);

	if (rc < 0)
		return rc;
	return xs_write(store->xs, t, path, value, (unsigned int)strlen(value))
		       ? 0
		       : -errno;
}

static int folder_is_there(struct xvh_store *store, xs_transaction_t t,
			   const char *folder)
{
	char text[XVH_VALUE_MAX];
	int rc = read_path(store, t, folder, text, sizeof(text));

	return rc < 0 && rc != -E2BIG && rc != -EILSEQ ? rc : 0;
}

static int remove_error(struct xvh_store *store, xs_transaction_t t)
{
	char path[KEY_PATH_MAX];
	int rc = xn_text_format(path, sizeof(path), "%s/hotplug-error",
				store->path);

	if (rc < 0)
		return rc;
	return xs_rm(store->xs, t, path) || errno == ENOENT ? 0 : -errno;
}

/* Its folder is the guest's: where that is gone, or a driver domain may not
 * write it, nobody is told. */
static int tell_frontend(struct xvh_store *store, xs_transaction_t t,
			 const struct xvh_request *r, unsigned int mtu)
{
	char folder[XVH_PATH_MAX], number[16];
	int rc = xn_text_format(folder, sizeof(folder),
				"/local/domain/%u/device/vif/%u", r->domid,
				r->devid);

	if (rc < 0)
		return rc;
	rc = folder_is_there(store, t, folder);
	if (rc == 0) {
		(void)xn_text_format(number, sizeof(number), "%u", mtu);
		rc = write_key(store, t, folder, "mtu", number);
	}
	return rc == -ENOENT || rc == -EACCES ? 0 : rc;
}

struct outcome {
	const char *status;
	const char *reason; /* of an error, or NULL */
	const struct xvh_request *request;
	unsigned int mtu; /* 0: not told */
};

static int write_outcome(struct xvh_store *store, xs_transaction_t t,
			 const struct outcome *o)
{
	int rc = folder_is_there(store, t, store->path);

	if (rc == 0)
		rc = o->reason ? write_key(store, t, store->path,
					   "hotplug-error", o->reason)
			       : remove_error(store, t);
	if (rc == 0 && o->mtu)
		rc = tell_frontend(store, t, o->request, o->mtu);
	return rc < 0 ? rc
		      : write_key(store, t, store->path, "hotplug-status",
				  o->status);
}

static int tell(struct xvh_store *store, const struct outcome *o,
		struct xn_err *err)
{
	int rc = -EAGAIN;

	for (int i = 0; i < TRIES_MAX && rc == -EAGAIN; i++) {
		xs_transaction_t t = xs_transaction_start(store->xs);

		rc = t == XBT_NULL ? -errno : write_outcome(store, t, o);
		if (t != XBT_NULL &&
		    !xs_transaction_end(store->xs, t, rc < 0) && rc == 0)
			rc = -errno;
	}
	if (rc < 0)
		return xn_fail(err, -rc, "%s/hotplug-status: %s", store->path,
			       rc == -ENOENT ? "the vif is gone"
					     : strerror(-rc));
	return 0;
}

int xvh_store_connected(struct xvh_store *store,
			const struct xvh_request *request, unsigned int mtu,
			struct xn_err *err)
{
	struct outcome outcome = {
		.status = "connected", .request = request, .mtu = mtu};

	return tell(store, &outcome, err);
}

int xvh_store_failed(struct xvh_store *store, const char *reason,
		     struct xn_err *err)
{
	struct outcome outcome = {.status = "error", .reason = reason};

	return tell(store, &outcome, err);
}
