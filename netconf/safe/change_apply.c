/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One apply, from what is wanted to what is remembered, see change.h. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "netconf/apply/apply.h"
#include "netconf/base/fd.h"
#include "netconf/parse/planeconf_write.h"
#include "netconf/safe/change_force.h"

#define MS_PER_S 1000ULL

static int check_lifelines(const struct xn_safe_apply *apply,
			   const struct xn_want *want, struct xn_err *err)
{
	if (want->cut.count == 0 || apply->cut_lifelines)
		return 0;
	return xn_fail(err, EPERM,
		       "this touches a link that %s comes over; say --force "
		       "twice if it is to be done all the same",
		       want->cut.item[0].words);
}

static int check_held(const struct xn_safe_apply *apply,
		      const struct xn_want *want, struct xn_err *err)
{
	if (!want->held.set || apply->take_held)
		return 0;
	return xn_fail(err, EPERM, "%s", xn_err_text(&want->held));
}

static int make_record(const struct xn_safe *safe,
		       const struct xn_safe_apply *apply,
		       const struct xn_ours *ours, struct xn_record *ret_record,
		       struct xn_err *err)
{
	struct xn_record record = {.namespace_cookie =
					   safe->here.namespace_cookie,
				   .ours = *ours,
				   .confirm_s = apply->confirm_s,
				   .session = apply->session};
	int rc;

	memcpy(record.boot_id, safe->here.boot_id, sizeof(record.boot_id));
	if (getrandom(&record.id, sizeof(record.id), 0) !=
	    (ssize_t)sizeof(record.id))
		return xn_fail(err, EIO, "no random number");
	record.deadline_ms = xn_safe_now_ms() + apply->confirm_s * MS_PER_S;
	*ret_record = record;
	rc = xn_force_texts_read(safe->nl, &ret_record->before, err);
	return rc < 0 ? rc
		      : xn_planeconf_write(apply->conf, &ret_record->conf, err);
}

static int write_pending(struct xn_safe *safe, const struct xn_record *record,
			 struct xn_err *err)
{
	return xn_safe_write_json(&safe->paths, XN_SAFE_PENDING,
				  xn_record_to_json(record), err);
}

/* The time begins when all is done; if that cannot be written, it began
 * before. */
static void begin_waiting(struct xn_safe *safe, struct xn_record *record,
			  struct xn_safe_done *done)
{
	struct xn_err none = {0};

	record->deadline_ms = xn_safe_now_ms() + record->confirm_s * MS_PER_S;
	(void)write_pending(safe, record, &none);
	done->waits = true;
	done->id = record->id;
	done->deadline_ms = record->deadline_ms;
	xn_safe_end(safe);
}

static int stay(struct xn_safe *safe, struct xn_err *err)
{
	int rc = xn_safe_rename(&safe->paths, XN_SAFE_PENDING,
				XN_SAFE_CONFIRMED, err);

	if (rc == 0)
		rc = xn_apply_forget(safe->paths.file[XN_SAFE_JOURNAL], err);
	if (rc == 0)
		xn_safe_note(safe, "applied");
	return rc;
}

/* Before the first apply nothing was wanted: that is what the boot after an
 * unconfirmed one is to go by, and not the file. */
static int write_first(struct xn_safe *safe, const struct xn_record *record,
		       struct xn_err *err)
{
	struct xn_record first = *record;
	struct xn_record there;
	char nothing[] = "";
	int rc = xn_safe_read(safe, XN_SAFE_CONFIRMED, &there, err);

	if (rc == 0)
		xn_record_fini(&there);
	if (rc != -ENOENT)
		return rc;
	first.conf = nothing;
	first.before = (struct xn_force_texts){0};
	first.ours = (struct xn_ours){0};
	first.confirm_s = 0;
	return xn_safe_write_json(&safe->paths, XN_SAFE_CONFIRMED,
				  xn_record_to_json(&first), err);
}

/* The links are as they were, or still to be taken back: then the journal is
 * there. */
static void undo(struct xn_safe *safe, const struct xn_record *record,
		 struct xn_safe_done *done, struct xn_err *err)
{
	struct xn_err why = {0};
	int rc = xn_apply_undo(safe->nl, safe->paths.file[XN_SAFE_JOURNAL],
			       &why);

	if (rc == 0)
		rc = xn_force_back(safe->force, &record->before, &why);
	done->undone = rc == 0;
	if (rc < 0)
		xn_err_prefix(err, "not all was taken back (%s)",
			      xn_err_text(&why));
}

/* Links first: NAT and shares hang on them. */
static int make_all(struct xn_safe *safe, const struct xn_safe_apply *apply,
		    const struct xn_record *record, struct xn_safe_done *done,
		    struct xn_err *err)
{
	int rc = xn_apply_keep(safe->nl, &done->want->plan,
			       safe->paths.file[XN_SAFE_JOURNAL], &done->undone,
			       err);

	if (rc < 0)
		return rc;
	rc = xn_force_make(safe->force, apply->conf, &done->made, err);
	if (rc < 0)
		undo(safe, record, done, err);
	return rc;
}

static int do_plan(struct xn_safe *safe, const struct xn_safe_apply *apply,
		   struct xn_record *record, struct xn_safe_done *done,
		   struct xn_err *err)
{
	bool needs_confirming =
		record->confirm_s > 0 && !xn_want_is_so(done->want);
	struct xn_err none = {0};
	int rc = 0;

	if (needs_confirming)
		rc = xn_safe_hold_watch(&safe->paths, record->id,
					&safe->watchdog_fd, err);
	if (rc == 0 && needs_confirming)
		rc = write_first(safe, record, err);
	if (rc == 0)
		rc = write_pending(safe, record, err);
	if (rc < 0)
		return rc;
	rc = make_all(safe, apply, record, done, err);
	if (rc < 0) {
		if (done->undone)
			(void)xn_safe_remove(&safe->paths, XN_SAFE_PENDING,
					     &none);
		return rc;
	}
	if (!needs_confirming)
		return stay(safe, err);
	begin_waiting(safe, record, done);
	return 0;
}

void xn_safe_done_fini(struct xn_safe_done *done)
{
	xn_want_destroy(done->want);
	xn_force_ops_fini(&done->made);
	done->want = NULL;
}

int xn_safe_apply(struct xn_safe *safe, const struct xn_safe_apply *apply,
		  struct xn_safe_done *ret_done, struct xn_err *err)
{
	struct xn_lifelines lines;
	struct xn_record record = {0};
	struct xn_ours ours;
	int rc;

	*ret_done = (struct xn_safe_done){.undone = true};
	rc = xn_safe_settle(safe, &ret_done->settled, err);
	if (rc == 0 && ret_done->settled == XN_SETTLED_WAITING)
		rc = xn_fail(err, EBUSY,
			     "an earlier apply waits: xenplane confirm, or "
			     "xenplane rollback");
	if (rc == 0)
		rc = xn_safe_ours(safe, &ours, err);
	if (rc == 0)
		rc = xn_lifelines_read("/", &apply->session, &lines, err);
	if (rc == 0)
		rc = xn_want_make(safe->nl, safe->force, apply->conf, &ours,
				  &lines, &ret_done->want, err);
	if (rc == 0)
		rc = check_lifelines(apply, ret_done->want, err);
	if (rc == 0)
		rc = check_held(apply, ret_done->want, err);
	if (rc == 0)
		rc = make_record(safe, apply, &ret_done->want->host.ours,
				 &record, err);
	if (rc == 0)
		rc = do_plan(safe, apply, &record, ret_done, err);
	xn_record_fini(&record);
	if (!ret_done->waits)
		xn_close(&safe->watchdog_fd);
	return rc;
}

int xn_safe_reapply(struct xn_safe *safe, struct xn_safe_done *ret_done,
		    struct xn_err *err)
{
	struct xn_safe_apply apply = {.take_held = true, .cut_lifelines = true};
	struct xn_planeconf *conf = NULL;
	struct xn_record confirmed;
	int rc = xn_safe_read(safe, XN_SAFE_CONFIRMED, &confirmed, err);

	*ret_done = (struct xn_safe_done){.undone = true};
	if (rc < 0)
		return rc == -ENOENT ? xn_fail(err, ENOENT,
					       "nothing was ever confirmed")
				     : rc;
	rc = xn_safe_read_conf(confirmed.conf, &conf, err);
	apply.conf = conf;
	if (rc == 0)
		rc = xn_safe_apply(safe, &apply, ret_done, err);
	xn_planeconf_destroy(conf);
	xn_record_fini(&confirmed);
	return rc;
}
