/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of what is in force, one after the other; see force.h. A part is
 * noted before it is begun, so that whoever comes after a process that died
 * knows that something of it may be there.
 */
#include "netconf/force/force.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/force/files.h"
#include "netconf/force/known.h"
#include "netconf/force/parts.h"
#include "netconf/parse/planeconf_write.h"

static const struct {
	bool (*wants)(const struct xn_planeconf *conf);
	int (*run)(const struct xn_force_job *job);
} parts[XN_FORCE_PARTS] = {
	[XN_FORCE_NAT] = {xn_force_wants_nat, xn_force_nat},
	[XN_FORCE_QOS] = {xn_force_wants_qos, xn_force_qos},
};

int xn_force_open(struct xn_nl *nl, struct xn_force **ret_force,
		  struct xn_err *err)
{
	struct xn_force *force = calloc(1, sizeof(*force));

	if (!force)
		return xn_fail(err, ENOMEM, "out of memory");
	force->nl = nl;
	*ret_force = force;
	return 0;
}

void xn_force_close(struct xn_force *force)
{
	if (force)
		xn_nl_close(force->netfilter);
	free(force);
}

bool xn_force_wants(const struct xn_planeconf *conf, enum xn_force_part part)
{
	return parts[part].wants(conf);
}

/* What a job works on, besides. */
struct ground {
	json_t *vifs;
	struct xn_force_texts texts;
};

static int read_ground(struct xn_force *force, struct ground *ground,
		       struct xn_err *err)
{
	int rc;

	*ground = (struct ground){0};
	rc = xn_force_texts_read(force->nl, &ground->texts, err);
	if (rc == 0)
		rc = xn_force_known_read(force->nl, &ground->vifs, err);
	return rc;
}

static void leave_ground(struct ground *ground)
{
	json_decref(ground->vifs);
	xn_force_texts_fini(&ground->texts);
}

int xn_force_look(struct xn_force *force, const struct xn_planeconf *conf,
		  struct xn_force_ops *ret_ops, struct xn_err *err)
{
	struct ground ground;
	struct xn_force_ops ops = {0};
	struct xn_force_job job = {.force = force,
				   .conf = conf,
				   .dry = true,
				   .ops = &ops,
				   .err = err};
	int rc = read_ground(force, &ground, err);

	job.vifs = ground.vifs;
	for (int i = 0; i < XN_FORCE_PARTS && rc == 0; i++)
		if (ground.texts.text[i] || parts[i].wants(conf))
			rc = parts[i].run(&job);
	leave_ground(&ground);
	if (rc < 0)
		xn_force_ops_fini(&ops);
	else
		*ret_ops = ops;
	return rc;
}

/* The part, with its note. */
static int run_part(const struct xn_force_job *job, enum xn_force_part part,
		    struct xn_force_texts *texts)
{
	struct xn_nl *nl = job->force->nl;
	char *text = NULL;
	int rc = 0;

	if (!texts->text[part] && !parts[part].wants(job->conf))
		return 0;
	if (parts[part].wants(job->conf)) {
		rc = xn_planeconf_write(job->conf, &text, job->err);
		if (rc < 0)
			return rc;
		xn_force_texts_put(texts, part, text);
		rc = xn_force_texts_write(nl, texts, job->err);
	}
	if (rc == 0)
		rc = parts[part].run(job);
	if (rc == 0 && !text) {
		xn_force_texts_put(texts, part, NULL);
		rc = xn_force_texts_write(nl, texts, job->err);
	}
	return rc;
}

int xn_force_make(struct xn_force *force, const struct xn_planeconf *conf,
		  struct xn_force_ops *ret_ops, struct xn_err *err)
{
	struct ground ground = {0};
	struct xn_force_ops ops = {0};
	struct xn_force_job job = {
		.force = force, .conf = conf, .ops = &ops, .err = err};
	int lock = -1;
	int rc = xn_force_lock(true, &lock, err);

	if (rc == 0)
		rc = read_ground(force, &ground, err);
	job.vifs = ground.vifs;
	for (int i = 0; i < XN_FORCE_PARTS && rc == 0; i++)
		rc = run_part(&job, (enum xn_force_part)i, &ground.texts);
	xn_force_unlock(&lock);
	leave_ground(&ground);
	if (ret_ops)
		*ret_ops = ops;
	else
		xn_force_ops_fini(&ops);
	return rc;
}

/* One part of what was before; `why`: of this part. */
static int back_part(struct xn_force *force, struct ground *ground,
		     enum xn_force_part part,
		     const struct xn_force_texts *before, struct xn_err *why)
{
	struct xn_planeconf *conf = NULL;
	struct xn_force_ops ops = {0};
	struct xn_force_job job = {
		.force = force, .vifs = ground->vifs, .ops = &ops, .err = why};
	int rc;

	if (!ground->texts.text[part] && !before->text[part])
		return 0;
	rc = xn_force_text_read(before->text[part], &conf, why);
	job.conf = conf;
	if (rc == 0)
		rc = run_part(&job, part, &ground->texts);
	xn_force_ops_fini(&ops);
	xn_planeconf_destroy(conf);
	return rc;
}

int xn_force_back(struct xn_force *force, const struct xn_force_texts *before,
		  struct xn_err *err)
{
	struct ground ground = {0};
	int lock = -1;
	int first = xn_force_lock(true, &lock, err);

	if (first == 0)
		first = read_ground(force, &ground, err);
	for (int i = 0; i < XN_FORCE_PARTS && lock >= 0; i++) {
		struct xn_err why = {0};
		int rc = back_part(force, &ground, (enum xn_force_part)i,
				   before, &why);

		if (rc < 0 && first == 0)
			first = xn_fail(err, -rc, "%s", xn_err_text(&why));
	}
	xn_force_unlock(&lock);
	leave_ground(&ground);
	return first;
}

int xn_force_note(struct xn_force *force, enum xn_force_part part,
		  const struct xn_planeconf *conf, struct xn_err *err)
{
	struct xn_force_texts texts;
	char *text = NULL;
	int rc = xn_force_texts_read(force->nl, &texts, err);

	if (rc < 0)
		return rc;
	if (conf && parts[part].wants(conf))
		rc = xn_planeconf_write(conf, &text, err);
	if (rc == 0) {
		xn_force_texts_put(&texts, part, text);
		rc = xn_force_texts_write(force->nl, &texts, err);
	}
	xn_force_texts_fini(&texts);
	return rc;
}

/* A limit that the data process does not have. */
static bool needs_qos(const json_t *vifs)
{
	static const char *const keys[] = {"ceiling", "ceiling-in"};
	const json_t *vif;
	size_t i;

	json_array_foreach (vifs, i, vif) {
		const json_t *settings = json_object_get(vif, "settings");

		for (size_t k = 0; k < 2; k++) {
			const char *value = json_string_value(json_object_get(
				json_object_get(settings, keys[k]), "value"));

			if (value && strcmp(value, "off") != 0)
				return true;
		}
	}
	return false;
}

static int refresh_part(struct xn_force *force, const json_t *vifs,
			enum xn_force_part part, const char *text,
			struct xn_force_ops *ops, struct xn_err *err)
{
	struct xn_planeconf *conf = NULL;
	struct xn_force_job job = {.force = force,
				   .vifs = vifs,
				   .at_once = true,
				   .ops = ops,
				   .err = err};
	int rc = xn_force_text_read(text, &conf, err);

	job.conf = conf;
	if (rc == 0)
		rc = parts[part].run(&job);
	xn_planeconf_destroy(conf);
	return rc;
}

int xn_force_refresh(struct xn_force *force, const json_t *vifs, bool had_qos,
		     struct xn_force_refreshed *ret, struct xn_err *err)
{
	struct xn_force_texts texts = {0};
	int lock = -1;
	int rc = xn_force_lock(false, &lock, err);

	*ret = (struct xn_force_refreshed){.has_qos = had_qos};
	if (rc < 0)
		return rc;
	rc = xn_force_texts_read(force->nl, &texts, err);
	ret->has_nat = texts.text[XN_FORCE_NAT] != NULL;
	if (rc == 0 && texts.text[XN_FORCE_NAT])
		rc = refresh_part(force, vifs, XN_FORCE_NAT,
				  texts.text[XN_FORCE_NAT], &ret->ops, err);
	if (rc == 0) {
		bool needs = texts.text[XN_FORCE_QOS] || needs_qos(vifs);

		if (needs || had_qos)
			rc = refresh_part(force, vifs, XN_FORCE_QOS,
					  texts.text[XN_FORCE_QOS], &ret->ops,
					  err);
		if (rc == 0)
			ret->has_qos = needs;
	}
	xn_force_unlock(&lock);
	xn_force_texts_fini(&texts);
	return rc;
}
