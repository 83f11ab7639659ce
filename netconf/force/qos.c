/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates and shares as a part of what is in force, see parts.h. */
#include <errno.h>
#include <stdio.h>

#include "netconf/force/parts.h"
#include "netconf/force/qos_wish.h"
#include "qos/apply.h"

/* Everything that speaks of rates and shares. */
static bool says_rates(const struct xn_settings *settings)
{
	for (unsigned int i = XN_SETTING_RATE; i <= XN_SETTING_WEIGHT_IN; i++)
		if (settings->said & (1u << i))
			return true;
	return false;
}

bool xn_force_wants_qos(const struct xn_planeconf *conf)
{
	bool wants = says_rates(&conf->defaults);

	for (uint32_t i = 0; i < conf->bridge_count && !wants; i++)
		wants = conf->bridge[i].uplink_rate ||
			conf->bridge[i].uplink_rate_in ||
			says_rates(&conf->bridge[i].vifs);
	for (uint32_t i = 0; i < conf->vif_count && !wants; i++)
		wants = says_rates(&conf->vif[i].settings);
	return wants;
}

static int make_wish(const struct xn_force_job *job, struct xn_qos_wish *wish)
{
	struct xn_link_table links = {0};
	uint32_t skipped = 0;
	int rc = xn_link_dump(job->force->nl, &links, job->err);

	if (rc < 0)
		return rc;
	rc = xn_qos_wish_file(wish, job->conf, &links, job->vifs, &skipped,
			      job->err);
	xn_link_table_fini(&links);
	xn_qos_wish_trim(wish);
	return rc;
}

static int find_out(struct xn_force *force, struct xn_err *err)
{
	int rc;

	if (force->knows_fq_codel)
		return 0;
	rc = xq_probe_fq_codel(force->nl, &force->has_fq_codel, err);
	force->knows_fq_codel = rc == 0;
	return rc;
}

static int look(const struct xn_force_job *job, const struct xq_wish *wish,
		const struct xq_told *told)
{
	struct xq_plan plan = {0};
	char words[XN_FORCE_WORDS_MAX];
	int rc = xq_look(job->force->nl, wish, told, &plan, job->err);

	for (size_t i = 0; i < plan.count && rc == 0; i++) {
		xq_op_words(&plan.op[i], words, sizeof(words));
		rc = xn_force_ops_add(job->ops, XN_FORCE_QOS,
				      (enum xn_cost)plan.op[i].cost, words);
		if (rc < 0)
			(void)xn_fail(job->err, ENOMEM, "out of memory");
	}
	xq_plan_fini(&plan);
	return rc;
}

static int make(const struct xn_force_job *job, const struct xq_wish *wish,
		const struct xq_told *told)
{
	char words[XN_FORCE_WORDS_MAX];
	size_t count = 0;
	int rc = xq_apply(job->force->nl, wish, told, &count, job->err);

	if (rc < 0 || count == 0)
		return rc;
	(void)snprintf(words, sizeof(words), "%zu operations", count);
	rc = xn_force_ops_add(job->ops, XN_FORCE_QOS, XN_COST_LIVE, words);
	return rc < 0 ? xn_fail(job->err, ENOMEM, "out of memory") : 0;
}

int xn_force_qos(const struct xn_force_job *job)
{
	const struct xq_told told = {.has_fq_codel = &job->force->has_fq_codel};
	struct xn_qos_wish words = {0};
	struct xq_wish wish;
	int rc = make_wish(job, &words);

	wish = (struct xq_wish){words.vif, words.vif_count, words.uplink,
				words.uplink_count};
	if (rc == 0 && (wish.vif_count || wish.uplink_count))
		rc = find_out(job->force, job->err);
	if (rc == 0)
		rc = job->dry ? look(job, &wish, &told)
			      : make(job, &wish, &told);
	if (rc < 0)
		xn_err_prefix(job->err, "rates and shares");
	xn_qos_wish_fini(&words);
	return rc;
}
