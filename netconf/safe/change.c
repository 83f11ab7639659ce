/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is remembered of applies, and finishing what was left, see change.h. */
#include "netconf/safe/change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netconf/apply/apply.h"
#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/safe/change_force.h"

uint64_t xn_safe_now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int xn_safe_open(const char *folder, struct xn_safe **ret_safe,
		 struct xn_err *err)
{
	struct xn_safe *safe = calloc(1, sizeof(*safe));
	int rc;

	if (!safe)
		return xn_fail(err, ENOMEM, "out of memory");
	safe->lock_fd = safe->watchdog_fd = -1;
	rc = xn_safe_paths(folder, &safe->paths, err);
	if (rc == 0)
		rc = xn_nl_open(&safe->nl, err);
	if (rc == 0)
		rc = xn_journal_here(xn_nl_namespace_cookie(safe->nl),
				     &safe->here, err);
	if (rc == 0)
		rc = xn_force_open(safe->nl, &safe->force, err);
	if (rc < 0) {
		xn_safe_close(safe);
		return rc;
	}
	*ret_safe = safe;
	return 0;
}

void xn_safe_close(struct xn_safe *safe)
{
	if (!safe)
		return;
	xn_close(&safe->watchdog_fd);
	xn_close(&safe->lock_fd);
	xn_force_close(safe->force);
	xn_nl_close(safe->nl);
	free(safe);
}

bool xn_safe_is_of_this_boot(const struct xn_safe *safe,
			     const struct xn_record *record)
{
	return strcmp(record->boot_id, safe->here.boot_id) == 0;
}

int xn_safe_read(const struct xn_safe *safe, enum xn_safe_file file,
		 struct xn_record *ret_record, struct xn_err *err)
{
	struct xn_record record;
	json_t *json;
	int rc = xn_safe_read_json(&safe->paths, file, &json, err);

	if (rc < 0)
		return rc;
	rc = xn_record_from_json(json, &record, err);
	json_decref(json);
	if (rc == 0 && xn_safe_is_of_this_boot(safe, &record) &&
	    record.namespace_cookie != safe->here.namespace_cookie) {
		xn_record_fini(&record);
		rc = xn_fail(err, EXDEV,
			     "of another network namespace, which needs a "
			     "--state of its own");
	}
	if (rc < 0) {
		xn_err_prefix(err, "%s", safe->paths.file[file]);
		return rc;
	}
	*ret_record = record;
	return 0;
}

int xn_safe_ours(const struct xn_safe *safe, struct xn_ours *ret_ours,
		 struct xn_err *err)
{
	struct xn_record record;
	int rc = xn_safe_read(safe, XN_SAFE_PENDING, &record, err);

	if (rc == -ENOENT)
		rc = xn_safe_read(safe, XN_SAFE_CONFIRMED, &record, err);
	*ret_ours = (struct xn_ours){0};
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (xn_safe_is_of_this_boot(safe, &record))
		*ret_ours = record.ours;
	xn_record_fini(&record);
	return 0;
}

int xn_safe_begin(struct xn_safe *safe, struct xn_err *err)
{
	int rc = xn_safe_make_folder(&safe->paths, err);

	return rc < 0 ? rc
		      : xn_safe_lock(&safe->paths, false, &safe->lock_fd, err);
}

void xn_safe_end(struct xn_safe *safe)
{
	xn_close(&safe->lock_fd);
}

void xn_safe_note(const struct xn_safe *safe, const char *words)
{
	struct xn_err none = {0};

	(void)xn_safe_write_json(&safe->paths, XN_SAFE_LAST,
				 json_pack("{s:s}", "last", words), &none);
}

void xn_safe_last(const struct xn_safe *safe, char *ret_words, size_t bytes)
{
	struct xn_err none = {0};
	const char *words;
	json_t *json;

	ret_words[0] = '\0';
	if (xn_safe_read_json(&safe->paths, XN_SAFE_LAST, &json, &none) < 0)
		return;
	words = json_string_value(json_object_get(json, "last"));
	(void)xn_text_format(ret_words, bytes, "%s", words ? words : "");
	xn_text_make_printable(ret_words);
	json_decref(json);
}

const char *xn_settled_words(enum xn_settled settled)
{
	static const char *const words[] = {
		[XN_SETTLED_NOTHING] = "nothing was left to be done",
		[XN_SETTLED_WAITING] = "an apply waits to be confirmed",
		[XN_SETTLED_FINISHED] =
			"an apply whose process died had been done: it stays",
		[XN_SETTLED_BACK] =
			"an apply whose process died was rolled back",
		[XN_SETTLED_REBOOTED] =
			"an apply before the reboot is forgotten",
		[XN_SETTLED_BACK_NOW] = "rolled back: all is as before",
	};

	return words[settled];
}

int xn_safe_take_back(struct xn_safe *safe, const char *why, struct xn_err *err)
{
	struct xn_safe_before before;
	int rc = xn_safe_before_read(safe, &before, err);

	if (rc < 0)
		return rc;
	rc = xn_apply_undo(safe->nl, safe->paths.file[XN_SAFE_JOURNAL], err);
	if (rc == 0)
		rc = xn_safe_before_make(safe, &before, err);
	xn_force_texts_fini(&before.texts);
	if (rc < 0)
		return rc;
	rc = xn_safe_remove(&safe->paths, XN_SAFE_PENDING, err);
	if (rc == 0)
		xn_safe_note(safe, why);
	return rc;
}

/* The apply is to stay: one rename says so. */
static int keep(struct xn_safe *safe, struct xn_err *err)
{
	int rc = xn_safe_rename(&safe->paths, XN_SAFE_PENDING,
				XN_SAFE_CONFIRMED, err);

	return rc < 0 ? rc
		      : xn_apply_forget(safe->paths.file[XN_SAFE_JOURNAL], err);
}

static int settle_dead(struct xn_safe *safe, const struct xn_record *pending,
		       enum xn_settled *ret_settled, struct xn_err *err)
{
	struct xn_err why = {0};
	int rc = 0;

	if (pending->confirm_s == 0)
		rc = xn_apply_holds(safe->nl, safe->paths.file[XN_SAFE_JOURNAL],
				    err);
	if (rc < 0)
		return rc;
	/* What it had come to of the rest is finished, or goes with it. */
	if (rc == 1 && xn_safe_force_finish(safe, pending, &why) == 0) {
		*ret_settled = XN_SETTLED_FINISHED;
		return keep(safe, err);
	}
	*ret_settled = XN_SETTLED_BACK;
	return xn_safe_take_back(safe, xn_settled_words(XN_SETTLED_BACK), err);
}

int xn_safe_settle(struct xn_safe *safe, enum xn_settled *ret_settled,
		   struct xn_err *err)
{
	struct xn_record pending;
	int rc = xn_safe_read(safe, XN_SAFE_PENDING, &pending, err);

	*ret_settled = XN_SETTLED_NOTHING;
	if (rc == -ENOENT)
		return xn_apply_forget(safe->paths.file[XN_SAFE_JOURNAL], err);
	if (rc < 0)
		return rc;
	if (!xn_safe_is_of_this_boot(safe, &pending)) {
		*ret_settled = XN_SETTLED_REBOOTED;
		rc = xn_safe_take_back(
			safe, xn_settled_words(XN_SETTLED_REBOOTED), err);
	} else if (xn_safe_is_watched(&safe->paths, pending.id)) {
		*ret_settled = XN_SETTLED_WAITING;
	} else {
		rc = settle_dead(safe, &pending, ret_settled, err);
	}
	xn_record_fini(&pending);
	return rc;
}

static int check_session(const struct xn_record *pending,
			 const struct xn_session *session, bool force,
			 struct xn_err *err)
{
	switch (xn_session_compare(&pending->session, session)) {
	case XN_SESSION_OTHER:
		return 0;
	case XN_SESSION_SAME:
		if (force)
			return 0;
		return xn_fail(err, EACCES,
			       "this is the session that applied it: confirm "
			       "from a new one, which shows that one can "
			       "still get in (or --force)");
	case XN_SESSION_UNTOLD:
		if (force)
			return 0;
		return xn_fail(err, EACCES,
			       "nothing tells this session from the one that "
			       "applied it (no audit session, no SSH "
			       "connection): --force, if it is another one");
	}
	return -EINVAL;
}

static int nothing_waits(const struct xn_safe *safe, struct xn_err *err)
{
	char last[256];

	xn_safe_last(safe, last, sizeof(last));
	return xn_fail(err, ENOENT, "nothing waits to be confirmed%s%s",
		       last[0] ? "; the last one: " : "", last);
}

/* A watchdog that was killed is done without, as long as there is time. */
static int check_pending(struct xn_safe *safe, const struct xn_record *pending,
			 struct xn_err *err)
{
	bool is_watched = xn_safe_is_watched(&safe->paths, pending->id);
	enum xn_settled settled;
	struct xn_err why = {0};
	int rc;

	if (!xn_safe_is_of_this_boot(safe, pending))
		return xn_fail(err, ETIME,
			       "too late: the host was rebooted since "
			       "(xenplane recover)");
	if (is_watched && xn_safe_now_ms() >= pending->deadline_ms)
		return xn_fail(err, ETIME, "too late: it is rolled back");
	if (is_watched)
		return 0;
	rc = xn_apply_holds(safe->nl, safe->paths.file[XN_SAFE_JOURNAL], err);
	if (rc == 1 && xn_safe_now_ms() < pending->deadline_ms &&
	    xn_safe_force_finish(safe, pending, &why) == 0)
		return 0;
	rc = rc < 0 ? rc : xn_safe_settle(safe, &settled, err);
	return rc < 0 ? rc
		      : xn_fail(err, ETIME, "too late: %s",
				xn_settled_words(settled));
}

int xn_safe_confirm(struct xn_safe *safe, const struct xn_session *session,
		    bool force, struct xn_err *err)
{
	struct xn_record pending;
	int rc = xn_safe_read(safe, XN_SAFE_PENDING, &pending, err);

	if (rc == -ENOENT)
		return nothing_waits(safe, err);
	if (rc < 0)
		return rc;
	rc = check_pending(safe, &pending, err);
	if (rc == 0)
		rc = check_session(&pending, session, force, err);
	if (rc == 0)
		rc = keep(safe, err);
	if (rc == 0)
		xn_safe_note(safe, "confirmed");
	xn_record_fini(&pending);
	return rc;
}
