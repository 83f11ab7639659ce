/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xenplaned itself keeps in a vif's backend folder: what `vif set` said,
 * in the toolstack's own keys where it has them, and where the script put the
 * twin. Called by placing.c. The folder is the backend domain's, so a guest
 * may read it and not write there.
 *
 * xenplane/set has all that `vif set` says (parse/vifset.h), xenplane/was-KEY
 * what the toolstack had said ("=TEXT", or "-" for nothing), xenplane/wrote-KEY
 * what stands there since, alike, and xenplane/placed is as in placing.h.
 */
#include "netconf/daemon/store_private.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/settings.h"

#define KEY_MAX 48

struct set_writer {
	struct xn_store *store;
	xs_transaction_t transaction;
	uint32_t domid, handle;
	bool mirrored; /* libxl has the device in its own folder, too */
};

/* "" removes the key. */
static int put(struct set_writer *w, const char *path, const char *text)
{
	bool done;

	if (!w->store->xs)
		return -EAGAIN;
	done = text[0] ? xn_store_call_write(w->store, w->transaction, path,
					     text)
		       : xn_store_call_rm(w->store, w->transaction, path);
	if (done || (!text[0] && errno == ENOENT))
		return 0;
	return xn_store_failure(w->store, errno);
}

static int put_own(struct set_writer *w, const char *key, const char *text)
{
	char path[XN_STORE_PATH_MAX];
	int error = xn_store_backend_path(w->domid, w->handle, key, path);

	return error ? error : put(w, path, text);
}

/* In libxl's folder, too: it is that one that xl reads (it belongs to no
 * guest's backend). */
static int put_toolstacks(struct set_writer *w, const char *key,
			  const char *text)
{
	char path[XN_STORE_PATH_MAX];
	int error = put_own(w, key, text);

	if (error || !w->mirrored)
		return error;
	if (xn_text_format(path, sizeof(path), "/libxl/%u/device/vif/%u/%s",
			   w->domid, w->handle, key) < 0)
		return -ENAMETOOLONG;
	return put(w, path, text);
}

/* Its length; -ENOENT: absent. Longer ones than any of ours count as "". */
static int read_own(struct set_writer *w, const char *key,
		    char ret_text[XN_SETTING_TEXT_MAX])
{
	char path[XN_STORE_PATH_MAX];
	int length = xn_store_backend_path(w->domid, w->handle, key, path);

	ret_text[0] = '\0';
	if (length)
		return length;
	length = xn_store_read_text(w->store, w->transaction, path, ret_text,
				    XN_SETTING_TEXT_MAX);
	return length == -E2BIG || length == -EILSEQ ? 0 : length;
}

/* What a key says now, to be compared, or put back, one day. */
static int note_word(struct set_writer *w, const char *key, const char *note)
{
	char kept[XN_SETTING_TEXT_MAX + 1] = "=";
	int length = read_own(w, key, kept + 1);

	if (length < 0 && length != -ENOENT)
		return length;
	return put_own(w, note, kept[1] ? kept : "-");
}

/* The toolstack's word, unless somebody has changed ours since. */
static int give_back(struct set_writer *w, const char *key, const char *was,
		     const char *wrote, const char *kept)
{
	char now[XN_SETTING_TEXT_MAX], ours[XN_SETTING_TEXT_MAX];
	int length = read_own(w, key, now), error = 0;
	bool is_ours;

	if (length < 0 && length != -ENOENT)
		return length;
	length = read_own(w, wrote, ours);
	if (length < 0 && length != -ENOENT)
		return length;
	is_ours = length == -ENOENT ||
		  !strcmp(ours[0] == '=' ? ours + 1 : "", now);
	if (is_ours)
		error = put_toolstacks(w, key, kept[0] == '=' ? kept + 1 : "");
	if (!error)
		error = put_own(w, wrote, "");
	return error ? error : put_own(w, was, "");
}

/* Says it, with the toolstack's word kept beside; or gives that back. */
static int write_word(struct set_writer *w, const struct xn_store_word *word)
{
	char kept[XN_SETTING_TEXT_MAX], was[KEY_MAX], wrote[KEY_MAX];
	int length, error = 0;
	bool is_kept;

	(void)xn_text_format(was, sizeof(was), "xenplane/was-%s", word->key);
	(void)xn_text_format(wrote, sizeof(wrote), "xenplane/wrote-%s",
			     word->key);
	length = read_own(w, was, kept);
	is_kept = length >= 0;
	if (!is_kept && length != -ENOENT)
		return length;
	if (!word->said)
		return is_kept ? give_back(w, word->key, was, wrote, kept) : 0;
	if (!is_kept)
		error = note_word(w, word->key, was);
	if (!error)
		error = put_toolstacks(w, word->key, word->text);
	return error ? error : note_word(w, word->key, wrote);
}

static bool is_there(struct set_writer *w, const char *path)
{
	char text[XN_STORE_VALUE_MAX];

	return xn_store_read(w->store, w->transaction, path, text) >= 0;
}

static int write_once(struct set_writer *w, const char *own_key,
		      const char *own_text, const struct xn_store_word *words,
		      size_t count)
{
	char path[XN_STORE_PATH_MAX];
	int error;

	if (!w->store->xs)
		return -EAGAIN;
	w->transaction = xn_store_call_start(w->store);
	if (w->transaction == XBT_NULL)
		return xn_store_failure(w->store, errno);
	/* A write creates the folders above it: look first. */
	error = xn_store_backend_path(w->domid, w->handle, "frontend", path);
	if (!error && !is_there(w, path))
		error = w->store->xs ? -ENOENT : -EAGAIN;
	(void)xn_text_format(path, sizeof(path),
			     "/libxl/%u/device/vif/%u/frontend", w->domid,
			     w->handle);
	w->mirrored = !error && count > 0 && is_there(w, path);
	for (size_t i = 0; i < count && !error; i++)
		error = write_word(w, &words[i]);
	if (!error)
		error = put_own(w, own_key, own_text);
	if (!w->store->xs)
		return -EAGAIN;
	if (!xn_store_call_end(w->store, w->transaction, error != 0) && !error)
		error = xn_store_failure(w->store, errno);
	return error;
}

static int write_own(struct set_writer *w, const char *own_key,
		     const char *own_text, const struct xn_store_word *words,
		     size_t count, struct xn_err *err)
{
	int error = -EAGAIN;

	for (int i = 0; i < XN_STORE_TRIES && error == -EAGAIN; i++)
		error = write_once(w, own_key, own_text, words, count);
	if (error)
		xn_fail(err, -error, "writing backend/vif/%u/%u/%s: %s",
			w->domid, w->handle, own_key, strerror(-error));
	return error;
}

int xn_store_write_set(struct xn_store *store, uint32_t domid, uint32_t handle,
		       const char *set, const struct xn_store_word *words,
		       size_t count, struct xn_err *err)
{
	struct set_writer w = {
		.store = store, .domid = domid, .handle = handle};

	return write_own(&w, "xenplane/set", set, words, count, err);
}

int xn_store_write_placed(struct xn_store *store, uint32_t domid,
			  uint32_t handle, const char *placed,
			  struct xn_err *err)
{
	struct set_writer w = {
		.store = store, .domid = domid, .handle = handle};

	return write_own(&w, "xenplane/placed", placed, NULL, 0, err);
}

/* "": absent, or nothing of ours. */
static int read_kept(struct xn_store *store, uint32_t domid, uint32_t handle,
		     const char *key, char *ret_text, size_t bytes)
{
	char path[XN_STORE_PATH_MAX];
	int length = xn_store_backend_path(domid, handle, key, path);

	ret_text[0] = '\0';
	if (length)
		return length;
	length = xn_store_read_text(store, XBT_NULL, path, ret_text, bytes);
	return length == -EAGAIN ? length : 0;
}

int xn_store_read_set(struct xn_store *store, uint32_t domid, uint32_t handle,
		      char *ret_set, size_t set_bytes,
		      char ret_placed[XN_STORE_VALUE_MAX])
{
	int error = read_kept(store, domid, handle, "xenplane/set", ret_set,
			      set_bytes);

	if (error)
		return error;
	return read_kept(store, domid, handle, "xenplane/placed", ret_placed,
			 XN_STORE_VALUE_MAX);
}
