// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Called by toolstack.c in the supervisor. The values read here come from the
 * backend and from a simulated guest: bounded copies, compared as text.
 */
#include "netconf/lab/store.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/loop.h"
#include "netconf/base/text.h"
#include "netconf/lab/wait.h"

static int write_key(struct xs_handle *xs, xs_transaction_t t,
		     const char *folder, const struct xn_lab_key *key)
{
	char path[XN_LAB_STORE_PATH_MAX];
	int rc = xn_text_format(path, sizeof(path), "%s/%s", folder, key->key);

	if (rc < 0)
		return rc;
	if (!xs_write(xs, t, path, key->value,
		      (unsigned int)strlen(key->value)))
		return -errno;
	return 0;
}

static int write_node(struct xs_handle *xs, xs_transaction_t t,
		      const struct xn_lab_node *node)
{
	struct xs_permissions permissions[2] = {
		{.id = node->owner, .perms = XS_PERM_NONE},
		{.id = node->reader, .perms = XS_PERM_READ},
	};

	if (!xs_mkdir(xs, t, node->folder))
		return -errno;
	if (!xs_set_permissions(xs, t, node->folder, permissions, 2))
		return -errno;
	for (size_t i = 0; i < node->key_count; i++) {
		int rc = write_key(xs, t, node->folder, &node->keys[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int xn_lab_store_create(struct xs_handle *xs, const struct xn_lab_node *nodes,
			size_t node_count, struct xn_err *err)
{
	/* A conflict with another writer asks for a new try; bounded. */
	for (int attempt = 0; attempt < 100; attempt++) {
		xs_transaction_t t = xs_transaction_start(xs);
		int rc = t == XBT_NULL ? -errno : 0;

		for (size_t i = 0; i < node_count && rc == 0; i++)
			rc = write_node(xs, t, &nodes[i]);
		if (rc < 0) {
			if (t != XBT_NULL)
				xs_transaction_end(xs, t, true);
			return xn_fail(err, -rc, "xenstore: %s: %s",
				       nodes[0].folder, strerror(-rc));
		}
		if (xs_transaction_end(xs, t, false))
			return 0;
		if (errno != EAGAIN)
			break;
	}
	return xn_fail(err, errno, "xenstore: %s: transaction: %s",
		       nodes[0].folder, strerror(errno));
}

int xn_lab_store_write(struct xs_handle *xs, const char *folder,
		       const char *key, const char *value, struct xn_err *err)
{
	struct xn_lab_key one = {key, value};
	int rc = write_key(xs, XBT_NULL, folder, &one);

	if (rc < 0)
		return xn_fail(err, -rc, "xenstore: %s/%s: %s", folder, key,
			       strerror(-rc));
	return 0;
}

void xn_lab_store_read(struct xs_handle *xs, const char *folder,
		       const char *key, char ret[XN_LAB_STORE_VALUE_MAX])
{
	char path[XN_LAB_STORE_PATH_MAX];
	unsigned int length = 0;

	ret[0] = '\0';
	if (xn_text_format(path, sizeof(path), "%s/%s", folder, key) < 0)
		return;
	char *value = xs_read(xs, XBT_NULL, path, &length);

	if (!value)
		return;
	if (length >= XN_LAB_STORE_VALUE_MAX)
		length = XN_LAB_STORE_VALUE_MAX - 1;
	memcpy(ret, value, length);
	ret[length] = '\0';
	free(value);
}

void xn_lab_store_remove(struct xs_handle *xs, const char *folder)
{
	xs_rm(xs, XBT_NULL, folder);
}

int xn_lab_store_wait(struct xs_handle *xs, const char *folder, const char *key,
		      const char *value, const char *other,
		      unsigned int limit_ms, struct xn_err *err)
{
	char path[XN_LAB_STORE_PATH_MAX], now[XN_LAB_STORE_VALUE_MAX];
	uint64_t deadline_ms = xn_now_ms() + limit_ms;
	int rc = xn_text_format(path, sizeof(path), "%s/%s", folder, key);

	if (rc < 0)
		return xn_fail(err, -rc, "%s/%s: the path is too long", folder,
			       key);
	if (!xs_watch(xs, path, "lab"))
		return xn_fail(err, errno, "xenstore: watch %s: %s", path,
			       strerror(errno));
	for (;;) {
		xn_lab_store_read(xs, folder, key, now);
		if (!strcmp(now, value) || (other && !strcmp(now, other))) {
			rc = 0;
			break;
		}
		rc = xn_lab_wait(xs_fileno(xs), deadline_ms);
		if (rc < 0) {
			xn_fail(err, -rc, "%s is '%s' after %u ms, not '%s'%s",
				path, now, limit_ms, value,
				rc == -EINTR ? ": the lab is to end" : "");
			break;
		}
		free(xs_check_watch(xs));
	}
	xs_unwatch(xs, path, "lab");
	return rc;
}
