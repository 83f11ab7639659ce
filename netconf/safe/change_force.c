/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT, rates and shares of an apply, see change_force.h. */
#include "netconf/safe/change_force.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/parse/planeconf.h"

int xn_safe_read_conf(const char *text, struct xn_planeconf **ret_conf,
		      struct xn_err *err)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	int rc;

	if (!report)
		return xn_fail(err, ENOMEM, "out of memory");
	rc = xn_planeconf_read_text("confirmed", text, ret_conf, report);
	if (rc < 0)
		(void)xn_fail(err, -rc, "%s", xn_report_first(report));
	free(report);
	return rc;
}

int xn_safe_force_finish(struct xn_safe *safe, const struct xn_record *record,
			 struct xn_err *err)
{
	struct xn_planeconf *conf = NULL;
	int rc = xn_safe_read_conf(record->conf, &conf, err);

	if (rc == 0)
		rc = xn_force_make(safe->force, conf, NULL, err);
	xn_planeconf_destroy(conf);
	return rc;
}

static int read_confirmed(struct xn_safe *safe, struct xn_force_texts *texts,
			  struct xn_err *err)
{
	struct xn_record confirmed;
	int rc = xn_safe_read(safe, XN_SAFE_CONFIRMED, &confirmed, err);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	for (int i = 0; i < XN_FORCE_PARTS && rc == 0; i++) {
		texts->text[i] = strdup(confirmed.conf);
		if (!texts->text[i])
			rc = xn_fail(err, ENOMEM, "out of memory");
	}
	xn_record_fini(&confirmed);
	if (rc < 0)
		xn_force_texts_fini(texts);
	return rc;
}

int xn_safe_before_read(struct xn_safe *safe, struct xn_safe_before *ret_before,
			struct xn_err *err)
{
	struct xn_record pending;
	struct xn_err why = {0};
	int rc = xn_safe_read(safe, XN_SAFE_PENDING, &pending, &why);

	*ret_before = (struct xn_safe_before){.counts = true};
	if (rc == -EBADMSG)
		return read_confirmed(safe, &ret_before->texts, err);
	if (rc == -ENOENT)
		return rc;
	if (rc < 0)
		return xn_fail(err, -rc, "%s", xn_err_text(&why));
	ret_before->counts = xn_safe_is_of_this_boot(safe, &pending);
	ret_before->texts = pending.before;
	pending.before = (struct xn_force_texts){0};
	xn_record_fini(&pending);
	return 0;
}

int xn_safe_before_make(struct xn_safe *safe, struct xn_safe_before *before,
			struct xn_err *err)
{
	int rc = 0;

	if (before->counts)
		rc = xn_force_back(safe->force, &before->texts, err);
	xn_force_texts_fini(&before->texts);
	return rc;
}
