// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps that write into the store. See hostile_steps.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "netback/netfront/hostile_steps.h"
#include "netconf/base/loop.h"
#include "netconf/base/text.h"

#define VALUE_MS 10000u
#define LOOK_MS 20

/* KEY=VALUE, or KEY alone: absent. No KEY is the whole folder. */
static char *cut_value(char *word)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	return value;
}

static int path_of(const char *folder, const char *key,
		   char ret_path[XNF_STORE_PATH_MAX], struct xn_err *err)
{
	if (xn_text_format(ret_path, XNF_STORE_PATH_MAX, "%s%s%s", folder,
			   *key ? "/" : "", key) < 0)
		return xn_fail(err, EINVAL, "too long");
	return 0;
}

/* But for what is never put back: states, and folders. */
static int remember(struct xnf_steps *steps, const char *key, const char *path,
		    struct xn_err *err)
{
	struct xnf_steps_undo *undo = &steps->undo[steps->undo_count];

	if (!*key || !strcmp(key, "state"))
		return 0;
	if (steps->undo_count == XNF_STEPS_UNDO_MAX)
		return xn_fail(err, ENOSPC, "too many keys");
	(void)xn_text_format(undo->path, sizeof(undo->path), "%s", path);
	undo->there = xnf_store_read(steps->one->store, XBT_NULL, path,
				     undo->value, sizeof(undo->value)) >= 0;
	steps->undo_count++;
	return 0;
}

void xnf_steps_put_back(struct xnf_steps *steps)
{
	struct xnf_store *store = steps->one->store;

	while (steps->undo_count) {
		const struct xnf_steps_undo *undo =
			&steps->undo[--steps->undo_count];

		if (undo->there)
			(void)xnf_store_write(store, XBT_NULL, undo->path,
					      undo->value);
		else
			(void)xnf_store_remove(store, XBT_NULL, undo->path);
	}
}

/* "@KEY" is what our own key KEY has now. */
static int look_up(struct xnf_steps *steps, const char *value,
		   char ret_value[XNF_STORE_VALUE_MAX], struct xn_err *err)
{
	char path[XNF_STORE_PATH_MAX];
	int rc;

	if (value[0] != '@') {
		rc = xn_text_format(ret_value, XNF_STORE_VALUE_MAX, "%s",
				    value);
		return rc < 0 ? xn_fail(err, EINVAL, "too long") : 0;
	}
	rc = path_of(steps->one->path, value + 1, path, err);
	if (rc)
		return rc;
	rc = xnf_store_read(steps->one->store, XBT_NULL, path, ret_value,
			    XNF_STORE_VALUE_MAX);
	return rc < 0 ? xn_fail(err, -rc, "%s: %s", path, strerror(-rc)) : 0;
}

/* In our own folder, with our own permissions. */
int xnf_step_own(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	char path[XNF_STORE_PATH_MAX], text[XNF_STORE_VALUE_MAX];
	const char *value = cut_value(word);
	int rc = path_of(steps->one->path, word, path, err);

	if (!rc)
		rc = remember(steps, word, path, err);
	if (!rc && value)
		rc = look_up(steps, value, text, err);
	if (rc)
		return rc;
	rc = value ? xnf_store_ring_write(steps->ring, path, text)
		   : xnf_store_ring_remove(steps->ring, path);
	return rc ? xn_fail(err, -rc, "%s", strerror(-rc)) : 0;
}

/* In the backend's folder: the store has to refuse us. */
int xnf_step_backend(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	char path[XNF_STORE_PATH_MAX];
	const char *value = cut_value(word);
	int rc = path_of(steps->one->backend_path, word, path, err);

	if (rc)
		return rc;
	rc = value ? xnf_store_ring_write(steps->ring, path, value)
		   : xnf_store_ring_remove(steps->ring, path);
	if (rc == -EACCES)
		return 0;
	return xn_fail(err, EPROTO, "not refused but %s",
		       rc ? strerror(-rc) : "done");
}

/* In the backend's folder, as the toolstack can. */
int xnf_step_toolstack(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	struct xnf_store *store = steps->one->store;
	char path[XNF_STORE_PATH_MAX];
	const char *value = cut_value(word);
	int rc = path_of(steps->one->backend_path, word, path, err);

	if (!rc)
		rc = remember(steps, word, path, err);
	if (rc)
		return rc;
	rc = value ? xnf_store_write(store, XBT_NULL, path, value)
		   : xnf_store_remove(store, XBT_NULL, path);
	return rc ? xn_fail(err, -rc, "%s", strerror(-rc)) : 0;
}

/* Waits until the backend's key has this value, or is absent. */
int xnf_step_is(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	char path[XNF_STORE_PATH_MAX], text[XNF_STORE_VALUE_MAX];
	uint64_t until = xn_now_ms() + VALUE_MS;
	const char *value = cut_value(word);
	struct pollfd none = {.fd = -1};
	int rc = path_of(steps->one->backend_path, word, path, err);

	while (!rc) {
		int bytes = xnf_store_read(steps->one->store, XBT_NULL, path,
					   text, sizeof(text));

		if (value ? bytes >= 0 && !strcmp(text, value)
			  : bytes == -ENOENT)
			return 0;
		if (xn_now_ms() >= until)
			rc = xn_fail(err, ETIMEDOUT, "it is '%s'",
				     bytes < 0 ? strerror(-bytes) : text);
		(void)poll(&none, 1, LOOK_MS);
	}
	return rc;
}
