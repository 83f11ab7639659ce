/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a call is for, see task.h. Pure. */
#include "netconf/ifupdown/task.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int choose_classic(const char *mode, const char *phase,
			  enum xn_ifup_task *ret_task, struct xn_err *err)
{
	if (strcmp(mode, "start") == 0)
		*ret_task = XN_IFUP_START;
	else if (strcmp(mode, "stop") != 0)
		return xn_fail(err, EINVAL,
			       "MODE=%.60s: start or stop is wanted", mode);
	else if (strcmp(phase, "pre-down") == 0)
		*ret_task = XN_IFUP_HOLD;
	else if (strcmp(phase, "post-down") == 0)
		*ret_task = XN_IFUP_STOP;
	return 0;
}

static int choose_ng(const char *phase, enum xn_ifup_task *ret_task,
		     struct xn_err *err)
{
	static const struct {
		const char *phase;
		enum xn_ifup_task task;
	} phases[] = {
		{"depend", XN_IFUP_DEPEND},   {"create", XN_IFUP_CREATE},
		{"pre-up", XN_IFUP_START},    {"up", XN_IFUP_NOTHING},
		{"post-up", XN_IFUP_NOTHING}, {"pre-down", XN_IFUP_NOTHING},
		{"down", XN_IFUP_NOTHING},    {"post-down", XN_IFUP_RELEASE},
		{"destroy", XN_IFUP_STOP},
	};

	for (size_t i = 0; i < COUNT(phases); i++) {
		if (strcmp(phase, phases[i].phase) == 0) {
			*ret_task = phases[i].task;
			return 0;
		}
	}
	return xn_fail(err, EINVAL, "PHASE=%.60s: this is none of ifupdown-ng",
		       phase);
}

int xn_ifup_task_choose(enum xn_ifup_style style, const char *mode,
			const char *phase, enum xn_ifup_task *ret_task,
			struct xn_err *err)
{
	*ret_task = XN_IFUP_NOTHING;
	return style == XN_IFUP_CLASSIC
		       ? choose_classic(mode, phase, ret_task, err)
		       : choose_ng(phase, ret_task, err);
}
