/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start and stop, see change.h. */
#include "network-script/change.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netconf/apply/apply.h"
#include "netconf/observe/observe.h"
#include "netconf/parse/planeconf.h"
#include "network-script/antispoof.h"
#include "network-script/choose.h"
#include "network-script/guard.h"
#include "network-script/place.h"
#include "network-script/report.h"

#define CONFIG "/etc/xenplane/xenplane.conf"
/* Somebody else may change the network between planning and doing. */
#define ATTEMPTS_MAX 5

static int recover(struct xn_nl *nl, const struct xns_place *place,
		   struct xn_err *err)
{
	enum xn_recovered recovered;
	int rc = xn_recover(nl, place->journal, &recovered, err);

	if (rc < 0) {
		xn_err_prefix(err, "an earlier run was cut short");
		return rc;
	}
	if (recovered == XN_RECOVERED_FINISHED)
		xns_report(XN_LOG_WARNING,
			   "an earlier run was cut short: it had done all");
	else if (recovered == XN_RECOVERED_UNDONE)
		xns_report(XN_LOG_WARNING,
			   "an earlier run was cut short: it is undone");
	return 0;
}

/* What is wrong with the file keeps nobody from what he says himself; but the
 * style that it may have meant is not guessed. */
static int read_config(const struct xns_request *request,
		       struct xn_planeconf **ret_conf, struct xn_err *err)
{
	static struct xn_report report;

	*ret_conf = NULL;
	if (access(CONFIG, F_OK) < 0 ||
	    xn_planeconf_read(CONFIG, ret_conf, &report) == 0)
		return 0;
	if (request->command == XNS_START && request->style == XN_STYLES)
		return xn_fail(err, EINVAL,
			       "%s (or say style=, and it is not asked)",
			       xn_report_first(&report));
	xns_report(XN_LOG_WARNING, "not read: %s", xn_report_first(&report));
	return 0;
}

static int make_wanted(const struct xns_request *request,
		       const struct xn_model *observed,
		       const struct xns_choice *choice,
		       struct xn_model *ret_wanted, struct xn_err *err)
{
	struct xn_uplink uplink = {.style = choice->style,
				   .bridge = choice->bridge,
				   .netdev = choice->netdev,
				   .vifnum = choice->vifnum};

	if (request->command == XNS_STOP)
		return xn_style_stop(observed, &uplink, ret_wanted, err);
	return xn_style_start(observed, &uplink, ret_wanted, err);
}

static int plan(const struct xns_request *request,
		const struct xn_model *observed, struct xns_choice *ret_choice,
		struct xn_plan *ret_plan, struct xn_err *err)
{
	struct xn_planeconf *conf;
	struct xn_model wanted;
	int rc = read_config(request, &conf, err);

	if (rc == 0)
		rc = xns_choose(request, observed, conf, ret_choice, err);
	xn_planeconf_destroy(conf);
	if (rc == 0)
		rc = make_wanted(request, observed, ret_choice, &wanted, err);
	if (rc < 0)
		return rc;
	rc = xn_plan_make(observed, &wanted, ret_plan, err);
	xn_model_fini(&wanted);
	return rc;
}

/* Nobody gets through before he is looked at: set first, cleared last. */
static int apply(struct xn_nl *nl, const struct xns_place *place,
		 const struct xns_request *request,
		 const struct xns_choice *choice, const struct xn_plan *ops,
		 struct xn_err *err)
{
	struct xn_err ignored = {.set = false};
	bool starts = request->command == XNS_START;
	bool undone = true;
	int rc = 0;

	if (starts && request->antispoof)
		rc = xns_antispoof_set(choice, err);
	if (rc == 0)
		rc = xn_apply(nl, ops, place->journal, &undone, err);
	else
		return rc;
	if (rc < 0 && starts && request->antispoof &&
	    choice->found == XN_STYLES)
		(void)xns_antispoof_clear(choice, &ignored);
	if (rc == 0 && !starts)
		rc = xns_antispoof_clear(choice, err);
	if (!undone && rc < 0)
		xn_err_prefix(err, "not all is as before");
	return rc;
}

/* As with the originals this is no error; but who has mistyped the name is not
 * to believe that it is stopped. */
static void say_unknown(const struct xns_request *request,
			const struct xn_model *observed,
			const struct xns_choice *choice)
{
	if (request->command == XNS_STOP && choice->found == XN_STYLES &&
	    !xn_model_link_named(observed, choice->netdev))
		xns_report(XN_LOG_WARNING,
			   "stop: there is no link %s: nothing was done",
			   choice->netdev);
}

static int attempt(struct xn_nl *nl, const struct xns_place *place,
		   const struct xns_request *request,
		   struct xns_choice *ret_choice, struct xn_err *err)
{
	struct xn_plan ops = {0};
	struct xn_model observed;
	int rc = xn_observe(nl, &observed, err);

	if (rc < 0)
		return rc;
	rc = plan(request, &observed, ret_choice, &ops, err);
	if (rc == 0 && ops.count > 0)
		rc = xns_guard("", request, ret_choice, &observed, err);
	if (rc == 0)
		rc = apply(nl, place, request, ret_choice, &ops, err);
	if (rc == 0 && ops.count == 0)
		say_unknown(request, &observed, ret_choice);
	if (rc == 0 && ops.count > 0)
		xns_report(XN_LOG_INFO, "%s: %s over %s in the %s style",
			   request->word, ret_choice->bridge,
			   ret_choice->netdev,
			   xn_style_word(ret_choice->style));
	xn_plan_fini(&ops);
	xn_model_fini(&observed);
	return rc;
}

int xns_change(struct xn_nl *nl, const struct xns_request *request,
	       struct xn_err *err)
{
	struct xns_choice choice = {0};
	struct xns_place place;
	int rc = xns_place_open(&place, err);

	if (rc < 0)
		return rc;
	rc = recover(nl, &place, err);
	for (int i = 0; rc == 0 && i < ATTEMPTS_MAX; i++) {
		err->set = false;
		rc = attempt(nl, &place, request, &choice, err);
		if (rc != -ESTALE)
			break;
		rc = i + 1 < ATTEMPTS_MAX ? 0 : rc;
	}
	xns_place_close(&place);
	return rc;
}
