/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in force, noted; see texts.h. */
#include "netconf/force/texts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/force/files.h"
#include "netconf/parse/planeconf.h"

const char *xn_force_part_name(enum xn_force_part part)
{
	static const char *const names[XN_FORCE_PARTS] = {
		[XN_FORCE_NAT] = "nat",
		[XN_FORCE_QOS] = "qos",
	};

	return names[part];
}

void xn_force_texts_fini(struct xn_force_texts *texts)
{
	for (int i = 0; i < XN_FORCE_PARTS; i++)
		free(texts->text[i]);
	*texts = (struct xn_force_texts){0};
}

void xn_force_texts_put(struct xn_force_texts *texts, enum xn_force_part part,
			char *take_text)
{
	free(texts->text[part]);
	texts->text[part] = take_text;
}

json_t *xn_force_texts_to_json(const struct xn_force_texts *texts)
{
	json_t *json = json_object();

	for (int i = 0; i < XN_FORCE_PARTS; i++) {
		if (texts->text[i] &&
		    json_object_set_new(
			    json, xn_force_part_name((enum xn_force_part)i),
			    json_string(texts->text[i])) < 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

int xn_force_texts_from_json(const json_t *json,
			     struct xn_force_texts *ret_texts,
			     struct xn_err *err)
{
	struct xn_force_texts texts = {0};

	for (int i = 0; i < XN_FORCE_PARTS; i++) {
		const char *name = xn_force_part_name((enum xn_force_part)i);
		const json_t *value = json_object_get(json, name);
		const char *text = json_string_value(value);

		if (!value)
			continue;
		texts.text[i] = text ? strdup(text) : NULL;
		if (!texts.text[i]) {
			xn_force_texts_fini(&texts);
			return text ? xn_fail(err, ENOMEM, "out of memory")
				    : xn_fail(err, EBADMSG,
					      "\"%s\" is not what was written",
					      name);
		}
	}
	*ret_texts = texts;
	return 0;
}

int xn_force_texts_read(const struct xn_nl *nl,
			struct xn_force_texts *ret_texts, struct xn_err *err)
{
	char path[XN_FORCE_PATH_MAX];
	json_t *json = NULL;
	int rc;

	xn_force_path(nl, XN_FORCE_TEXTS, path);
	*ret_texts = (struct xn_force_texts){0};
	rc = xn_force_read(path, false, &json, err);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = xn_force_texts_from_json(json, ret_texts, err);
	json_decref(json);
	if (rc < 0)
		xn_err_prefix(err, "%s", path);
	return rc;
}

int xn_force_texts_write(const struct xn_nl *nl,
			 const struct xn_force_texts *texts, struct xn_err *err)
{
	char path[XN_FORCE_PATH_MAX];
	bool any = false;

	xn_force_path(nl, XN_FORCE_TEXTS, path);
	for (int i = 0; i < XN_FORCE_PARTS; i++)
		any |= texts->text[i] != NULL;
	return any ? xn_force_write(path, xn_force_texts_to_json(texts), NULL,
				    err)
		   : xn_force_remove(path, err);
}

int xn_force_text_read(const char *text, struct xn_planeconf **ret_conf,
		       struct xn_err *err)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	int rc;

	if (!report)
		return xn_fail(err, ENOMEM, "out of memory");
	rc = xn_planeconf_read_text("in force", text ? text : "", ret_conf,
				    report);
	if (rc < 0)
		(void)xn_fail(err, -rc, "%s", xn_report_first(report));
	free(report);
	return rc;
}
